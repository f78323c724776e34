"""Judge how bad an incident is, 0 to 4, by passengers, money and spread. Pure: one table, the worst measure counts.

While it is not contained a key or a forgery is at least 3, a breach of personal data 2, and all others but a failure without
a measure 1: nobody has counted yet whom they meet.
"""

from dataclasses import dataclass

from ticketing.frozen import IncidentStatus, IncidentType

# The least number of passengers, and of minor units, of each severity from 1 on.
_PASSENGERS = (1, 100, 1_000, 10_000)
_MONEY_MINOR = (1, 100_000, 1_000_000, 10_000_000)
_LEAST: dict[IncidentType, int] = {
    "signing_key_leaked": 3,
    "forged_or_cloned_tickets": 3,
    "personal_data_breach": 2,
    "gate_or_validator_outage": 1,
    "wrong_tariff_or_price": 1,
    "payment_fraud_wave": 1,
    "supplier_or_software_vulnerability": 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The reach of an incident: the passengers that it has met or may meet, money at risk, operators concerned, a border crossed."""

    passengers: int = 0
    money_minor: int = 0
    operators: int = 1
    is_cross_border: bool = False


def severity(kind: IncidentType, status: IncidentStatus, spread: Spread) -> int:
    """Judge the severity: 0 no effect, 1 few, 2 noticed, 3 serious, 4 the scheme as a whole."""
    if status == "false_alarm":
        return 0
    by_measure = max(_step(spread.passengers, _PASSENGERS), _step(spread.money_minor, _MONEY_MINOR))
    wider = int(spread.operators > 1) + int(spread.is_cross_border)
    by_spread = min(4, by_measure + wider) if by_measure else min(1, wider)
    is_running = status in {"suspected", "confirmed"}
    return max(by_spread, _LEAST.get(kind, 0) if is_running else 0)


def _step(measure: int, steps: tuple[int, ...]) -> int:
    return sum(measure >= least for least in steps)
