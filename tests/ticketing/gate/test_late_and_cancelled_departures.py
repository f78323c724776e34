"""A bound ticket whose departure is late or does not go: until when it boards, and what staff are told."""

from typing import Any

import pytest

from tests.ticketing.gate.plain_gate import HOUR, NOW, decide, knowing, rides, ticket
from throughfare_gate.gate.decision import Gate
from throughfare_gate.gate.model import Boarding, Delay, Extras, Waiver

LOCAL = knowing().local_time
HERS = {"departure": LOCAL(NOW)}
SHOWN = ticket(legs=rides("ab", departure=NOW), not_before=NOW - 9 * HOUR, expires_at=NOW + 9 * HOUR)


def boards(delay: Delay, at: int, *, stop: str = "a", waivers: tuple[Waiver, ...] = (), **named: Any) -> Any:
    """The notes of a ticket that boards, or the reason and the figures of its refusal."""
    extras = Extras(
        boarding={"through": Boarding(HOUR, 900)}, delays={("tlt", stop, NOW): delay}, waivers=waivers
    )
    gate = Gate(operator="tlt", stop_id="a", **named)
    decision = decide(SHOWN, knowing(extras=extras), at=at, gate=gate)
    if decision.admit:
        return {code: dict(values) for code, values in decision.notes}
    return decision.reason, dict(decision.values)


@pytest.mark.parametrize(
    ("departs", "last"),
    [(NOW + HOUR, HOUR + 900), (NOW - HOUR, 900), (None, 900)],
)
def test_a_departure_boards_until_a_quarter_of_an_hour_after_it_is_expected_and_never_less(
    departs: int | None, last: int
) -> None:
    assert boards(Delay(departs), last) == {}
    closed = ("wrong_sailing", HERS | {"closed": LOCAL(NOW + last)})
    assert boards(Delay(departs), last + 1) == closed


def test_the_delay_of_another_stop_keeps_no_gate_open() -> None:
    assert boards(Delay(NOW + HOUR), HOUR, stop="x")[0] == "wrong_sailing"


def test_check_in_opens_by_the_plan_also_when_the_ship_is_late() -> None:
    assert boards(Delay(NOW + HOUR), -HOUR) == {}
    assert boards(Delay(NOW + HOUR), -HOUR - 1)[0] == "check_in_not_open"


def test_who_comes_for_a_cancelled_departure_is_told_so_where_the_gate_lets_them_in_and_where_not() -> None:
    gone = Delay(None, cancelled=True)

    assert boards(gone, 0) == {"cancelled": HERS}
    closed = HERS | {"closed": LOCAL(NOW + 900), "cancelled": True}
    assert boards(gone, 901) == ("wrong_sailing", closed)
    other = HERS | {"boarding": LOCAL(NOW + 2 * HOUR), "cancelled": True}
    assert boards(gone, 0, departure=NOW + 2 * HOUR) == ("wrong_sailing", other)


def test_whom_a_waiver_sends_on_the_next_departure_boards_without_another_word() -> None:
    waiver = Waiver("e1", frozenset({("tlt", "a", NOW)}), ("tlt", "any"), NOW + 9 * HOUR)

    assert boards(Delay(None, cancelled=True), 2 * HOUR, waivers=(waiver,)) == {"rerouted": HERS}
