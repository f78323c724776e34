"""Read `passes.json`: every fault with the product's place in the list and the path inside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, get_args

from tariffs.agreements.reading import DocumentReader
from tariffs.findings import Finding
from tariffs.passes import FILE, PassKind, PassProduct, PassValidity, Scope, Territory, Unit

_KEYS = {
    "id",
    "kind",
    "version",
    "names",
    "scope",
    "validity",
    "uses",
    "prices",
    "territories",
    "apportionment",
    "valid_from",
    "valid_to",
    "note",
}
_MAX_CODE = 12  # it becomes the product code of a ticket
_MAX_USES = 999
_LONGEST: Mapping[Unit, int] = {"hours": 24 * 31, "days": 366, "service_days": 366}
_PAIR = 2


def load(
    documents: Any, operators: Sequence[str], riders: Sequence[str]
) -> tuple[tuple[PassProduct, ...], list[Finding]]:
    """Read the decoded file; `row` of a finding is the product's place in the list, from 1."""
    if not isinstance(documents, list):
        return (), [Finding(FILE, 0, "", "not_a_list", "the file must hold a list of products")]
    findings: list[Finding] = []
    products: list[PassProduct] = []
    for row, document in enumerate(documents, 1):
        reader = _Reader(FILE, row, findings, operators, riders)
        product = reader.read(document)
        if product and any((old.id, old.version) == (product.id, product.version) for old in products):
            reader.fault("id", "duplicate_key", f"{product.id!r} has version {product.version} twice")
        elif product:
            products.append(product)
    return tuple(products), findings


