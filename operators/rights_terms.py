"""Read by which law an operator owes money for a delay, and its own terms beside it, from its row of region.toml."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tariffs.money import MoneyError, exponent, parse

NO_RIGHTS = "none"
_TERMS = ("rights_auto_limit", "rights_line_km", "rights_minimum")
RIGHTS_KEYS = ("rights", *_TERMS)
_REGIME = re.compile(r"[a-z0-9-]{1,40}")
_LIMIT = 20
_MOST_KM = 40_000
# Reports a fault: the path of the value, a code, a sentence.
Tell = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsTerms:
    """The rule table by which an operator pays, or `none` where no law grants anything for its rides.

    `minimum_minor` is the operator's own least sum, `auto_limit_minor` the sum up to which a claim is paid at once, both in
    the region's currency. `line_km` is the length of its longest line, for laws that ask how long a service is.
    """

    regime: str
    minimum_minor: int = 0
    auto_limit_minor: int
    line_km: int | None = None

    @property
    def pays(self) -> bool:
        """True where a law grants something for its rides."""
        return self.regime != NO_RIGHTS


def read_rights(path: str, row: Mapping[str, object], currency: str, fault: Tell) -> RightsTerms | None:
    """Read `rights = "sea"` with `rights_minimum`, `rights_auto_limit` and `rights_line_km`; None where nobody has decided yet."""
    regime = row.get("rights")
    if regime is None:
        for name in sorted(row.keys() & set(_TERMS)):
            fault(f"{path}.{name}", "missing_value", "means nothing without rights")
        return None
    if not isinstance(regime, str) or not _REGIME.fullmatch(regime):
        message = f'must be the id of a rule table like "sea", or "{NO_RIGHTS}"'
        fault(f"{path}.rights", "invalid_value", message)
        return None
    minimum = _amount(f"{path}.rights_minimum", row.get("rights_minimum"), currency, fault)
    limit = _amount(f"{path}.rights_auto_limit", row.get("rights_auto_limit"), currency, fault)
    km = row.get("rights_line_km")
    if km is not None and (type(km) is not int or not 1 <= km <= _MOST_KM):
        fault(f"{path}.rights_line_km", "invalid_value", f"must be a whole number from 1 to {_MOST_KM}")
    return RightsTerms(
        regime=regime,
        minimum_minor=minimum or 0,
        auto_limit_minor=_usual_limit(currency) if limit is None else limit,
        line_km=km if type(km) is int else None,
    )


def _usual_limit(currency: str) -> int:
    """Twenty of the region's currency."""
    try:
        return _LIMIT * int(10 ** exponent(currency))
    except MoneyError:  # a fault of the currency, told there
        return 0


def _amount(path: str, text: object, currency: str, fault: Tell) -> int | None:
    if text is None:
        return None
    try:
        minor = parse(text, currency).minor if isinstance(text, str) else -1
    except MoneyError:
        minor = -1
    if minor < 0:
        fault(path, "invalid_value", 'must be an amount in the region\'s currency, like "20.00"')
        return None
    return minor
