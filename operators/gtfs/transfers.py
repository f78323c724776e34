"""Read transfers.txt: where a change needs a minimum time, and where none is possible."""

import itertools
from collections.abc import Mapping, Sequence

from operators.gtfs.staying import note_staying
from operators.gtfs.timetable import Stop
from tariffs.table import Row, Table, known

_TYPES = {"", "0", "1", "2", "3", "4", "5"}
_MINIMUM_TIME, _IMPOSSIBLE = "2", "3"
# Of all rules together: one between two stations is for each stop of the one with each of the other.
_MOST_PAIRS = 2_000_000


def read_transfers(
    table: Table, stops: Mapping[str, Stop], routes: set[str], trips: set[str]
) -> tuple[dict[tuple[str, str], int | None], dict[tuple[str, str], bool]]:
    """The rules between stops: seconds for type 2, None for type 3; types 0 and 1 ask for no more than a walk.

    And those between trips: whether passengers may stay seated (types 4 and 5). Other rules of single lines or trips are
    checked and not used. A rule of two stops stands before one of their stations (GTFS Schedule Reference, transfers.txt).
    """
    table.require("transfer_type")
    platforms = _platforms(stops)
    transfers: dict[tuple[str, str], tuple[int, int | None]] = {}
    staying: dict[tuple[str, str], bool] = {}
    together = 0
    for row in table.rows():
        note_staying(row, staying)
        if not _concerns_stops(row, stops, routes, trips):
            continue
        start, end = (row.required(name) for name in ("from_stop_id", "to_stop_id"))
        seconds = _seconds(row)
        exact = sum(stop in stops and not stops[stop].is_station for stop in (start, end))
        starts, ends = (_taken_apart(stop, stops, platforms) for stop in (start, end))
        together += len(starts) * len(ends)
        if together > _MOST_PAIRS:
            message = f"the rules are for more than {_MOST_PAIRS} pairs of stops"
            row.fault("from_stop_id", "too_many_pairs", message)
            break
        for pair in itertools.product(starts, ends):
            if pair not in transfers or transfers[pair][0] <= exact:
                transfers[pair] = (exact, seconds)
    return {pair: seconds for pair, (_, seconds) in transfers.items()}, staying


def _platforms(stops: Mapping[str, Stop]) -> dict[str, list[str]]:
    """The stops of each station."""
    platforms: dict[str, list[str]] = {}
    for stop in stops.values():
        if stop.parent:
            platforms.setdefault(stop.parent, []).append(stop.id)
    return platforms


def _concerns_stops(row: Row, stops: Mapping[str, Stop], routes: set[str], trips: set[str]) -> bool:
    """Check the row's type and references; whether it is a rule between stops that changes anything."""
    kind, special = row.text("transfer_type"), False
    if kind not in _TYPES:
        row.fault("transfer_type", "invalid_enum", f"{kind!r} is not a transfer type")
    for end in ("from", "to"):
        known(row, f"{end}_stop_id", row.text(f"{end}_stop_id"), stops)
        for name, ids in (("route", routes), ("trip", trips)):
            known(row, f"{end}_{name}_id", row.text(f"{end}_{name}_id"), ids)
            special = special or bool(row.text(f"{end}_{name}_id"))
    return kind in {_MINIMUM_TIME, _IMPOSSIBLE} and not special


def _seconds(row: Row) -> int | None:
    if row.text("transfer_type") == _IMPOSSIBLE:
        return None
    row.required("min_transfer_time")
    seconds = row.parsed("min_transfer_time", int, "invalid_integer", "a whole number of seconds")
    if seconds is not None and seconds < 0:
        row.fault("min_transfer_time", "negative_time", "a change cannot take less than no time")
    return max(0, seconds or 0)


def _taken_apart(
    stop: str, stops: Mapping[str, Stop], platforms: Mapping[str, Sequence[str]]
) -> Sequence[str]:
    if stop not in stops:
        return ()
    return platforms.get(stop, ()) if stops[stop].is_station else (stop,)
