"""Benches: for each protocol its own simulator with a sample ferry line, or any operator of a region as it is configured."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from operators import registry
from operators.conformance.bench import Bench
from operators.departures import upcoming
from operators.gtfs.reader import load_timetable
from operators.gtfs.timetable import Timetable
from operators.port import Connector, Departure
from operators.region import RegionData
from operators.registry import Surroundings
from operators.simulators.exchange import ExchangeSimulator
from operators.simulators.gtfs import GtfsSimulator
from operators.simulators.maritime import MaritimeSimulator, Ship
from operators.simulators.osdm import OsdmSimulator
from operators.simulators.server import Simulator
from operators.table import ConnectorTable
from tariffs.money import Money

_OPERATOR = "sample"
# How to reach a simulator, its secrets, and itself; None where there is no operator behind it.
_Stand = tuple[ConnectorTable, dict[str, str], Simulator | None]
_PRICE = Money(2500, "EUR")
# A sailing every two hours, every day, for a simulator without a feed of its own.
SAMPLE_FEED = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nsample,Sample Line,https://sample.example,Europe/Tallinn\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nNORTH,North Pier,60.15,24.95\nSOUTH,South Pier,59.44,24.75\n",
    "routes.txt": "route_id,agency_id,route_long_name,route_type\nNS,sample,North Pier - South Pier,4\n",
    "trips.txt": "route_id,service_id,trip_id\n"
    + "".join(f"NS,daily,S{hour:02}\n" for hour in range(0, 24, 2)),
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    + "".join(
        f"S{hour:02},{hour:02}:00:00,{hour:02}:00:00,NORTH,1\nS{hour:02},{hour + 2:02}:00:00,{hour + 2:02}:00:00,SOUTH,2\n"
        for hour in range(0, 24, 2)
    ),
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "daily,1,1,1,1,1,1,1,20200101,20991231\n",
}


@contextmanager
def simulated(kind: str, now: Callable[[], datetime], folder: Path) -> Iterator[Bench]:
    """A bench against a fresh simulator of a protocol, on loopback or in a folder."""
    timetable = _sample_timetable()
    with _SIMULATED[kind](now, folder, timetable) as (table, secrets, simulator):
        surroundings = Surroundings(now, environ=secrets)

        def connect() -> Connector:
            made = registry.connect(_OPERATOR, table, timetable, surroundings)
            made.tend()
            return made

        yield Bench(
            connect=connect,
            departures=_departures(timetable, now),
            category="adult",
            price=_PRICE,
            over_http=kind in {"maritime", "osdm"},
            now=now,
            secrets=tuple(secrets.values()),
            cancel=_canceller(simulator) if simulator else None,
        )


def configured(region: RegionData, operator: str, surroundings: Surroundings, category: str) -> Bench:
    """A bench against the endpoint that a region configures for an operator: a sandbox, or a simulator."""
    timetable, table = region.timetables[operator], region.operators[operator].connector

    def connect() -> Connector:
        made = registry.connect(operator, table, timetable, surroundings)
        made.tend()
        return made

    kind = table.kind if table else "gtfs"
    secret = str(table.values.get("secret", "")) if table else ""
    return Bench(
        connect=connect,
        departures=_departures(timetable, surroundings.now),
        category=category,
        price=None,
        over_http=kind in {"maritime", "osdm"},
        now=surroundings.now,
        secrets=(surroundings.environ.get(secret, ""),),
    )


def kinds() -> tuple[str, ...]:
    """The protocols that have a simulator here."""
    return tuple(sorted(_SIMULATED))


@contextmanager
def _maritime(now: Callable[[], datetime], _folder: Path, _timetable: Timetable) -> Iterator[_Stand]:
    with MaritimeSimulator(now, ship=Ship(places=500, prices={"adult": _PRICE.minor})) as simulator:
        url = simulator.start()
        table = {
            "url": f"{url}/bookings/",
            "availability_url": f"{url}/availability/",
            "secret": "SIMULATOR_KEY",
            "maas_operator_id": "throughfare",
            "allow_private": True,
        }
        yield ConnectorTable("maritime", table), {"SIMULATOR_KEY": "sandbox"}, simulator


@contextmanager
def _osdm(now: Callable[[], datetime], _folder: Path, _timetable: Timetable) -> Iterator[_Stand]:
    with OsdmSimulator(now) as simulator:
        url = simulator.start()
        table = {
            "url": url,
            "token_url": f"{url}/token",
            "client_id": "throughfare",
            "secret": "SIMULATOR_KEY",
            "allow_private": True,
        }
        yield ConnectorTable("osdm", table), {"SIMULATOR_KEY": "sandbox"}, simulator


@contextmanager
def _exchange(now: Callable[[], datetime], folder: Path, timetable: Timetable) -> Iterator[_Stand]:
    with ExchangeSimulator(now, folder, _OPERATOR) as clerk:
        clerk.allot_days(timetable, now().date(), {"foot": 500})
        yield ConnectorTable("exchange", {"folder": str(folder)}), {}, clerk


@contextmanager
def _gtfs(now: Callable[[], datetime], _folder: Path, _timetable: Timetable) -> Iterator[_Stand]:
    with GtfsSimulator(now, SAMPLE_FEED) as simulator:
        url = simulator.start()
        table = {
            "url": f"{url}/feed.zip",
            "trip_updates_url": f"{url}/trip_updates.pb",
            "alerts_url": f"{url}/alerts.pb",
            "allow_private": True,
        }
        yield ConnectorTable("gtfs", table), {}, simulator


@contextmanager
def _own(_now: Callable[[], datetime], _folder: Path, _timetable: Timetable) -> Iterator[_Stand]:
    yield ConnectorTable("own", {"capacity": {"foot": 500}}), {}, None


_SIMULATED = {"exchange": _exchange, "gtfs": _gtfs, "maritime": _maritime, "osdm": _osdm, "own": _own}


def _canceller(simulator: Simulator) -> Callable[[Departure], None]:
    return lambda departure: simulator.cancel_sailing(departure.trip_id, departure.service_date)


def _sample_timetable() -> Timetable:
    timetable, findings = load_timetable(_OPERATOR, SAMPLE_FEED)
    if timetable is None:
        raise AssertionError(findings)
    return timetable


def _departures(timetable: Timetable, now: Callable[[], datetime]) -> list[Departure]:
    """Some departures from tomorrow on, so that no sale has ended."""
    return upcoming(timetable, now() + timedelta(days=1), 20)
