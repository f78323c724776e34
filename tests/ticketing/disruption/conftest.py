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
    desk = LiveDesk(
        database=database,
        clock=clock,
        regions=dict(regions),
        connectors={REGION: {OPERATOR: teller}},
        pause_seconds=30,
        listener=disruption.keep_facts,
        forget_more=disruption.forget_facts,
    )
    return Quay(desk, clock, teller)
