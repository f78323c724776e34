"""The words of operators are kept as facts that nobody changes, with the message that they were read from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from operators.port import AddedCall, AddedTrip, Alert, CallChange, Disruption, ObservedCall, Selector
from tests.ticketing.disruption.quay import CANCELLED, DAY, OPERATOR, REGION, RUN, TRIP, Quay, calls, late
from ticketing import disruption
from ticketing.db.operators import run_states
from ticketing.disruption.evidence import evidence_of
from ticketing.regions import by_staff
from ticketing.regions.polling import forget_runs

LEAVES = datetime(2026, 10, 13, 3, 0, tzinfo=UTC)
ARRIVES = datetime(2026, 10, 13, 5, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_delay_is_a_fact_for_each_end_of_the_ride_beside_its_plan(quay: Quay) -> None:
    told_at = quay.clock.now()
    quay.tell(late(60))

    leaves, arrives = sorted((one.fact for one in quay.facts()), key=lambda fact: fact.call or 0)

    assert (leaves.kind, leaves.call, leaves.stop_id, leaves.event) == ("expected", 0, "TLL-A", "departure")
    assert (leaves.planned_at, leaves.at) == (LEAVES, LEAVES + HOUR)
    assert (arrives.event, arrives.planned_at, arrives.at) == ("arrival", ARRIVES, ARRIVES + HOUR)
    assert (leaves.source, leaves.told_at, leaves.received_at) == ("gtfs_rt", told_at, told_at)
    assert len(leaves.timetable_version) == 16


def test_a_message_that_is_repeated_adds_nothing(quay: Quay) -> None:
    quay.tell(late(60))
    quay.tell(late(60))
    quay.tell(late(60), after=30)

    assert len(quay.facts()) == 2


def test_every_change_is_a_fact_and_what_was_told_before_stays(quay: Quay) -> None:
    quay.tell(late(60))
    quay.tell(late(90), after=30)
    quay.tell(CANCELLED, after=30)
    quay.tell(after=30)

    kinds = [one.fact.kind for one in quay.facts()]

    assert kinds == ["expected"] * 4 + ["cancelled", "withdrawn"]


def test_of_a_run_that_nobody_holds_a_feeds_expectations_are_facts_by_steps_of_five_minutes(
    quay: Quay,
) -> None:
    for seconds in (60, 290, -240, 310, 590, 600, 290):
        quay.tell(calls((0, None, seconds), (1, seconds, seconds)), after=30)

    assert [one[3] - LEAVES for one in quay.told() if one[2] == "departure"] == [
        timedelta(seconds=seconds) for seconds in (310, 600, 290)
    ]


def test_a_second_more_is_a_fact_only_close_to_the_event(quay: Quay) -> None:
    quay.hold()
    quay.tell(calls((0, None, 3600), (1, 3600, 3600)))
    quay.tell(calls((0, None, 3610), (1, 3610, 3610)), after=30)
    before = len(quay.facts())
    quay.tell_at(LEAVES + HOUR - timedelta(minutes=4), calls((0, None, 3600), (1, 3600, 3600)))

    assert (before, [one[1:3] for one in quay.told()[2:]]) == (2, [(0, "departure")])


def test_a_trip_on_time_is_no_fact_long_before_it_leaves(quay: Quay) -> None:
    quay.tell(calls((0, 0, 0), (1, 20, 20)))

    assert quay.facts() == []


def test_a_call_that_is_not_served_and_a_trip_that_is_added_are_facts(quay: Quay) -> None:
    at = int(LEAVES.timestamp())
    added = AddedTrip(
        "extra", DAY, "TLL-A_HEL-LT2", "Helsinki", (AddedCall("TLL-A", at, at), AddedCall("HEL-LT2", at, at))
    )
    quay.eckero.more = {"added": (added,)}
    skipped = Disruption(TRIP, DAY, calls=(CallChange(0, 0, 600), CallChange(1, 600, 600, skipped=True)))

    quay.tell(skipped)
    quay.tell(skipped, after=30)

    with quay.desk.database.read() as tx:
        told = tx.execute(sa.text("SELECT trip_id, kind, call FROM observation ORDER BY trip_id, call")).all()
    assert [tuple(row) for row in told] == [
        (TRIP, "expected", 0),
        (TRIP, "skipped", 1),
        ("extra", "added", 0),
    ]


def test_a_call_that_a_feed_no_longer_predicts_was_left_at_its_last_time(quay: Quay) -> None:
    quay.tell_at(LEAVES + timedelta(minutes=9), calls((0, None, 600), (1, 600, 600)))
    quay.tell_at(LEAVES + timedelta(minutes=11), calls((0, None, 600), (1, 600, 600)))
    quay.tell_at(LEAVES + timedelta(minutes=12), calls((1, 600, 600)))

    assert quay.told()[-1] == ("departed", 0, "departure", LEAVES + timedelta(minutes=10))


def test_a_call_whose_time_was_still_to_come_was_not_seen_and_its_last_expectation_stays(quay: Quay) -> None:
    quay.tell_at(ARRIVES + timedelta(minutes=8), calls((1, 600, 600)))
    last_told = ARRIVES + timedelta(minutes=9)
    quay.tell_at(last_told, calls((1, 600, 600)))
    quay.tell_at(ARRIVES + timedelta(minutes=11))

    assert [one[0] for one in quay.told()] == ["expected", "expected"]
    assert quay.facts()[-1].fact.told_at == last_told


def test_what_a_feed_no_longer_tells_has_ended_once(quay: Quay) -> None:
    quay.tell_at(ARRIVES + timedelta(minutes=11), calls((1, 600, 600)))
    for _ in range(3):
        quay.tell(after=30)

    assert [one[0] for one in quay.told()] == ["expected", "arrived"]
    with quay.desk.database.read() as tx:
        state = run_states.find_run(tx, REGION, RUN)
    assert state is not None
    assert (state.revision, state.ended_at is not None, state.withdrawn_at) == (1, True, None)


def test_what_staff_say_is_the_operators_word_with_a_message_of_its_own(quay: Quay) -> None:
    quay.hold()
    by_staff.cancel_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")
    quay.clock.advance(HOUR)
    by_staff.take_back(quay.desk, REGION, OPERATOR, TRIP, DAY, by="mari")

    cancelled, back = (one.fact for one in quay.facts())

    assert (cancelled.kind, cancelled.source, back.kind) == ("cancelled", "operator_report", "withdrawn")
    assert cancelled.raw_ref == cancelled.raw_sha256 != back.raw_sha256
    proof = disruption.prove_run(quay.desk, REGION, OPERATOR, TRIP, DAY)
    assert (len(proof.messages), proof.faults) == (2, ())
    with quay.desk.database.read() as tx:
        names = tx.execute(sa.text("SELECT count(*) FROM raw_message WHERE peer = 'staff'")).scalar_one()
    assert names == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE observation SET kind = 'arrived'",
        "DELETE FROM observation",
        "UPDATE raw_message SET peer = 'x'",
        "DELETE FROM raw_message",
    ],
)
def test_no_fact_is_changed_or_removed(quay: Quay, statement: str) -> None:
    quay.hold()
    quay.tell(late(60))

    with pytest.raises(sa.exc.IntegrityError, match="is append-only"), quay.desk.database.write() as tx:
        tx.exec_driver_sql(statement)


def test_a_fact_or_a_message_that_somebody_has_changed_is_found_by_its_hash(quay: Quay) -> None:
    quay.hold()
    quay.tell(late(60))
    drop = ("observation_no_update", "observation", "raw_message_no_update", "raw_message")
    with quay.desk.database.write() as tx:
        for name, table in zip(drop[::2], drop[1::2], strict=True):
            tx.exec_driver_sql(
                f"DROP TRIGGER {name}" + ("" if quay.desk.database.is_sqlite else f" ON {table}")
            )
        tx.exec_driver_sql("UPDATE observation SET stop_id = 'HEL-KAT' WHERE call = 1")
        tx.execute(sa.text("UPDATE raw_message SET content = :content"), {"content": b"x"})

    faults = disruption.prove_run(quay.desk, REGION, OPERATOR, TRIP, DAY).faults

    assert len(faults) == 2
    assert "says something else" in faults[0]
    assert "has another hash" in faults[1]


def test_facts_are_kept_as_long_as_somebody_may_claim_anything(quay: Quay) -> None:
    quay.hold()
    quay.tell(late(60), Disruption("ECK-HT-0900", DAY, delay_seconds=300))
    quay.clock.advance(timedelta(days=4))
    forget_runs(quay.desk)
    with quay.desk.database.read() as tx:
        trips = set(tx.execute(sa.text("SELECT trip_id FROM observation")).scalars())
        messages = tx.execute(sa.text("SELECT count(*) FROM raw_message")).scalar_one()
    quay.clock.advance(timedelta(days=400))
    forget_runs(quay.desk)

    assert (trips, messages) == ({TRIP}, 1)
    with quay.desk.database.read() as tx:
        for table in ("observation", "raw_message"):
            assert tx.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_a_word_whose_facts_cannot_be_kept_is_kept_whole_with_the_next(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    def fail_once(tx: Any, word: Any) -> None:
        told.append(word)
        quay.watcher.hear(tx, word)
        if len(told) == 1:
            raise OSError("the disk is full")

    quay.desk = replace(quay.desk, listener=fail_once)
    first = quay.tell(late(60))
    kept = quay.facts()

    second = quay.tell(late(60), after=30)

    assert (first, kept) == ({}, [])
    assert second == {f"{REGION}/{OPERATOR}": 1}
    assert len(quay.facts()) == 2


def test_a_message_is_kept_where_somebody_holds_a_ticket_for_a_run_that_it_changes(quay: Quay) -> None:
    quay.tell(late(60))
    quay.hold()
    quay.tell(late(90), after=30)

    before, after = quay.facts()[0].fact, quay.facts()[-1].fact

    assert (before.raw_sha256 is None, before.raw_ref) == (False, None)
    assert after.raw_ref == after.raw_sha256
    assert disruption.prove_run(quay.desk, REGION, OPERATOR, TRIP, DAY).faults == ()


def observed(seconds: int, *happened: str) -> Disruption:
    """The trip as SIRI tells it: it has left, and arrives late."""
    left = ObservedCall(0, None, seconds, happened=("departure",))
    arrives = ObservedCall(1, seconds, None, happened=("arrival",)) if happened else CallChange(1, seconds)
    return Disruption(TRIP, DAY, calls=(left, arrives))


def test_actual_times_of_siri_are_facts_once_and_the_best_that_a_feed_can_tell(quay: Quay) -> None:
    quay.eckero.source = "siri_et"
    for told in (observed(3600), observed(3600), observed(3600, "arrival"), observed(3600, "arrival")):
        quay.tell(told, after=30)
    quay.clock.set(ARRIVES + 3 * HOUR)
    quay.tell()

    facts = [one.fact for one in quay.facts() if one.fact.kind != "expected"]

    assert [(one.kind, one.source, one.at) for one in facts] == [
        ("departed", "siri_et", LEAVES + HOUR),
        ("arrived", "siri_et", ARRIVES + HOUR),
    ]
    found = evidence_of(quay.facts(), 1, "arrival")
    assert (found.rank, found.source, found.delay_seconds) == (2, "siri_et", 3600)


def test_an_actual_time_that_is_corrected_is_a_fact_again(quay: Quay) -> None:
    quay.eckero.source = "siri_et"
    quay.tell(observed(3600, "arrival"))
    quay.tell(observed(3660, "arrival"), after=30)

    assert evidence_of(quay.facts(), 1, "arrival").delay_seconds == 3660


def test_a_cause_from_siri_is_told_by_its_situations(quay: Quay) -> None:
    alert = Alert(
        header={"": "Storm"}, cause="roughSea", effect="no_service", about=(Selector(mode="ferry"),)
    )
    quay.eckero.more = {"alerts": (alert,), "alerts_source": "siri_sx"}
    quay.hold()
    quay.tell(CANCELLED)

    (cause,) = [one.fact for one in quay.facts() if one.fact.kind == "cause"]
    assert (cause.cause, cause.source) == ("roughSea", "siri_sx")