@dataclass(frozen=True, slots=True)
class _Reader(DocumentReader):
    """Reads one product and reports its faults."""

    def read(self, document: Any) -> PassProduct | None:
        before = len(self.findings)
        self.unknown(document, _KEYS, "")
        if not isinstance(document, Mapping):
            return None
        kind: PassKind = document.get("kind", "")
        if kind not in get_args(PassKind):
            self.fault("kind", "invalid_enum", f"{kind!r} is not one of {', '.join(get_args(PassKind))}")
        if isinstance(document.get("id"), str) and len(document["id"]) > _MAX_CODE:
            self.fault("id", "invalid_value", f"at most {_MAX_CODE} characters: it is printed in tickets")
        scope = self._scope(document.get("scope"))
        prices = self.prices(document.get("prices"))
        if not prices:
            self.fault("prices", "missing_value", "a product needs a price")
        start, end = self.day(document, "valid_from"), self.day(document, "valid_to", optional=True)
        if start and end and end < start:
            self.fault("valid_to", "end_before_start", "the sale ends before it starts")
        product = PassProduct(
            id=self.identity(document),
            version=self.version(document),
            row=self.row,
            kind=kind,
            names=self._names(document.get("names")),
            scope=scope,
            validity=self._validity(document.get("validity")),
            uses=self._uses(document.get("uses"), kind, scope),
            prices=prices,
            territories=self._territories(document.get("territories"), scope),
            steps=self.steps(document.get("apportionment")),
            valid_from=start or date.min,
            valid_to=end or date.max,
        )
        return None if len(self.findings) > before else product

    def _names(self, value: Any) -> Mapping[str, str]:
        """Read the names of the pass, by language; English must be there."""
        if not isinstance(value, Mapping) or not all(
            isinstance(name, str) and name for name in value.values()
        ):
            self.fault("names", "invalid_value", 'must be names by language like {"en": "30 days"}')
            return {}
        if "en" not in value:
            self.fault("names.en", "missing_value", "the English name stands in for a missing language")
        return dict(value)

    def _scope(self, value: Any) -> Scope:
        document = value if isinstance(value, Mapping) else {}
        self.unknown(value, {"operators", "networks", "areas", "directions"}, "scope.")
        operators = self._texts(document, "operators")
        if not operators:
            self.fault("scope.operators", "missing_value", "a product names the operators that honour it")
        for name in operators:
            self.operator(name, "scope.operators")
        pairs = document.get("directions", [])
        if not isinstance(pairs, list) or not all(
            isinstance(pair, list) and len(pair) == _PAIR for pair in pairs
        ):
            self.fault("scope.directions", "invalid_value", "must be a list of pairs of areas")
            pairs = []
        return Scope(
            frozenset(operators),
            frozenset(self._texts(document, "networks")),
            frozenset(self._texts(document, "areas")),
            tuple((str(pair[0]), str(pair[1])) for pair in pairs),
        )

    def _texts(self, document: Mapping[str, Any], field: str) -> list[str]:
        value = document.get(field, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            self.fault(f"scope.{field}", "invalid_value", "must be a list of texts")
            return []
        return value

    def _validity(self, value: Any) -> PassValidity:
        document = value if isinstance(value, Mapping) else {}
        self.unknown(value, {"unit", "length", "starts"}, "validity.")
        unit: Unit = document.get("unit", "")
        length = document.get("length")
        if unit not in get_args(Unit):
            self.fault("validity.unit", "invalid_enum", f"{unit!r} is not one of {', '.join(get_args(Unit))}")
        elif type(length) is not int or not 1 <= length <= _LONGEST[unit]:
            self.fault("validity.length", "invalid_value", f"between 1 and {_LONGEST[unit]} {unit}")
        return PassValidity(unit, length if type(length) is int else 0, self._starts(document, unit))

    def _starts(self, document: Mapping[str, Any], unit: Unit) -> int:
        starts = document.get("starts")
        if starts is None:
            return 0
        if unit != "service_days":
            self.fault(
                "validity.starts", "forbidden_value", "only service_days start at an hour of their own"
            )
        try:
            begin = time.fromisoformat(starts)
        except (TypeError, ValueError):
            self.fault("validity.starts", "invalid_time", f"{starts!r} is not a time like 04:00")
            return 0
        return begin.hour * 3600 + begin.minute * 60

    def _uses(self, value: Any, kind: PassKind, scope: Scope) -> int | None:
        if kind == "pass":
            if value is not None:
                self.fault("uses", "forbidden_value", "a pass has no number of uses")
            return None
        if kind == "return":
            if value is not None:
                self.fault("uses", "forbidden_value", "the directions of a return ticket say how many")
            if len(scope.directions) != _PAIR:
                self.fault(
                    "scope.directions", "wrong_length", "a return ticket has its way out and its way back"
                )
            return len(scope.directions)
        if type(value) is not int or not 1 <= value <= _MAX_USES:
            self.fault("uses", "invalid_value", f"a carnet has between 1 and {_MAX_USES} uses")
            return None
        return value

    def _territories(self, rows: Any, scope: Scope) -> tuple[Territory, ...]:
        """Read the territories of the operators: VAT is owed by place, and a pass is sold before anybody has travelled."""
        if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
            self.fault("territories", "invalid_value", "must be a list: operator, member_state, mode, metres")
            return ()
        territories = []
        for at, row in enumerate(rows):
            path = f"territories[{at}]"
            self.unknown(row, {"operator", "member_state", "mode", "metres"}, f"{path}.")
            if row.get("operator") not in scope.operators:
                self.fault(
                    f"{path}.operator", "unknown_reference", "must be one of the operators of the scope"
                )
            if type(row.get("metres")) is not int or row["metres"] < 1:
                self.fault(f"{path}.metres", "invalid_value", "must be a positive number of metres")
                continue
            territories.append(
                Territory(
                    str(row.get("operator")),
                    str(row.get("member_state")),
                    str(row.get("mode")),
                    row["metres"],
                )
            )
        missing = scope.operators - {territory.operator for territory in territories}
        if missing:
            self.fault("territories", "missing_value", f"nothing is said of {', '.join(sorted(missing))}")
        return tuple(territories)
