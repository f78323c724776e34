"""Each rule of the regimes in force, at its boundary: the sum, the reason and the article."""

from datetime import date
from typing import Any

import pytest

from tests.ticketing.rights.claims import ENTITLING, decided, euros
from ticketing.errors import InvalidRequest
from ticketing.rights import regimes, rules_for


@pytest.mark.parametrize(
    ("minutes", "cents", "article"),
    [(59, 0, "19(1)(a)"), (60, 2500, "19(1)(a)"), (119, 2500, "19(1)(a)"), (120, 5000, "19(1)(b)")],
)
def test_rail_pays_a_quarter_from_60_and_half_from_120_minutes(
    minutes: int, cents: int, article: str
) -> None:
    decision = decided("rail", arrival_delay_minutes=minutes)

    assert decision.compensation == euros(cents)
    assert decision.article == f"Regulation (EU) 2021/782, {article}"


@pytest.mark.parametrize(
    ("scheduled", "quarter", "half"),
    [(240, 60, 121), (241, 120, 241), (480, 120, 241), (481, 180, 361), (1440, 180, 361), (1441, 360, 721)],
)
def test_sea_pays_by_the_scheduled_duration(scheduled: int, quarter: int, half: int) -> None:
    def cents(minutes: int) -> int:
        decision = decided("sea", arrival_delay_minutes=minutes, scheduled_minutes=scheduled)
        assert decision.compensation is not None
        return decision.compensation.minor

    assert [cents(at) for at in (quarter - 1, quarter, half - 1, half)] == [0, 2500, 2500, 5000]


def test_exactly_double_at_sea_is_a_quarter_and_half_by_the_finnish_authority() -> None:
    decision = decided("sea", arrival_delay_minutes=120)

    assert decision.compensation == euros(2500)
    assert [(other.compensation, other.authority) for other in decision.alternatives] == [
        (euros(5000), "kkv.fi: at least double")
    ]


def test_a_sea_voyage_without_its_duration_is_not_decided_unless_no_band_could_hold() -> None:
    unknown = decided("sea", arrival_delay_minutes=60, scheduled_minutes=None)
    short = decided("sea", arrival_delay_minutes=59, scheduled_minutes=None)

    assert (unknown.compensation, unknown.reason) == (None, "not_decided")
    assert (short.compensation, short.reason) == (euros(0), "below_threshold")


@pytest.mark.parametrize(
    ("changed", "reason", "cents"),
    [
        ({}, "choice_not_offered", 5000),
        ({"departure_delay_minutes": 120}, "below_threshold", 0),
        ({"departure_delay_minutes": 0, "overbooked": True}, "choice_not_offered", 5000),
        ({"departure_delay_minutes": None, "cancelled": True}, "choice_not_offered", 5000),
        ({"choice_offered": True}, "choice_offered", 0),
        ({"choice_offered": None}, "not_decided", None),
        ({"departs_from": "stop"}, "not_from_terminal", 0),
        ({"departs_from": None}, "not_decided", None),
        ({"distance_km": 249}, "out_of_scope", 0),
        ({"distance_km": None}, "not_decided", None),
        ({"departure_delay_minutes": 0, "arrival_delay_minutes": 600}, "below_threshold", 0),
    ],
)
def test_a_coach_owes_half_on_top_only_where_it_offered_no_choice(
    changed: dict[str, Any], reason: str, cents: int | None
) -> None:
    decision = decided("bus", **changed)

    assert decision.reason == reason
    assert decision.compensation == (None if cents is None else euros(cents))


def test_a_coach_that_offers_nothing_owes_the_price_and_half_of_it() -> None:
    decision = decided("bus")

    assert (decision.reimbursement, decision.compensation) == (euros(10_000), euros(5000))
    assert dict(decision.deadline_days) == {"compensation": 30, "reimbursement": 14}


def test_120_minutes_of_a_coach_are_read_in_two_ways() -> None:
    decision = decided("bus", departure_delay_minutes=120)

    assert [(other.compensation, other.authority) for other in decision.alternatives] == [
        (euros(5000), "cecluxembourg.lu: 120 minutes or more")
    ]


def test_weather_excuses_no_coach_and_some_carriers_read_otherwise() -> None:
    decision = decided("bus", cause="extreme_weather")

    assert decision.compensation == euros(5000)
    assert decision.alternatives[0].compensation == euros(0)


