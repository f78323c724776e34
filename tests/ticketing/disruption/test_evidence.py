"""The evidence of a delay: by rank, in whatever order facts came, and the same when it is asked for again."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing.db.disruption.observations import SOURCES, Observation, StoredObservation
from ticketing.disruption import Evidence
from ticketing.disruption.evidence import evidence_of

PLANNED = datetime(2026, 10, 13, 5, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def fact(
    kind: str,
    source: str,
    late: float | None = None,
    told: float = 0,
    call: int | None = 1,
    *,
    received: float = 0,
) -> StoredObservation:
    """A fact about the arrival at the second call: so many minutes late, told and received so many minutes after the plan."""
    made = Observation(
        region="r",
        operator="o",
        trip_id="t",
        service_date=date(2026, 10, 13),
        call=call,
        stop_id=None if call is None else f"s{call}",
        kind=kind,
        event=None if late is None else "arrival",
        planned_at=None if late is None else PLANNED,
        at=None if late is None else PLANNED + late * MINUTE,
        source=source,
        told_at=PLANNED + told * MINUTE,
        received_at=PLANNED + received * MINUTE,
    )
    return StoredObservation(id=made.id, fact=made)


def proven(*facts: StoredObservation) -> tuple[str, int, int | None]:
    found = evidence_of(facts, 1, "arrival")
    return found.outcome, found.rank, None if found.delay_seconds is None else found.delay_seconds // 60


def test_nothing_proves_nothing() -> None:
    assert proven() == ("unknown", 5, None)
    assert proven(fact("expected", "gtfs_rt", 40, -60)) == ("unknown", 5, None)


def test_the_operators_own_report_stands_before_what_a_feed_has_seen_and_that_before_what_it_expected() -> (
    None
):
    expected, arrived = fact("expected", "gtfs_rt", 61, 60), fact("arrived", "gtfs_rt", 62, 63)
    report = fact("expected", "operator_report", 60, 0)

    assert proven(expected) == ("at", 3, 61)
    assert proven(expected, arrived) == ("at", 2, 62)
    assert proven(expected, arrived, report) == ("at", 1, 60)


def test_of_one_rank_the_last_word_counts() -> None:
    assert proven(fact("expected", "gtfs_rt", 60, 58), fact("expected", "gtfs_rt", 62, 59)) == ("at", 3, 62)


@pytest.mark.parametrize("late", range(40, 48))
def test_of_two_words_of_one_moment_the_one_that_came_later_counts(late: int) -> None:
    """Two files of events of one second, or a second file from a clock that was set back."""
    cancelled = fact("cancelled", "exchange_events", told=-60, call=None, received=-59)
    delayed = fact("expected", "exchange_events", late, -60, received=-58)
    again = fact("cancelled", "exchange_events", told=-60, call=None, received=-57)

    assert proven(cancelled, delayed) == proven(delayed, cancelled) == ("at", 1, late)
    assert proven(delayed, again) == proven(again, delayed) == ("cancelled", 1, None)


def test_a_word_that_is_taken_back_in_the_moment_that_it_names_proves_nothing() -> None:
    report = fact("expected", "exchange_events", 40, -60, received=-59)
    back = fact("withdrawn", "exchange_events", told=-60, call=None, received=-58)
    anew = fact("expected", "exchange_events", 50, -60, received=-57)

    assert proven(report, back) == ("unknown", 5, None)
    assert proven(report, back, anew) == ("at", 1, 50)


def test_a_report_that_is_more_than_five_minutes_from_what_was_seen_is_a_case_for_a_person() -> None:
    seen = fact("arrived", "gtfs_rt", 62, 63)

    close = evidence_of([seen, fact("expected", "operator_report", 57, 0)], 1, "arrival")
    far = evidence_of([seen, fact("expected", "operator_report", 56, 0)], 1, "arrival")

    assert (close.against, far.against) == ((), (seen.id,))


def test_what_was_taken_back_proves_nothing_any_more() -> None:
    report, back = (
        fact("cancelled", "operator_report", told=-60, call=None),
        fact("withdrawn", "operator_report", told=-30, call=None),
    )

    assert proven(report) == ("cancelled", 1, None)
    assert proven(report, back) == ("unknown", 5, None)
    assert proven(report, back, fact("arrived", "gtfs_rt", 2, 3)) == ("at", 2, 2)


def test_a_feed_that_tells_a_cancelled_trip_again_has_taken_its_word_back() -> None:
    cancelled = fact("cancelled", "gtfs_rt", told=-60, call=None)

    assert proven(cancelled) == ("cancelled", 2, None)
    assert proven(cancelled, fact("expected", "gtfs_rt", 10, 8)) == ("at", 3, 10)


def test_a_call_that_was_not_served_is_no_arrival() -> None:
    assert proven(fact("skipped", "gtfs_rt", told=-60)) == ("skipped", 2, None)
    assert proven(fact("skipped", "gtfs_rt", told=-60, call=0)) == ("unknown", 5, None)


def test_gates_prove_by_the_median_of_the_first_five_and_only_of_several() -> None:
    exits = [fact("arrived", "gate", late, late) for late in (70, 64, 63, 61, 80, 62)]

    assert proven(*exits[:2]) == ("unknown", 5, None)
    assert proven(*exits) == ("at", 4, 63)


FACTS = st.lists(
    st.builds(
        fact,
        st.sampled_from(["arrived", "expected"]),
        st.sampled_from(SOURCES),
        st.integers(-5, 120),
        st.integers(-90, 130),
        st.sampled_from([0, 1]),
    )
    | st.builds(
        fact,
        st.sampled_from(["cancelled", "withdrawn"]),
        st.sampled_from(SOURCES),
        told=st.integers(-90, 130),
        call=st.none(),
    )
    | st.builds(fact, st.just("skipped"), st.sampled_from(SOURCES), told=st.integers(-90, 130)),
    max_size=12,
)


@given(FACTS, st.randoms())
def test_the_order_of_facts_and_their_repetition_change_nothing(
    facts: list[StoredObservation], dice: random.Random
) -> None:
    mixed = [*facts, *facts[:3]]
    dice.shuffle(mixed)

    assert _answer(mixed) == _answer(facts)


@given(FACTS)
def test_the_evidence_of_an_answer_alone_gives_the_same_time(facts: list[StoredObservation]) -> None:
    found = _answer(facts)

    again = evidence_of([one for one in facts if one.id in found.ids], 1, "arrival", PLANNED)

    assert (again.outcome, again.at, again.rank, again.ids) == (
        found.outcome,
        found.at,
        found.rank,
        found.ids,
    )


@given(FACTS)
def test_an_answer_names_facts_that_were_told_and_a_time_only_of_what_took_place(
    facts: list[StoredObservation],
) -> None:
    found = _answer(facts)

    assert set(found.ids) | set(found.against) <= {one.id for one in facts}
    assert (found.at is None) == (found.outcome != "at")
    assert (not found.ids) == (found.rank == 5)


def _answer(facts: list[StoredObservation]) -> Evidence:
    return evidence_of(facts, 1, "arrival", PLANNED)
