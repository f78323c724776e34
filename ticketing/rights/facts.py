"""Facts of one claim: one contract, one regime, what happened to it. Pure values.

Minutes are whole and floored (59 min 59 s are 59); a negative delay is an early arrival. The facts are all that a decision knows:
stored beside it, with the version of the rules, they give the same decision again.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from tariffs.money import Money

Contract = Literal["through", "combined", "separate_disclosed", "combined_undisclosed", "single"]
Trip = Literal["one_way", "return", "pass"]
Choice = Literal["reimbursement", "rerouting", "continuation"]
DepartsFrom = Literal["terminal", "stop"]
Cause = Literal[
    "extreme_weather",
    "weather_safety",
    "passenger",
    "third_party",
    "own_staff_strike",
    "infrastructure_manager",
    "technical_fault",
    "other",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One claim: a price paid, a trip, and what became of it.

    `price` is what the contract cost, for a return both ways. `minimum_payout` is the carrier's own threshold. `on` is the day of the
    service, by which the rules are chosen. None means that nobody has told it.
    """

    regime: str
    on: date
    price: Money
    in_scope: bool = True
    contract: Contract = "through"
    trip: Trip = "one_way"
    leg_price: Money | None = None
    scheduled_minutes: int | None = None
    distance_km: int | None = None
    departs_from: DepartsFrom | None = None
    arrival_delay_minutes: int | None = None
    departure_delay_minutes: int | None = None
    delay_outside_union_minutes: int = 0
    cancelled: bool = False
    overbooked: bool = False
    missed_connection: bool = False
    open_ticket: bool = False
    choice_offered: bool | None = None
    choice: Choice | None = None
    minutes_without_options: int | None = None
    own_alternative: Money | None = None
    cause: Cause | None = None
    informed_before_purchase: bool = False
    minimum_payout: Money | None = None
    pass_rides: int | None = None
    pass_rides_lost: int | None = None
    pass_delays_minutes: tuple[int, ...] | None = None
