"""Hold the laws that a region's operators name against the rule tables of the package. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date

from operators.region import Operator
from operators.region_toml import REGION_TOML
from operators.rights_terms import NO_RIGHTS
from tariffs.findings import Finding
from ticketing.errors import InvalidRequest
from ticketing.rights import regimes, rules_for


def check_rights(operators: Mapping[str, Operator], today: date) -> list[Finding]:
    """List the faults of `rights` in region.toml: a table that does not exist or is not in force, and a length that it asks for."""
    return [
        Finding(REGION_TOML, 0, f"operators[{at}].{key}", code, message)
        for at, operator in enumerate(operators.values())
        for key, code, message in _faults(operator, today)
    ]


def _faults(operator: Operator, today: date) -> Iterator[tuple[str, str, str]]:
    terms = operator.rights
    if terms is None or not terms.pays:
        return
    try:
        rules = rules_for(terms.regime, today)
    except InvalidRequest as error:
        among = ", ".join((*regimes(), NO_RIGHTS))
        yield "rights", "unknown_reference", f"{terms.regime!r}: {error.detail}; it is one of {among}"
        return
    if rules.scope.needs_distance and terms.line_km is None:
        message = (
            f"{rules.law} goes by the length of the service: the kilometres of the longest line are needed"
        )
        yield "rights_line_km", "missing_value", message
    lowest = min((band.threshold.minutes for band in rules.bands), default=operator.promises.tell_minutes)
    if operator.promises.tell_minutes > lowest:
        message = f"{rules.law} pays from {lowest} minutes on, and a delay below tell_minutes is no event that a claim follows"
        yield "tell_minutes", "invalid_value", message
