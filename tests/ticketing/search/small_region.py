"""A region small enough to search by hand: a few stops on a line, authored as GTFS text and read like any other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from operators.gtfs.reader import load_timetable
from operators.region import Operator, RegionData, Terminal, Walking

INTERCHANGE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class SmallTrip:
    """Stops by number and the minute of the service day at which the trip calls there."""

    stops: tuple[int, ...]
    minutes: tuple[int, ...]
    boards: tuple[bool, ...] = ()
    alights: tuple[bool, ...] = ()
    block: str = ""


def small_region(
    places: Sequence[float],
    operators: Mapping[str, Sequence[SmallTrip]],
    terminals: Mapping[str, Terminal] | None = None,
) -> RegionData:
    """Stops of every operator at the same `places` (degrees of latitude north of 60), trips on every day."""
    timetables = {}
    for operator, trips in operators.items():
        timetable, findings = load_timetable(operator, _feed(places, trips))
        assert timetable is not None, findings
        timetables[operator] = timetable
    return RegionData(
        id="small",
        name="Small",
        member_states=("EE", "FI"),
        currency="EUR",
        product="through",
        offer_minutes=15,
        fee_basis_points=0,
        walking=Walking(speed_m_per_s=1.0, max_m=400, detour_percent=100),
        interchange_seconds=INTERCHANGE_SECONDS,
        operators={
            name: Operator(id=name, name=name, member_state="EE", medium="app", refund=())
            for name in operators
        },
        riders={"adult": dict.fromkeys(operators, "adult")},
        terminals=terminals or {},
        crossings={},
        timetables=timetables,
        feed_texts={},
        agreements=[],
        passes=[],
        optional_texts={},
        tax_text="",
    )


def _feed(places: Sequence[float], trips: Sequence[SmallTrip]) -> dict[str, str]:
    times = [
        f"t{number},{_clock(minute)},{_clock(minute)},s{stop},{at},{_kind(trip.boards, at)},{_kind(trip.alights, at)}"
        for number, trip in enumerate(trips)
        for at, (stop, minute) in enumerate(zip(trip.stops, trip.minutes, strict=True))
    ]
    return {
        "agency.txt": "agency_name,agency_url,agency_timezone\nSmall,https://small.example,Europe/Tallinn\n",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
        + "".join(f"s{number},S{number},{60 + place:.6f},25\n" for number, place in enumerate(places)),
        "routes.txt": "route_id,route_short_name,route_type\nr,1,3\n",
        "trips.txt": "route_id,service_id,trip_id,block_id\n"
        + "".join(f"r,daily,t{number},{trip.block}\n" for number, trip in enumerate(trips)),
        "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n"
        + "".join(f"{row}\n" for row in times),
        "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "daily,1,1,1,1,1,1,1,20260101,20281231\n",
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}:00"


def _kind(allowed: Sequence[bool], at: int) -> int:
    return int(bool(allowed) and not allowed[at])
