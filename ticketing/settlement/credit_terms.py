"""The terms of credit in a region (`[credit]` of `settlement.toml`): deposits, limits, late payers, and what is a jump.

No run is calculated by them: they say what people are told before they approve one, and which payments need a reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tariffs.money import MoneyError, parse
from ticketing.errors import Fault

_MOST_DAYS, _MOST_PERCENT = 366, 10_000
_KNOWN = ("grace_days", "hold_after_days", "jump_percent", "jump_minimum", "parties")
_KNOWN_OF_PARTY = ("operator", "currency", "deposit", "limit")


@dataclass(frozen=True, slots=True)
class Line:
    """The credit of one party in one currency: what it may owe at most (None: no limit), and what it has deposited."""

    operator: str
    currency: str
    limit_minor: int | None
    deposit_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """`grace_days` after its due day a debt is late; after `hold_after_days` its debtor's payments are held back.

    A position that moves by more than `jump_percent` and at least `jump_minimum` of its currency is a jump.
    """

    grace_days: int = 5
    hold_after_days: int = 30
    jump_percent: int = 50
    jump_minimum: Mapping[str, int] = field(default_factory=dict)
    parties: tuple[Line, ...] = ()

    def names(self) -> list[tuple[str, str]]:
        """The operators that the terms name, each with its path."""
        return [(f"credit.parties[{at}].operator", line.operator) for at, line in enumerate(self.parties)]

    def line_of(self, operator: str, currency: str) -> Line:
        """The credit of a party."""
        of_party = (line for line in self.parties if (line.operator, line.currency) == (operator, currency))
        return next(of_party, Line(operator, currency, None, 0))


def read_credit(document: object, wrong: Callable[[Fault], None]) -> Credit:
    """Read the terms of credit; every fault is told with its path."""
    if not isinstance(document, dict):
        wrong(Fault("credit", "must be a table"))
        return Credit()
    for name in document:
        if name not in _KNOWN:
            wrong(Fault(f"credit.{name}", "unknown key"))
    minimum = document.get("jump_minimum", {})
    if not isinstance(minimum, dict):
        wrong(Fault("credit.jump_minimum", "must be a table of amounts by currency"))
        minimum = {}
    parties = document.get("parties", [])
    if not isinstance(parties, list) or not all(isinstance(row, dict) for row in parties):
        wrong(Fault("credit.parties", "must be a list of tables"))
        parties = []
    return Credit(
        grace_days=_whole(document, "grace_days", 5, _MOST_DAYS, wrong),
        hold_after_days=_whole(document, "hold_after_days", 30, _MOST_DAYS, wrong),
        jump_percent=_whole(document, "jump_percent", 50, _MOST_PERCENT, wrong),
        jump_minimum={
            currency: _amount(amount, currency, f"credit.jump_minimum.{currency}", wrong)
            for currency, amount in minimum.items()
        },
        parties=tuple(_party(row, f"credit.parties[{at}]", wrong) for at, row in enumerate(parties)),
    )


def _whole(
    document: Mapping[str, object], name: str, default: int, most: int, wrong: Callable[[Fault], None]
) -> int:
    value = document.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        wrong(Fault(f"credit.{name}", f"must be a whole number from 0 to {most}"))
        return default
    return value


def _party(row: Mapping[str, object], path: str, wrong: Callable[[Fault], None]) -> Line:
    for name in row:
        if name not in _KNOWN_OF_PARTY:
            wrong(Fault(f"{path}.{name}", "unknown key"))
    operator, currency = row.get("operator"), row.get("currency")
    if not isinstance(operator, str) or not isinstance(currency, str):
        wrong(Fault(path, "must name an operator and a currency"))
        return Line("", "", None, 0)
    limit = _amount(row["limit"], currency, f"{path}.limit", wrong) if "limit" in row else None
    deposit = (
        _amount(row.get("deposit", "0.00"), currency, f"{path}.deposit", wrong) if "deposit" in row else 0
    )
    return Line(operator, currency, limit, deposit)


def _amount(text: object, currency: str, path: str, wrong: Callable[[Fault], None]) -> int:
    try:
        minor = parse(text, currency).minor if isinstance(text, str) else -1
    except MoneyError as error:
        wrong(Fault(path, str(error)))
        return 0
    if minor < 0:
        wrong(Fault(path, "must be an amount like 100.00, not below zero"))
        return 0
    return minor
