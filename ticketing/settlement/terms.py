"""The terms of settlement in a region (`settlement.toml` of its folder): thresholds, dates, pools, guarantees, subsidies.

Terms are data. Those that a run was calculated by are kept in its dataset, so a change never touches a settled month.
"""

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from operators.legal_parties import LegalParty
from tariffs.money import MoneyError, exponent, parse
from ticketing.errors import Fault, InvalidRequest
from ticketing.settlement.credit_terms import Credit, read_credit

FILE = "settlement.toml"
_LAST_DAY = 28
_WHOLE_BP, _MOST_DAYS, _MOST_FX_DAYS = 10_000, 366, 31
# A percentage is read as an amount with two decimals is, so "2.5" is a fault and "2.50" is not a float.
_HUNDREDTHS = "EUR"


@dataclass(frozen=True, slots=True)
class Pool:
    """The money of passes, shared each month by how often their holders rode with each operator."""

    id: str
    products: tuple[str, ...]
    currency: str


@dataclass(frozen=True, slots=True)
class Guarantee:
    """A floor under what an operator gets in a month; `borne_by` is another operator or `scheme`."""

    operator: str
    currency: str
    floor_minor: int
    borne_by: str


@dataclass(frozen=True, slots=True)
class Subsidy:
    """The promise of an authority to an operator: an amount for each ride, or one for each month."""

    funder: str
    operator: str
    currency: str
    per_tap_minor: int
    monthly_minor: int


@dataclass(frozen=True, slots=True)
class Commission:
    """The commission of an operator for the tickets that it sells: of the amount that their passengers paid and did not get back.

    `channel` is the point of sale, as the quotes of a deployment name it; `rate_bp` in hundredths of a percent.
    """

    seller: str
    channel: str
    rate_bp: int


@dataclass(frozen=True, slots=True)
class Breakage:
    """Carnets of these products whose unused rides' money the scheme keeps, so many days after they have expired."""

    products: tuple[str, ...]
    after_days: int


@dataclass(frozen=True, slots=True)
class FxMethod:
    """Convert by the mean of the last days' rates instead of by the last day's alone."""

    method: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The agreed terms of settling between the operators of a region; amounts in minor units."""

    payment_day: int = 15
    settlement_currency: str | None = None
    thresholds: Mapping[str, int] = field(default_factory=dict)
    held_back: tuple[str, ...] = ()
    pools: tuple[Pool, ...] = ()
    guarantees: tuple[Guarantee, ...] = ()
    subsidies: tuple[Subsidy, ...] = ()
    commissions: tuple[Commission, ...] = ()
    breakage: tuple[Breakage, ...] = ()
    fx: FxMethod | None = None
    # How far from its due day a line of the bank may lie to be proposed as a movement; no run is calculated by it.
    proposal_days: int = 7
    # What people are told before they approve; no run is calculated by it either.
    credit: Credit = field(default_factory=Credit)
    # The parties as papers name them, from region.toml: the papers of a run keep those of its close.
    parties: Mapping[str, LegalParty] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """The JSON form that a run keeps; later kinds of terms are told where there are any, so that old runs stay."""
        kept = asdict(self)
        del kept["proposal_days"], kept["credit"]
        for party in kept["parties"].values():
            if not party["account"]:
                del party["account"]
        return {
            name: value
            for name, value in kept.items()
            if value or name not in {"commissions", "breakage", "fx", "parties"}
        }


def load_terms(folder: Path) -> Terms:
    """Read a region's terms; the file may be absent. Raises InvalidRequest with every fault."""
    path = folder / FILE
    if not path.exists():
        return Terms()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest.at(FILE, str(error)) from None
    return read_terms(document)


