"""Every boundary of a purchase over two operators and a gateway, failing in every way that it can; on both databases.

The boundaries are not listed: a clean purchase is watched, and every request that it makes becomes a row of the
matrix. What everybody has at the end is asked of the operators' own systems, the gateway and the books.
"""

import os
from collections.abc import Iterator

import pytest

from operators.fault_plan import Fault, FaultKind
from operators.simulators.maritime import MaritimeSimulator, Ship
from operators.simulators.osdm import OsdmSimulator, Sale
from operators.table import ConnectorTable
from operators.transport import LazyWire
from tests.api import Api
from tests.networks import lent
from tests.ticketing.purchase.two_systems import (
    LATE_SECONDS,
    REGION,
    SLOW_SECONDS,
    TIMEOUT_MS,
    Calls,
    FaultyGateway,
    TwoSystems,
)
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.purchase import service as purchase
from ticketing.regions import Region

KINDS: tuple[FaultKind, ...] = (
    "refuse",
    "slow",
    "duplicate",
    "error_before",
    "error_after",
    "hang_before",
    "hang_after",
    "late",
)
# The protocol's word for no; a call without one answers 401 instead.
NO = {
    "reserve": "MAX_CAPACITY_EXCEEDED",
    "confirm": "TICKET_SALES_ENDED",
    "offers": "FULLY_BOOKED",
    "book": "FULLY_BOOKED",
    "fulfil": "BOOKING_EXPIRED",
    "propose": "STATE_CONFLICT",
    "refund": "STATE_CONFLICT",
}
ANNA = [{"ref": "anna", "rider_category": "adult"}]
STEPS = ("authorise", "capture", "void")
# The ferry refuses every confirmation: all that was booked before it is given back.
STORIES: dict[str, dict[str, list[Fault]]] = {
    "ticketed": {},
    "cancelled": {"ferry": [Fault("confirm", "refuse", None, detail=NO["confirm"])]},
}


@pytest.fixture
def both(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TwoSystems]:
    calls = Calls()
    monkeypatch.setattr(LazyWire, "call", calls.around(LazyWire.call))
    app = create_app(settings, clock=clock, regions=regions, connectors={REGION: {}})
    rooms, api = app.extensions["throughfare"], Api(app.test_client(), clock, lambda *_: "")
    gateway = FaultyGateway(rooms.till.database, clock)
    till = purchase.Till(
        database=rooms.till.database, clock=clock, gateway=gateway, press=rooms.till.press, regions=regions
    )
    wish = {"from": {"stop_id": "tallink:TLL-D"}, "to": {"place": "Kamppi"}, "passengers": ANNA}
    with lent(app):
        offer = next(
            way["offer_id"]
            for way in api.search(**wish)["itineraries"]
            if [leg["operator"] for leg in way["legs"] if leg["kind"] == "ride"] == ["tallink", "hsl"]
        )
    with (
        MaritimeSimulator(clock.now, ship=Ship(places=10_000)) as ferry,
        OsdmSimulator(clock.now, sale=Sale(places=10_000)) as rail,
    ):
        water, land = ferry.start(), rail.start()
        wire = {"secret": "SANDBOX", "allow_private": True, "timeout_ms": TIMEOUT_MS}
        tables = {
            "tallink": ConnectorTable(
                "maritime",
                {
                    "url": f"{water}/bookings/",
                    "maas_operator_id": "throughfare",
                    "hold_minutes": 15,
                    **wire,
                },
            ),
            "hsl": ConnectorTable(
                "osdm", {"url": land, "token_url": f"{land}/token", "client_id": "us", **wire}
            ),
        }
        yield TwoSystems(
            api=api,
            till=till,
            gateway=gateway,
            ferry=ferry,
            rail=rail,
            tables=tables,
            offer=offer,
            calls=calls,
        )
    rooms.till.database.close()


def run(world: TwoSystems, faults: dict[str, list[Fault]], killed_at: int | None = None) -> str:
    """One purchase from its quote to its end; the clock is put back for the next one."""
    moment = world.api.clock.now()
    end = world.check(world.settle(world.buy(faults, killed_at)))
    world.api.clock.set(moment)
    return end


def boundaries(world: TwoSystems, story: str) -> tuple[list[tuple[str, str, int]], int]:
    """List the calls of a clean purchase: (system, call, nth), and the number of points where the process may die."""
    assert run(world, STORIES[story]) == story
    told = {"ferry": world.ferry.plan.counts, "rail": world.rail.plan.counts, "gateway": world.gateway.counts}
    found = [
        (system, call, nth)
        for system, counts in told.items()
        for call, count in counts.items()
        for nth in range(1, count + 1)
    ]
    return found, world.calls.count


def cells(world: TwoSystems, story: str) -> Iterator[tuple[str, str, int, FaultKind]]:
    """The matrix, but for what a story has planned already.

    The everyday run takes each cell on one of the two databases, as on a chessboard, and of the second story what
    the first has not asked; `make soak` takes all on both.
    """
    soak = bool(os.environ.get("SOAK"))
    planned = {(system, fault.call) for system, faults in STORIES[story].items() for fault in faults}
    told = set() if soak or story == "ticketed" else set(boundaries(world, "ticketed")[0])
    here = world.till.database.engine.dialect.name == "postgresql"
    for row, boundary in enumerate(boundaries(world, story)[0]):
        for column, kind in enumerate(KINDS):
            mine = soak or ((row + column) % 2 == here and boundary not in told)
            if mine and boundary[:2] not in planned:
                yield *boundary, kind


def fault_of(call: str, nth: int, kind: FaultKind) -> Fault:
    if kind == "refuse" and call not in {*NO, *STEPS}:
        kind = "unauthorised"
    return Fault(call, kind, nth, LATE_SECONDS if kind == "late" else SLOW_SECONDS, NO.get(call, ""))


def test_whatever_fails_at_whatever_boundary_it_is_all_or_nothing(both: TwoSystems) -> None:
    for story, planned in STORIES.items():
        ends: dict[FaultKind, set[str]] = {kind: set() for kind in KINDS}
        for system, call, nth, kind in list(cells(both, story)):
            faults = {name: list(known) for name, known in planned.items()}
            faults.setdefault(system, []).insert(0, fault_of(call, nth, kind))
            try:
                ends[kind].add(run(both, faults))
            except AssertionError as error:
                raise AssertionError(f"{story}: {system} {call} #{nth} {kind}: {error}") from error

        assert ends["slow"] == ends["duplicate"] == {story}
        assert "ticketed" not in ends["refuse"]


def test_killed_before_and_after_any_request_it_is_all_or_nothing(both: TwoSystems) -> None:
    for story, planned in STORIES.items():
        _, points = boundaries(both, story)

        ends = [run(both, planned, at) for at in range(1, points + 1)]

        assert points > 2 * len(STORIES)
        assert set(ends) <= {story, "none", "expired", "cancelled"}
        assert story in ends