@pytest.mark.parametrize("regime", ["rail", "sea"])
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"in_scope": False}, "out_of_scope"),
        ({"informed_before_purchase": True}, "informed_before_purchase"),
        ({"cancelled": True, "choice": "reimbursement"}, "reimbursed"),
        ({"cause": "third_party"}, "exempt"),
        ({"cause": "passenger"}, "exempt"),
        ({"missed_connection": True, "contract": "separate_disclosed"}, "separate_contracts"),
        ({"missed_connection": True, "contract": "combined"}, "separate_contracts"),
    ],
)
def test_nothing_is_due_for_a_reason_that_is_named(regime: str, changed: dict[str, Any], reason: str) -> None:
    decision = decided(regime, **changed)

    assert (decision.compensation, decision.reason) == (euros(0), reason)


@pytest.mark.parametrize(
    ("regime", "cause", "is_excused"),
    [
        ("rail", "extreme_weather", True),
        ("rail", "weather_safety", False),
        ("rail", "own_staff_strike", False),
        ("rail", "infrastructure_manager", False),
        ("rail", "technical_fault", False),
        ("sea", "weather_safety", True),
        ("sea", "technical_fault", False),
        ("sea", "own_staff_strike", False),
        ("se-2015-953", "extreme_weather", False),
    ],
)
def test_a_cause_excuses_by_the_regime(regime: str, cause: str, is_excused: bool) -> None:
    assert (decided(regime, cause=cause).reason == "exempt") is is_excused


def test_a_strike_at_sea_is_paid_and_the_doubt_is_named() -> None:
    decision = decided("sea", cause="own_staff_strike")

    assert decision.compensation == euros(2500)
    assert decision.alternatives[0].compensation == euros(0)
    assert "recital 17" in decision.alternatives[0].authority


def test_a_return_counts_half_or_the_price_of_the_leg_where_the_regime_takes_it() -> None:
    leg: dict[str, Any] = {"trip": "return", "leg_price": euros(6000)}

    assert decided("rail", trip="return").compensation == euros(1250)
    assert decided("rail", **leg).compensation == euros(1500)
    assert decided("sea", **leg).compensation == euros(1250)


def test_half_a_cent_is_rounded_up_once() -> None:
    assert decided("rail", minor=4001, arrival_delay_minutes=120).compensation == euros(2001)
    assert decided("rail", minor=4001, trip="return").compensation == euros(500)


@pytest.mark.parametrize(
    ("paid", "least", "reason"),
    [
        (1600, 400, "delayed"),
        (1597, 400, "under_min_payout"),
        (1600, None, "delayed"),
        (1600, 500, "delayed"),
    ],
)
def test_the_least_sum_is_paid_itself_and_is_never_above_the_statutes(
    paid: int, least: int | None, reason: str
) -> None:
    minimum = None if least is None else euros(least)

    assert decided("rail", minor=paid, minimum_payout=minimum).reason == reason


def test_minutes_outside_the_union_do_not_count_for_rail() -> None:
    assert (
        decided("rail", arrival_delay_minutes=90, delay_outside_union_minutes=31).reason == "below_threshold"
    )
    assert decided("rail", arrival_delay_minutes=90, delay_outside_union_minutes=30).reason == "delayed"


def test_separate_contracts_sold_as_one_journey_cost_the_vendor_the_price_and_three_quarters() -> None:
    decision = decided("rail", missed_connection=True, contract="combined_undisclosed")

    assert (decision.reimbursement, decision.compensation) == (euros(10_000), euros(7500))
    assert (decision.payer, decision.article) == ("vendor", "Regulation (EU) 2021/782, 12(4)")
    assert dict(decision.deadline_days) == {"compensation": 14, "reimbursement": 14}


def test_an_own_way_by_rail_is_repaid_after_100_minutes_without_options() -> None:
    way: dict[str, Any] = {"own_alternative": euros(3300), "arrival_delay_minutes": 120}

    assert decided("rail", **way, minutes_without_options=100).expenses == euros(0)
    assert decided("rail", **way, minutes_without_options=101).expenses == euros(3300)
    assert decided("rail", arrival_delay_minutes=120).expenses is None


