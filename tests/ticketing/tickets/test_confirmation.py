"""The confirmation of a delay as the gate's package reads it: each claim in its range, its own type and its own keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ticketing.gate.deciding import AT, facts
from tests.ticketing.tickets.confirming import LATE, OWN, OWN_RING
from tests.ticketing.tickets.mint import NOW, RING, SIGNER, ticket
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.decision import Gate, Presented, Seen, decide
from throughfare_gate.tickets import confirmation
from throughfare_gate.tickets.confirmation import MOST_LETTERS, BadConfirmation, parse, read, write
from throughfare_gate.tickets.jws import Refused

OPTIONAL = {"ticket", "demo"}


def test_a_confirmation_is_read_as_it_was_written() -> None:
    confirmed = read(OWN.sign(confirmation.TYP, LATE), OWN_RING)

    assert (confirmed.arrival_delay_minutes, confirmed.departure, confirmed.is_demo) == (75, None, False)
    assert write(confirmed) == {name: LATE[name] for name in write(confirmed)}
    assert parse(write(confirmed)) == confirmed


@pytest.mark.parametrize("name", sorted(LATE.keys() - OPTIONAL))
def test_a_claim_that_is_missing_refuses_it(name: str) -> None:
    with pytest.raises(BadConfirmation):
        parse({key: value for key, value in LATE.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in LATE for value in (None, "", {}, [[]], 1.5)),
        ("iat", -1),
        ("iat", True),
        ("cancelled", 0),
        ("demo", False),
        ("cause", "ice"),
        ("ticket", "x"),
        ("service_date", "13.10.2026"),
        ("planned_departure", "2026-10-13T07:30:00"),
        ("planned_departure", "2026-13-13T07:30:00+03:00"),
        ("arrival_delay_minutes", "75"),
        ("evidence", ["0" * 17]),
        ("evidence", ["0" * 16] * 13),
        ("operator_name", "x" * (MOST_LETTERS + 1)),
        ("nbf", NOW),
    ],
)
def test_a_claim_out_of_its_range_refuses_it_by_name(name: str, value: object) -> None:
    with pytest.raises(BadConfirmation, match=f"^{name}$"):
        parse({**LATE, name: value})


@given(st.text(max_size=200))
def test_a_name_of_any_length_fits(name: str) -> None:
    assert len(confirmation.shortened(name)) <= MOST_LETTERS
    assert confirmation.shortened(name)[:20] == name[:20] or len(name) > MOST_LETTERS


def test_a_gate_refuses_a_confirmation_as_a_ticket_whichever_key_has_signed_it() -> None:
    gate = Gate(operator="tlt", stop_id="09005-1")
    held = bundles.read(bundles.sign(SIGNER, facts(), AT), RING)[0]

    for signer in (SIGNER, OWN):
        shown = Presented.scanned(signer.sign(confirmation.TYP, LATE))
        decision = decide(shown, held, Seen(), int(AT.timestamp()), gate)
        assert (decision.admit, decision.reason) == (False, "bad_type")


def test_a_ticket_and_another_kinds_key_confirm_nothing() -> None:
    with pytest.raises(Refused, match="bad_type"):
        read(ticket(), RING)
    with pytest.raises(Refused, match="unknown_key"):
        read(SIGNER.sign(confirmation.TYP, LATE), OWN_RING)
    with pytest.raises(BadConfirmation):
        read(OWN.sign(confirmation.TYP, {"iss": "x"}), OWN_RING)