def read_terms(document: Mapping[str, Any]) -> Terms:
    """Read terms from their document; raises InvalidRequest with every fault and its path."""
    faults: list[Fault] = []
    reader = _Reader(faults)
    known = {
        "payment_day",
        "settlement_currency",
        "thresholds",
        "held_back",
        "pools",
        "guarantees",
        "subsidies",
        "commissions",
        "breakage",
        "fx",
        "proposal_days",
        "credit",
    }
    faults.extend(Fault(name, "unknown key") for name in document if name not in known)
    day = document.get("payment_day", 15)
    if not isinstance(day, int) or isinstance(day, bool) or not 1 <= day <= _LAST_DAY:
        faults.append(Fault("payment_day", f"must be a day from 1 to {_LAST_DAY}"))
    window = document.get("proposal_days", 7)
    if not isinstance(window, int) or isinstance(window, bool) or not 0 <= window <= _LAST_DAY:
        faults.append(Fault("proposal_days", f"must be days from 0 to {_LAST_DAY}"))
    thresholds = document.get("thresholds", {})
    terms = Terms(
        payment_day=day,
        settlement_currency=reader.currency(document, "settlement_currency"),
        thresholds={
            currency: reader.amount({"amount": text}, "amount", f"thresholds.{currency}", currency)
            for currency, text in (thresholds.items() if isinstance(thresholds, dict) else ())
        },
        held_back=tuple(reader.texts(document, "held_back", "held_back")),
        pools=tuple(reader.rows(document, "pools", _pool)),
        guarantees=tuple(reader.rows(document, "guarantees", _guarantee)),
        subsidies=tuple(reader.rows(document, "subsidies", _subsidy)),
        commissions=tuple(reader.rows(document, "commissions", _commission)),
        breakage=tuple(reader.rows(document, "breakage", _breakage)),
        fx=_fx(reader, document.get("fx", {})),
        proposal_days=window,
        credit=read_credit(document.get("credit", {}), faults.append),
    )
    faults.extend(_repeated(terms))
    if faults:
        raise InvalidRequest(
            f"{FILE}: " + "; ".join(f"{fault.path}: {fault.message}" for fault in faults[:3]), faults
        )
    return terms


def check_names(terms: Terms, operators: Collection[str], products: Collection[str] | None) -> list[Fault]:
    """Every operator and product that the terms name and the region does not have; None knows no products yet."""
    parties = [(f"held_back[{at}]", one) for at, one in enumerate(terms.held_back)]
    for at, guarantee in enumerate(terms.guarantees):
        parties.append((f"guarantees[{at}].operator", guarantee.operator))
        if guarantee.borne_by != "scheme":
            parties.append((f"guarantees[{at}].borne_by", guarantee.borne_by))
    parties += [(f"subsidies[{at}].operator", one.operator) for at, one in enumerate(terms.subsidies)]
    parties += [(f"commissions[{at}].seller", one.seller) for at, one in enumerate(terms.commissions)]
    faults = [Fault(path, f"{name!r} is no operator") for path, name in parties if name not in operators]
    parties += terms.credit.names()
    if products is not None:
        named = [(f"pools[{at}].products", one.products) for at, one in enumerate(terms.pools)]
        named += [(f"breakage[{at}].products", one.products) for at, one in enumerate(terms.breakage)]
        sold = ((path, name) for path, names in named for name in names)
        faults += [
            Fault(path, f"{name!r} is no product of the region")
            for path, name in sold
            if name not in products
        ]
    return faults


def _repeated(terms: Terms) -> list[Fault]:
    """A pool, a channel or a carnet that is named twice: it would be shared, paid or kept twice."""
    named = {
        "pools": [pool.id for pool in terms.pools],
        "commissions": [one.channel for one in terms.commissions],
        "breakage": [product for one in terms.breakage for product in one.products],
    }
    return [
        Fault(part, f"{name!r} is there twice") for part, names in named.items() for name in _twice(names)
    ]


def _twice(names: Sequence[str]) -> list[str]:
    return [name for name in sorted(set(names)) if names.count(name) > 1]


def terms_of(kept: Mapping[str, Any]) -> Terms:
    """The terms that a run has kept."""
    return Terms(
        payment_day=kept["payment_day"],
        settlement_currency=kept["settlement_currency"],
        thresholds=kept["thresholds"],
        held_back=tuple(kept["held_back"]),
        pools=tuple(Pool(one["id"], tuple(one["products"]), one["currency"]) for one in kept["pools"]),
        guarantees=tuple(Guarantee(**one) for one in kept["guarantees"]),
        subsidies=tuple(Subsidy(**one) for one in kept["subsidies"]),
        commissions=tuple(Commission(**one) for one in kept.get("commissions", ())),
        breakage=tuple(
            Breakage(tuple(one["products"]), one["after_days"]) for one in kept.get("breakage", ())
        ),
        fx=FxMethod(**kept["fx"]) if "fx" in kept else None,
        parties=parties_of(kept),
    )


def parties_of(kept: Mapping[str, object]) -> dict[str, LegalParty]:
    """The parties that a run has kept, by the id of an operator or `scheme`."""
    rows: Any = kept.get("parties", {})
    return {name: LegalParty(**{**row, "address": tuple(row["address"])}) for name, row in rows.items()}