def test_a_price_that_comes_back_at_sea_is_due_within_seven_days() -> None:
    late = decided("sea", arrival_delay_minutes=None, departure_delay_minutes=91, choice="reimbursement")
    punctual = decided("sea", arrival_delay_minutes=None, departure_delay_minutes=90, choice="reimbursement")

    assert late.reimbursement == euros(10_000)
    assert dict(late.deadline_days) == {"reimbursement": 7}
    assert set(late.rights) == {"choice", "refreshments"}
    assert (punctual.reimbursement, punctual.rights) == (euros(0), ())


def test_an_open_ticket_has_no_right_at_sea_and_a_pass_has() -> None:
    assert decided("sea", open_ticket=True).reason == "open_ticket"
    assert decided("sea", open_ticket=True, trip="pass").reason == "carrier_arrangement"
    assert decided("rail", open_ticket=True).reason == "delayed"


def test_passes_follow_the_rule_of_their_regime() -> None:
    rail = decided("rail", trip="pass", pass_delays_minutes=(20, 45))
    bus = decided("bus", trip="pass", pass_rides=30, pass_rides_lost=2)
    swedish = decided("se-2015-953", minor=88_000, currency="SEK", trip="pass")

    assert (rail.compensation, rail.reason) == (None, "carrier_arrangement")
    assert "2 delays within the validity add up to 65 minutes" in rail.notes
    assert (bus.reimbursement, bus.reason) == (euros(667), "lost_rides")
    assert swedish.compensation is not None
    assert swedish.compensation.minor == 1000


@pytest.mark.parametrize(("minutes", "percent"), [(20, 0), (21, 50), (40, 50), (41, 75), (60, 75), (61, 100)])
def test_the_swedish_law_pays_beyond_20_40_and_60_minutes(minutes: int, percent: int) -> None:
    decision = decided("se-2015-953", arrival_delay_minutes=minutes)

    assert decision.compensation == euros(100 * percent)


def test_a_taxi_in_sweden_is_repaid_up_to_the_years_sum_and_instead_of_compensation() -> None:
    taxi: dict[str, Any] = {"currency": "SEK"}
    dear = decided("se-2015-953", **{**taxi, "own_alternative": _kronor(200_000)})
    unknown_year = decided("se-2015-953", **{**taxi, "own_alternative": _kronor(100)}, on=date(2030, 1, 1))

    assert dear.expenses == _kronor(148_000)
    assert dear.reason == "expenses_paid"
    assert unknown_year.expenses == _kronor(0)
    assert "the highest sum for an own way is not known for that year" in unknown_year.notes


def test_british_schemes_are_tables_of_the_same_engine() -> None:
    def cents(regime: str, minutes: int) -> int:
        decision = decided(regime, currency="GBP", arrival_delay_minutes=minutes)
        assert decision.compensation is not None
        return decision.compensation.minor

    assert [cents("gb-delay-repay", at) for at in (14, 15, 30, 60)] == [0, 2500, 5000, 10_000]
    assert [cents("gb-c2c", at) for at in (1, 2, 29, 30, 60)] == [0, 6, 87, 5000, 10_000]


def test_two_hours_in_britain_give_back_the_whole_return() -> None:
    assert decided("gb-delay-repay", trip="return", arrival_delay_minutes=119).compensation == euros(5000)
    assert decided("gb-delay-repay", trip="return", arrival_delay_minutes=120).compensation == euros(10_000)


def test_a_proposal_is_decided_only_where_it_is_asked_for_and_says_its_level() -> None:
    decision = decided("proposal")

    assert (decision.compensation, decision.level) == (euros(7500), "C")


def test_a_cancellation_without_a_told_arrival_opens_the_choice_and_decides_no_compensation() -> None:
    decision = decided("rail", arrival_delay_minutes=None, cancelled=True)

    assert "choice" in decision.rights
    assert (decision.compensation, decision.reason) == (None, "not_decided")


def test_no_regime_is_taken_for_an_unknown_one_and_none_before_it_was_in_force() -> None:
    with pytest.raises(InvalidRequest, match=r"must be one of bus, .*sea"):
        rules_for("hovercraft", date(2026, 12, 1))
    with pytest.raises(InvalidRequest, match="no rules for that day"):
        rules_for("rail", date(2023, 6, 6))


def test_every_table_of_the_package_pays_somebody() -> None:
    assert set(regimes()) == set(ENTITLING)
    assert all(decided(regime).pays for regime in regimes())


def _kronor(minor: int) -> Any:
    return type(euros(0))(minor, "SEK")
