"""A synthetic country: 8,000 stops and 276,000 connections a day, as the feed of one operator. Seeded; a stand-in.

Stops stand on a grid, too far apart to walk. Lines wander over it with a heading, so that they cross; a few run
every ten minutes, most a handful of times a day. Nothing of it is real but its size.
"""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

from operators.region import RegionData, load_region

COLUMNS, ROWS = 100, 80
LINES, CALLS = 400, 24
# Trips a day of a line in each direction: (lines, trips, minutes between them).
SERVICES = ((50, 60, 18), (50, 30, 36), (300, 5, 210))
_FIRST_MINUTE = 5 * 60
_STEP_DEGREES = 0.012
_TURNS = 0.15
_REGION = """name = "A country"
member_states = ["EE"]
currency = "EUR"
languages = ["en"]
fee_basis_points = 0
offer_minutes = 15
product = "through"
[walking]
speed_m_per_s = 1.2
max_m = 400
detour_percent = 130
[interchange]
seconds = 120
[rider_categories.adult]
wide = "adult"
[[operators]]
id = "wide"
name = "Wide"
member_state = "EE"
medium = "app"
refund = []
"""


def load(folder: Path) -> tuple[RegionData, str]:
    """Write the country into a folder and load it as any region; answers it with the fingerprint of its feed."""
    feed = folder / "feeds" / "wide"
    feed.mkdir(parents=True)
    (folder / "region.toml").write_text(_REGION, encoding="utf-8")
    digest = hashlib.sha256()
    for name, text in _tables().items():
        (feed / f"{name}.txt").write_text(text, encoding="utf-8")
        digest.update(text.encode())
    return load_region(folder)[0], digest.hexdigest()[:12]


def _tables() -> dict[str, str]:
    chance = random.Random(2026)
    trips, times = [], []
    for line, (way, minutes, (count, pause)) in enumerate(_lines(chance)):
        for direction, stops in enumerate((way, way[::-1])):
            runs = minutes if direction == 0 else minutes[::-1]
            offset = chance.randrange(pause)
            for run in range(count):
                trip = f"t{line}-{direction}-{run}"
                trips.append(f"l{line},daily,{trip}")
                at = _FIRST_MINUTE + offset + run * pause
                for place, stop in enumerate(stops):
                    at += runs[place - 1] if place else 0
                    clock = f"{at // 60:02}:{at % 60:02}:00"
                    times.append(f"{trip},{clock},{clock},s{stop},{place}")
    stops = [
        f"s{stop},Stop {stop},{55 + stop // COLUMNS * _STEP_DEGREES:.4f},{20 + stop % COLUMNS * 2 * _STEP_DEGREES:.4f}"
        for stop in range(COLUMNS * ROWS)
    ]
    tables = {
        "agency": (
            "agency_id,agency_name,agency_url,agency_timezone",
            ["w,Wide,https://w.example,Europe/Tallinn"],
        ),
        "stops": ("stop_id,stop_name,stop_lat,stop_lon", stops),
        "routes": (
            "route_id,agency_id,route_short_name,route_type",
            [f"l{line},w,{line},3" for line in range(LINES)],
        ),
        "calendar": (
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
            ["daily,1,1,1,1,1,1,1,20260101,20281231"],
        ),
        "trips": ("route_id,service_id,trip_id", trips),
        "stop_times": ("trip_id,arrival_time,departure_time,stop_id,stop_sequence", times),
    }
    return {name: "\n".join([header, *rows, ""]) for name, (header, rows) in tables.items()}


def _lines(chance: random.Random) -> Iterator[tuple[list[int], list[int], tuple[int, int]]]:
    """Each line's stops, the minutes between them, and (trips, minutes between trips)."""
    for lines, count, pause in SERVICES:
        for _ in range(lines):
            yield _wander(chance), [chance.randint(1, 4) for _ in range(CALLS - 1)], (count, pause)


def _wander(chance: random.Random) -> list[int]:
    """Stops in a row, mostly straight on, each once."""
    while True:
        column, row = chance.randrange(COLUMNS), chance.randrange(ROWS)
        heading = chance.choice([(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)])
        way = [(column, row)]
        while len(way) < CALLS:
            if chance.random() < _TURNS:
                heading = (heading[0] or chance.choice((-1, 1)), chance.choice((-1, 0, 1)))
            column, row = column + heading[0], row + heading[1]
            if not (0 <= column < COLUMNS and 0 <= row < ROWS) or (column, row) in way:
                break
            way.append((column, row))
        if len(way) == CALLS:
            return [row * COLUMNS + column for column, row in way]