def payment_date(period: str, payment_day: int, next_business_day: Callable[[date], date]) -> date:
    """The day on which a month's payments are due: the agreed day of the next month, or the business day after it."""
    year, month = int(period[:4]), int(period[5:])
    return next_business_day(date(year + month // 12, month % 12 + 1, payment_day))


class _Reader:
    """Reads fields and collects what is wrong with them."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults

    def wrong(self, path: str, message: str) -> None:
        self._faults.append(Fault(path, message))

    def rows(
        self, document: Mapping[str, Any], name: str, read: Callable[["_Reader", Any, str], Any]
    ) -> list[Any]:
        rows = document.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self._faults.append(Fault(name, "must be a list of tables"))
            return []
        return [read(self, row, f"{name}[{at}]") for at, row in enumerate(rows)]

    def known(self, row: Mapping[str, Any], path: str, names: Collection[str]) -> None:
        self._faults.extend(Fault(f"{path}.{name}", "unknown key") for name in row if name not in names)

    def text(self, row: Mapping[str, Any], name: str, path: str) -> str:
        found = row.get(name)
        if not isinstance(found, str) or not found:
            self._faults.append(Fault(f"{path}.{name}", "must be a text that is not empty"))
            return ""
        return found

    def texts(self, row: Mapping[str, Any], name: str, path: str) -> list[str]:
        found = row.get(name, [])
        if not isinstance(found, list) or not all(isinstance(text, str) and text for text in found):
            self._faults.append(Fault(path, "must be a list of texts"))
            return []
        return found

    def currency(self, row: Mapping[str, Any], name: str) -> str | None:
        """A currency, or None where there is none."""
        found = row.get(name)
        try:
            return None if found is None or exponent(found) < 0 else found
        except MoneyError as error:
            self._faults.append(Fault(name, str(error)))
            return None

    def amount(self, row: Mapping[str, Any], name: str, path: str, currency: str) -> int:
        try:
            amount = parse(row[name], currency)
        except MoneyError as error:
            self._faults.append(Fault(path, str(error)))
            return 0
        if amount.minor < 0:
            self._faults.append(Fault(path, "must not be negative"))
        return amount.minor


def _pool(reader: _Reader, row: Mapping[str, Any], path: str) -> Pool:
    reader.known(row, path, ("id", "products", "currency"))
    products = tuple(reader.texts(row, "products", f"{path}.products"))
    return Pool(reader.text(row, "id", path), products, reader.text(row, "currency", path))


def _guarantee(reader: _Reader, row: Mapping[str, Any], path: str) -> Guarantee:
    reader.known(row, path, ("operator", "currency", "floor", "borne_by"))
    currency = reader.text(row, "currency", path)
    return Guarantee(
        reader.text(row, "operator", path),
        currency,
        reader.amount({"floor": row.get("floor")}, "floor", f"{path}.floor", currency),
        row.get("borne_by", "scheme"),
    )


def _subsidy(reader: _Reader, row: Mapping[str, Any], path: str) -> Subsidy:
    reader.known(row, path, ("funder", "operator", "currency", "per_tap", "monthly"))
    currency = reader.text(row, "currency", path)
    return Subsidy(
        reader.text(row, "funder", path),
        reader.text(row, "operator", path),
        currency,
        reader.amount(row, "per_tap", f"{path}.per_tap", currency) if "per_tap" in row else 0,
        reader.amount(row, "monthly", f"{path}.monthly", currency) if "monthly" in row else 0,
    )


def _commission(reader: _Reader, row: Mapping[str, Any], path: str) -> Commission:
    reader.known(row, path, ("seller", "channel", "percent"))
    rate = reader.amount({"percent": row.get("percent")}, "percent", f"{path}.percent", _HUNDREDTHS)
    if rate > _WHOLE_BP:
        reader.wrong(f"{path}.percent", "must not be above 100.00")
    return Commission(reader.text(row, "seller", path), reader.text(row, "channel", path), rate)


def _breakage(reader: _Reader, row: Mapping[str, Any], path: str) -> Breakage:
    reader.known(row, path, ("products", "after_days"))
    products, days = tuple(reader.texts(row, "products", f"{path}.products")), row.get("after_days", 7)
    if not products:
        reader.wrong(f"{path}.products", "must name a carnet")
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= _MOST_DAYS:
        reader.wrong(f"{path}.after_days", f"must be days from 0 to {_MOST_DAYS}")
    return Breakage(products, days)


def _fx(reader: _Reader, row: Any) -> FxMethod | None:
    """Read the choice of rates: `fixed`, the last day's, unless `average` over so many `days` is said."""
    if not isinstance(row, dict):
        reader.wrong("fx", "must be a table")
        return None
    reader.known(row, "fx", ("method", "days"))
    method, days = row.get("method", "fixed"), row.get("days")
    if method not in {"fixed", "average"}:
        reader.wrong("fx.method", "may be fixed, average")
    if method == "fixed":
        if days is not None:
            reader.wrong("fx.days", "goes with the method average")
        return None
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= _MOST_FX_DAYS:
        reader.wrong("fx.days", f"must be days from 1 to {_MOST_FX_DAYS}")
        return None
    return FxMethod("average", days)
