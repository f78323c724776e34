"""A past run is proven from outside: over HTTP from a feed, by a command, and held against the time that a ticket was sold for."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from google.transit.gtfs_realtime_pb2 import FeedMessage

from operators.connectors.gtfs import GtfsSettings, OpenTransport
from operators.simulators.gtfs import GtfsSimulator, Trouble
from operators.transport import Limits
from tests.ticketing.disruption.quay import DAY, OPERATOR, REGION, RUN, TRIP, Quay, calls, late
from ticketing import disruption
from ticketing.cli import main
from ticketing.regions import ask_now, by_staff
from ticketing.regions.polling import forget_runs

LEAVES = datetime(2026, 10, 13, 3, 0, tzinfo=UTC)
ARRIVES = datetime(2026, 10, 13, 5, 15, tzinfo=UTC)


@pytest.fixture
def feed(quay: Quay) -> Iterator[GtfsSimulator]:
    """The operator's feed over HTTP, in the place of the one that tests speak for."""
    timetable = quay.desk.regions[REGION].data.timetables[OPERATOR]
    with GtfsSimulator(quay.clock.now, {}) as simulator:
        url = f"{simulator.start()}/trip_updates.pb?key=secret"
        settings = GtfsSettings(trip_updates_url=url, allow_private=True, limits=Limits(call_seconds=5))
        connector: Any = OpenTransport(OPERATOR, timetable, quay.clock.now, settings)
        quay.desk.connectors[REGION][OPERATOR] = connector  # type: ignore[index]
        yield simulator


@pytest.fixture
def command(quay: Quay, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command beside this quay."""

    def run(*words: str) -> Result:
        rooms = type("Rooms", (), {"live": quay.desk})
        monkeypatch.setattr("ticketing.cli.operators.build_rooms", lambda _settings: rooms)
        return CliRunner().invoke(main, ["operators", "evidence", REGION, *words])

    return run


def test_an_arrival_is_proven_by_a_feed_that_no_longer_predicts_it(quay: Quay, feed: GtfsSimulator) -> None:
    pattern, _ = quay.desk.runs.of(quay.desk.regions[REGION].data, OPERATOR).known[TRIP]  # type: ignore[union-attr]
    leaves, reaches = pattern.sequences
    both, last = ((leaves, 120), (reaches, 4200)), ((reaches, 4200),)
    quay.hold()
    for minutes, told in ((0, both), (72, last), (206, last), (207, ())):
        quay.clock.set(LEAVES + timedelta(minutes=minutes))
        feed.troubles = [Trouble(TRIP, DAY, calls=told)] if told else []
        ask_now(quay.desk)

    found = disruption.delay_of_call(
        quay.desk.database, REGION, RUN, "HEL-LT2", event="arrival", planned_at=ARRIVES
    )

    assert (found.rank, found.source, found.delay_seconds) == (2, "gtfs_rt", 4200)
    sold_for = disruption.delay_of_call(
        quay.desk.database,
        REGION,
        RUN,
        "HEL-LT2",
        event="arrival",
        planned_at=ARRIVES - timedelta(minutes=10),
    )
    assert sold_for.delay_seconds == 4800
    proof = disruption.prove_run(quay.desk, REGION, OPERATOR, TRIP, DAY)
    assert proof.faults == ()
    assert proof.messages


def test_the_address_of_a_feed_is_kept_without_its_key(quay: Quay, feed: GtfsSimulator) -> None:
    quay.hold()
    feed.troubles = [Trouble(TRIP, DAY, cancelled=True)]
    ask_now(quay.desk)

    with quay.desk.database.read() as tx:
        peers = tx.exec_driver_sql("SELECT peer FROM raw_message").scalars().all()

    assert [peer.rpartition("/")[2] for peer in peers] == ["trip_updates.pb"]


def test_the_command_shows_what_is_proven_and_by_which_facts(quay: Quay, command: Any) -> None:
    quay.tell(calls((0, None, 600), (1, 700, 700)))
    by_staff.delay_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, seconds=3600, by="mari")

    shown = command(OPERATOR, TRIP, "2026-10-13")
    told = json.loads(command(OPERATOR, TRIP, "2026-10-13", "--json").stdout)

    assert shown.exit_code == 0, shown.output
    assert "60 min" in shown.output
    assert "fit their hashes" in shown.output
    leaves, arrives = told["calls"]
    assert (leaves["event"], leaves["planned_at"], leaves["at"]) == (
        "departure",
        "2026-10-13T03:00:00Z",
        "2026-10-13T04:00:00Z",
    )
    assert (arrives["rank"], arrives["source"], arrives["delay_seconds"]) == (1, "operator_report", 3600)
    assert {fact["id"] for fact in told["facts"]} >= set(leaves["facts"])
    assert all(fact["raw_sha256"] for fact in told["facts"])


@pytest.mark.parametrize(
    ("minutes", "holds", "is_kept"), [(14, False, False), (15, False, True), (0, True, True)]
)
def test_a_month_later_a_run_is_proven_that_was_late_or_that_somebody_had_a_ticket_for(
    quay: Quay, command: Any, *, minutes: int, holds: bool, is_kept: bool
) -> None:
    if holds:
        quay.hold()
    quay.clock.set(LEAVES)
    quay.tell(late(minutes))
    quay.clock.advance(timedelta(days=31))
    forget_runs(quay.desk)

    shown = command(OPERATOR, TRIP, "2026-10-13")

    assert (shown.exit_code == 0) == is_kept
    assert ("are kept for three days" in shown.output) != is_kept


def test_the_messages_behind_the_facts_can_be_had_as_they_came(
    quay: Quay, feed: GtfsSimulator, command: Any, tmp_path: Path
) -> None:
    quay.hold()
    feed.troubles = [Trouble(TRIP, DAY, cancelled=True)]
    ask_now(quay.desk)
    shown = command(OPERATOR, TRIP, "2026-10-13", "--messages", str(tmp_path / "messages"))

    assert shown.exit_code == 0, shown.output
    (kept,) = (tmp_path / "messages").iterdir()
    assert sha256(kept.read_bytes()).hexdigest() == kept.name
    message = FeedMessage.FromString(kept.read_bytes())
    assert [one.trip_update.trip.trip_id for one in message.entity] == [TRIP]


def test_the_command_says_no_where_nothing_was_told_or_a_hash_does_not_fit(quay: Quay, command: Any) -> None:
    nothing, stranger = command(OPERATOR, TRIP, "2026-10-13"), command("nobody", TRIP, "2026-10-13")
    quay.tell(late(60))
    with quay.desk.database.write() as tx:
        on = "" if quay.desk.database.is_sqlite else " ON observation"
        tx.exec_driver_sql(f"DROP TRIGGER observation_no_update{on}")
        tx.exec_driver_sql("UPDATE observation SET source = 'operator_report'")

    forged = command(OPERATOR, TRIP, "2026-10-13")

    assert (nothing.exit_code != 0, stranger.exit_code != 0, forged.exit_code) == (True, True, 1)
    assert "nothing was told" in nothing.output
    assert "DOES NOT FIT" in forged.output
