"""An operator that tells by files: each fact names the file that said it, and the file is kept as it came."""

import hashlib
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from operators.departures import upcoming
from operators.simulators.exchange import ExchangeSimulator
from tests.ticketing.disruption.quay import REGION, SHIP
from tests.ticketing.gate.stock import put_ticket
from ticketing import disruption
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.tables.disruption import leg_of_ticket
from ticketing.regions import LiveDesk, Region, ask_now, open_connectors

DAY = date(2026, 10, 13)


def hold(database: Database, clock: FixedClock, trip_id: str) -> None:
    put_ticket(database, trip_id, at=clock.now())
    row = {name: getattr(SHIP, name) for name in SHIP.__dataclass_fields__}
    row |= {
        "jti": trip_id,
        "region": REGION,
        "operator": "viking",
        "trip_id": trip_id,
        "service_date": DAY.isoformat(),
    }
    with database.write() as tx:
        tx.execute(sa.insert(leg_of_ticket).values(**row))


@pytest.mark.parametrize("at_once", [False, True])
def test_each_fact_names_the_file_that_said_it_also_where_two_came_together(
    database: Database, clock: FixedClock, regions: dict[str, Region], tmp_path: Path, at_once: bool
) -> None:
    folder = tmp_path / "viking"
    opened = open_connectors(database, clock, regions, environ={"THROUGHFARE_VIKING_FOLDER": str(folder)})
    connector = opened.of(REGION, "viking")
    watcher = disruption.Watcher(database, clock, dict(regions))
    desk = LiveDesk(
        database=database,
        clock=clock,
        regions=dict(regions),
        connectors={REGION: {"viking": connector}},
        pause_seconds=30,
        listener=watcher.hear,
    )
    clerk = ExchangeSimulator(clock.now, folder, "viking")
    trips = sorted(
        {one.trip_id for one in upcoming(regions[REGION].data.timetables["viking"], clock.now(), 9)}
    )[:2]
    for trip_id in trips:
        hold(database, clock, trip_id)
        clerk.cancel_sailing(trip_id, DAY)
        if not at_once:
            connector.tend()
            ask_now(desk)
    connector.tend()
    ask_now(desk)

    accepted = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path.read_text()
        for path in (folder / "accepted").glob("EVENTS*.csv")
    }
    for trip_id in trips:
        proof = disruption.prove_run(desk, REGION, "viking", trip_id, DAY)
        (fact,) = (one.fact for one in proof.facts)
        assert (fact.kind, fact.source, proof.faults) == ("cancelled", "exchange_events", ())
        assert trip_id in accepted[fact.raw_ref or ""]
    with database.read() as tx:
        kinds = tx.execute(sa.text("SELECT status, count(*) FROM disruption_event GROUP BY status")).all()
    assert [tuple(row) for row in kinds] == [("confirmed", 2)]
