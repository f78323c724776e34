"""A person chooses the word that proves a delay, where staff and a feed contradict each other about a ship."""

from datetime import timedelta

import pytest

from operators.port import CallChange, Disruption, ObservedCall
from tests.ticketing.disruption.quay import DAY, OPERATOR, REGION, RUN, SHIP, TRIP, Quay
from ticketing import disruption
from ticketing.db.disruption import choices
from ticketing.db.disruption.choices import Choice
from ticketing.db.sale import gateway_events
from ticketing.regions import by_staff


def seen_leaving(quay: Quay, minutes: int) -> None:
    """Have the feed see the ship leave so many minutes late."""
    late = minutes * 60
    left = ObservedCall(0, late, late, happened=("departure",))
    quay.tell_at(
        SHIP.departs_at + timedelta(minutes=minutes + 1),
        Disruption(TRIP, DAY, calls=(left, CallChange(1, late, late))),
    )


def cases(quay: Quay) -> list[tuple[str, str]]:
    with quay.desk.database.read() as tx:
        return [(one.kind, one.subject) for one in gateway_events.list_alerts(tx)]


def leaving(quay: Quay) -> disruption.CallProof:
    return disruption.prove_run(quay.desk, REGION, OPERATOR, TRIP, DAY).calls[0]


def test_a_case_opens_once_for_a_call_whatever_is_said_again(quay: Quay) -> None:
    quay.hold()
    seen_leaving(quay, 10)
    agreed = (
        by_staff.delay_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, seconds=900, by="mari"),
        cases(quay),
    )
    for minutes in (40, 50):
        by_staff.delay_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, seconds=minutes * 60, by="mari")

    assert agreed[1] == []
    assert cases(quay) == [("evidence_contradicted", f"{REGION}/{OPERATOR}/{TRIP}/{DAY}/0")]


def test_a_ship_that_was_seen_and_is_said_to_be_cancelled_is_a_case(quay: Quay) -> None:
    quay.hold()
    seen_leaving(quay, 10)

    by_staff.cancel_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")

    with quay.desk.database.read() as tx:
        (case,) = gateway_events.list_alerts(tx)
    assert case.detail == (
        "eckero ECK-TH-0600 of 2026-10-13, departure at Tallinn A-terminal: its operator says cancelled, "
        "it was seen at 2026-10-13 03:10 UTC"
    )


def test_a_ship_that_nobody_holds_a_ticket_for_is_no_case(quay: Quay) -> None:
    seen_leaving(quay, 10)
    by_staff.delay_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, seconds=3600, by="mari")

    assert cases(quay) == []


@pytest.mark.parametrize(("chosen", "late"), [("own_word", 3600), ("seen", 600)])
def test_the_word_that_a_person_has_chosen_proves_the_delay(
    quay: Quay, chosen: choices.Chosen, late: int
) -> None:
    quay.hold()
    seen_leaving(quay, 10)
    by_staff.delay_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, seconds=3600, by="mari")
    open_case = leaving(quay)
    choice = Choice(chosen, "the log of the ship", "Kadri", quay.clock.now())
    with quay.desk.database.write() as tx:
        first = choices.put_choice(tx, REGION, RUN, 0, choice)
        again = choices.put_choice(tx, REGION, RUN, 0, Choice("seen", "no", "Bo", quay.clock.now()))

    proof = leaving(quay)
    claimed = disruption.delay_of_call(
        quay.desk.database, REGION, RUN, "TLL-A", event="departure", planned_at=SHIP.departs_at
    )
    assert (open_case.evidence.delay_seconds, open_case.choice) == (3600, None)
    assert (first, again) == (True, False)
    assert (proof.evidence.delay_seconds, proof.choice) == (late, choice)
    assert claimed.delay_seconds == late
    assert claimed.against


@pytest.mark.parametrize("trip", ["A/B", "a/b/c", "plain"])
def test_the_name_of_a_case_is_read_back_whatever_a_trip_is_called(trip: str) -> None:
    named = choices.subject_of(REGION, (OPERATOR, trip, DAY), 7)

    assert choices.read_subject(named) == (REGION, (OPERATOR, trip, DAY), 7)
