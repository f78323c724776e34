"""A quay on either database."""

from typing import Any

import pytest

from tests.ticketing.disruption.quay import OPERATOR, REGION, Quay, Teller
from ticketing import disruption
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.regions import LiveDesk, Region


@pytest.fixture
def quay(database: Database, clock: FixedClock, regions: dict[str, Region]) -> Quay:
    teller: Any = Teller(clock)
    watcher = disruption.Watcher(database, clock, dict(regions))
    desk = LiveDesk(
        database=database,
        clock=clock,
        regions=dict(regions),
        connectors={REGION: {OPERATOR: teller}},
        pause_seconds=30,
        listener=watcher.hear,
        forget_more=watcher.forget,
    )
    return Quay(desk, watcher, clock, teller)
