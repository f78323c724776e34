"""The peer of search: nigiri (the routing core of MOTIS, C++) through its Python wheel, on the very same network.

A network is written as one small GTFS feed whose calls are what counts for a passenger: the end of check-in
instead of the departure, the street instead of the quay. nigiri counts in whole minutes and expects footpaths to be
transitively closed (else it may miss a way), so both sides search a network that is settled in both respects.
"""

import contextlib
import heapq
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pynigiri

from ticketing.search.network import Network
from ticketing.search.scan import scan

Walks = tuple[tuple[tuple[int, int, int], ...], ...]

_MINUTE = 60
_MAX_RIDES = 6
_MAX_FOOTPATH_MINUTES = 250


def settled(network: Network, longest_m: int) -> Network:
    """The network with walks of at most `longest_m` in whole minutes, and every walk after a walk a walk."""
    single = [
        [(stop, -(-seconds // _MINUTE) * _MINUTE) for stop, seconds, metres in ways if metres <= longest_m]
        for ways in network.walks
    ]
    return replace(network, walks=tuple(_closed(single, stop) for stop in range(len(single))))


def ways_of_ours(network: Network, backward: Network, start: int, end: int, at: int) -> dict[int, int]:
    """Our scan's answer: changes → arrival (POSIX seconds), walks from the last stop included."""
    egress = {stop: seconds if stop != end else 0 for stop, seconds, _ in backward.walks[end]}
    return {len(way.hops) - 1: way.arrival for way in scan(network, {start: 0}, egress, at, _MAX_RIDES)}


class Nigiri:
    """A settled network loaded into nigiri."""

    def __init__(self, network: Network) -> None:
        origin = min(line.starts[0] for line in network.lines) - 2 * 86_400
        first_day = datetime.fromtimestamp(origin, UTC).replace(hour=0, minute=0, second=0)
        with tempfile.TemporaryDirectory() as name, _silent(1), _silent(2):
            _write(Path(name), network, first_day)
            source = pynigiri.TimetableSource()
            source.tag, source.path = "peer", name
            source.loader_config = pynigiri.LoaderConfig()
            source.loader_config.link_stop_distance = 0
            options = pynigiri.FinalizeOptions()
            options.adjust_footpaths = options.merge_dupes_intra_src = False
            options.max_footpath_length = _MAX_FOOTPATH_MINUTES
            last_day = first_day + timedelta(days=8)
            self._timetable = pynigiri.load_timetable(
                [source], f"{first_day:%Y-%m-%d}", f"{last_day:%Y-%m-%d}", options
            )
        self._places = [self._timetable.find_location(f"s{stop}") for stop in range(len(network.stops))]

    def journeys(self, start: int, end: int, at: int) -> Sequence[Any]:
        """Ask nigiri itself for the journeys of one query."""
        query = pynigiri.Query()
        query.start_time = at // _MINUTE
        query.start = [pynigiri.Offset(self._places[start], 0, 0)]
        query.destination = [pynigiri.Offset(self._places[end], 0, 0)]
        query.max_transfers = _MAX_RIDES - 1
        query.max_travel_time = 24 * 60
        found: Sequence[Any] = pynigiri.route(self._timetable, query)
        return found

    def ways(self, start: int, end: int, at: int) -> dict[int, int]:
        """The same as `ways_of_ours`."""
        return {way.transfers: way.arrival_time() * _MINUTE for way in self.journeys(start, end, at)}


class RawNigiri:
    """A feed as its operator publishes it, read by nigiri itself: nothing of ours stands between."""

    def __init__(self, feed: Path, first_day: date, last_day: date) -> None:
        with _silent(1), _silent(2):
            source = pynigiri.TimetableSource()
            source.tag, source.path = "raw", str(feed)
            source.loader_config = pynigiri.LoaderConfig()
            source.loader_config.link_stop_distance = 0
            options = pynigiri.FinalizeOptions()
            options.adjust_footpaths = options.merge_dupes_intra_src = False
            self._timetable = pynigiri.load_timetable([source], str(first_day), str(last_day), options)

    def ways(self, start: str, end: str, at: int) -> dict[int, int]:
        """The answer of `ways_of_ours`, between two stops by the feed's own ids."""
        places = [self._timetable.find_location(stop) for stop in (start, end)]
        query = pynigiri.Query()
        query.start_time = at // _MINUTE
        query.start, query.destination = ([pynigiri.Offset(place, 0, 0)] for place in places)
        query.max_transfers = _MAX_RIDES - 1
        query.max_travel_time = 24 * 60
        return {way.transfers: way.arrival_time() * _MINUTE for way in pynigiri.route(self._timetable, query)}


def _closed(walks: Sequence[Sequence[tuple[int, int]]], start: int) -> tuple[tuple[int, int, int], ...]:
    """The shortest chains of walks from a stop; first comes the change at the stop itself."""
    shortest, queue = {start: 0}, [(0, start)]
    while queue:
        so_far, place = heapq.heappop(queue)
        if so_far > shortest[place]:
            continue
        for stop, seconds in walks[place]:
            if stop != place and so_far + seconds < shortest.get(stop, sys.maxsize):
                shortest[stop] = so_far + seconds
                heapq.heappush(queue, (so_far + seconds, stop))
    change = next(seconds for stop, seconds in walks[start] if stop == start)
    others = sorted((stop, seconds, 0) for stop, seconds in shortest.items() if stop != start)
    return ((start, change, 0), *others)


def _write(folder: Path, network: Network, first_day: datetime) -> None:
    trips, times = [], []
    for number, line in enumerate(network.lines):
        for start in line.starts:
            trip = f"t{number}_{start}"
            trips.append(f"r{number},d,{trip}")
            after = start - int(first_day.timestamp())
            for place, stop in enumerate(line.stops):
                leaves = after + line.departures[place] - line.pre[place]
                arrives = after + line.arrivals[place] + line.post[place] if place else leaves
                leaves = max(leaves, arrives)
                times.append(
                    f"{trip},{_clock(arrives)},{_clock(leaves)},s{stop},{place},"
                    f"{int(not line.boards[place])},{int(not line.alights[place])}"
                )
    tables = {
        "agency": ("agency_id,agency_name,agency_url,agency_timezone", ["a,A,https://a.example,Etc/UTC"]),
        # Far apart, so that no stop is near another by itself.
        "stops": (
            "stop_id,stop_name,stop_lat,stop_lon",
            [f"s{stop},{stop},{stop / 10 - 60:.1f},0" for stop in range(len(network.stops))],
        ),
        "routes": (
            "route_id,agency_id,route_short_name,route_type",
            [f"r{number},a,{number},3" for number in range(len(network.lines))],
        ),
        "calendar_dates": ("service_id,date,exception_type", [f"d,{first_day:%Y%m%d},1"]),
        "trips": ("route_id,service_id,trip_id", trips),
        "stop_times": (
            "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type",
            times,
        ),
        "transfers": (
            "from_stop_id,to_stop_id,transfer_type,min_transfer_time",
            [
                f"s{stop},s{other},2,{seconds}"
                for stop, ways in enumerate(network.walks)
                for other, seconds, _ in ways
            ],
        ),
    }
    for name, (header, rows) in tables.items():
        (folder / f"{name}.txt").write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


@contextlib.contextmanager
def _silent(descriptor: int) -> Iterator[None]:
    """Keep the log away that nigiri writes past Python's own streams."""
    sys.stdout.flush()
    kept, nowhere = os.dup(descriptor), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)
