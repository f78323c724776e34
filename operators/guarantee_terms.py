"""Read the terms by which a region guarantees connections between its operators, from `[guarantee]` of region.toml."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from tariffs.money import MoneyError, parse

# Reports a fault: the path of the value, a code, a sentence.
Tell = Callable[[str, str, str], None]

_KEYS = frozenset(
    {"name", "price", "margin_minutes", "wait_minutes", "pays", "recourse", "remedies", "reserve"}
)
# What a passenger gets who misses a guaranteed connection: the next departure, and a fixed sum.
REMEDIES = ("next_departure", "fixed_sum")
# The remedies of the product that people give, and no machine: a region that names one promises what nobody pays here.
_BY_PEOPLE = ("equivalent_service", "night_stay", "refund_unused")
_RECOURSE_KEYS = frozenset({"percent", "cap_per_month"})
_MOST_NAME, _MOST_MINUTES, _PERCENT = 60, 24 * 60, 100
_TABLE = 'must be a table like { percent = 50, cap_per_month = "500.00" }'


@dataclass(frozen=True, slots=True)
class Recourse:
    """The part of a payout that an operator has agreed to bear where its ride broke the connection, and how much in a month at most."""

    percent: int
    cap_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeTerms:
    """The terms of a guarantee: its guarantor's `name`, the price of one connection of one passenger, and what it pays.

    It is sold where the planned time of a change is longer than the change takes by `margin_minutes`. It pays `pays_minor` to each
    passenger who arrives `wait_minutes` late or later. `recourse` is by operator; the pool bears what nobody has agreed to bear.
    The guarantor stands behind the pool with `reserve_minor`: where payouts have taken more than that beyond all fees, no more
    guarantees are sold, and those that are sold are paid.
    """

    name: str
    price_minor: int
    margin_minutes: int
    wait_minutes: int
    pays_minor: int
    reserve_minor: int
    recourse: Mapping[str, Recourse] = field(default_factory=dict)


def read_guarantee(
    value: object, operators: Collection[str], currency: str, fault: Tell
) -> GuaranteeTerms | None:
    """Read the terms; None where a region guarantees nothing, or where something is wrong with them."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        fault("guarantee", "invalid_value", "must be a table")
        return None
    reader = _Reader(currency, fault)
    for unknown in sorted(value.keys() - _KEYS):
        fault(f"guarantee.{unknown}", "unknown_key", "is not known")
    name = value.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= _MOST_NAME:
        reader.wrong("guarantee.name", f"must be the guarantor's name, of at most {_MOST_NAME} letters")
    terms = GuaranteeTerms(
        name=str(name),
        price_minor=reader.amount("guarantee.price", value.get("price")),
        margin_minutes=reader.whole("guarantee.margin_minutes", value.get("margin_minutes"), _MOST_MINUTES),
        wait_minutes=reader.whole("guarantee.wait_minutes", value.get("wait_minutes"), _MOST_MINUTES),
        pays_minor=reader.amount("guarantee.pays", value.get("pays")),
        reserve_minor=reader.amount("guarantee.reserve", value.get("reserve"), least=0),
        recourse=reader.recourse(value.get("recourse", {}), operators),
    )
    reader.remedies(value.get("remedies", list(REMEDIES)))
    return None if reader.has_faults else terms


class _Reader:
    """Reads values, and remembers whether one was wrong."""

    def __init__(self, currency: str, fault: Tell) -> None:
        self._currency, self._fault = currency, fault
        self.has_faults = False

    def wrong(self, path: str, message: str, code: str = "invalid_value") -> int:
        """Tell a fault."""
        self._fault(path, code, message)
        self.has_faults = True
        return 0

    def whole(self, path: str, value: object, most: int) -> int:
        """Read a whole number from 0."""
        if type(value) is not int or not 0 <= value <= most:
            return self.wrong(path, f"must be a whole number from 0 to {most}")
        return value

    def amount(self, path: str, text: object, least: int = 1) -> int:
        """Read an amount above 0, or from 0 on, in the region's currency."""
        try:
            minor = parse(text, self._currency).minor if isinstance(text, str) else least - 1
        except MoneyError:
            minor = least - 1
        above = "above 0" if least else "of 0 or more"
        return minor if minor >= least else self.wrong(path, f'must be an amount {above}, like "0.50"')

    def remedies(self, value: object) -> None:
        """Check that a guarantee promises what is given here, and nothing else."""
        path, known = "guarantee.remedies", " and ".join(REMEDIES)
        if not isinstance(value, list):
            self.wrong(path, f"must be a list of {known}")
            return
        for at, name in enumerate(value):
            if name in _BY_PEOPLE:
                text = f"{name} is given by people and not paid here: known are {known}"
                self.wrong(f"{path}[{at}]", text, "unsupported")
            elif name not in REMEDIES:
                self.wrong(f"{path}[{at}]", f"{name!r} is no remedy: known are {known}")
        if missing := [name for name in REMEDIES if name not in value]:
            self.wrong(path, f"{' and '.join(missing)} belongs to every guarantee")

    def recourse(self, value: object, operators: Collection[str]) -> dict[str, Recourse]:
        """Read what operators have agreed to bear."""
        by_operator: dict[str, Recourse] = {}
        if not isinstance(value, Mapping):
            self.wrong("guarantee.recourse", "must be a table from operator to its part")
            return by_operator
        for operator, row in value.items():
            path = f"guarantee.recourse.{operator}"
            if operator not in operators:
                self.wrong(path, f"{operator!r} is not an operator", "unknown_reference")
            elif not isinstance(row, Mapping) or row.keys() != _RECOURSE_KEYS:
                self.wrong(path, _TABLE)
            else:
                percent = self.whole(f"{path}.percent", row["percent"], _PERCENT)
                cap = self.amount(f"{path}.cap_per_month", row["cap_per_month"])
                by_operator[operator] = Recourse(percent, cap)
        return by_operator
