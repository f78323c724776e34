"""HSL: trams, metro, trains and buses by headways, four fare zones."""

import itertools
from collections.abc import Iterator, Sequence

from regions.authoring.calendars import DAYS, city_calendar
from regions.authoring.shared import agency, networks, route_id, routes_table, stop_times, translations
from regions.authoring.tables import Cell, Files, clock_text, facts, minutes_of, table

_TICKETS = {"AB": 80, "BC": 80, "CD": 80, "D": 80, "ABC": 90, "BCD": 90, "ABCD": 110}


def helsinki() -> Files:
    """HSL trams, metro, trains and buses by their headways (all assumptions: see the facts)."""
    stops = facts("helsinki_stops.csv")
    lines = facts("helsinki_lines.csv")
    trips: list[Sequence[Cell]] = []
    times: list[Sequence[Cell]] = []
    frequencies: list[Sequence[Cell]] = []
    for row in lines:
        for service in DAYS:
            trip = f"{route_id(row)}-{row['direction']}-{service[:3]}"
            headsign = row["line_name"].split(" - ")[-1]
            trips.append((route_id(row), service, trip, headsign, row["direction"]))
            times += stop_times(trip, row, minutes_of(row[f"{service}_first"]))
            frequencies += [(trip, *window, 1) for window in _windows(row, service)]
    routes = sorted({(row["line"], row["mode"]): row for row in lines}.values(), key=route_id)
    stations = sorted({row["parent_station"] for row in stops if row["parent_station"]})
    return {
        **agency("hsl", "HSL Helsingin seudun liikenne", "https://www.hsl.fi", "Europe/Helsinki", "fi"),
        **city_calendar("FI"),
        **networks("hsl", "HSL", [route_id(row) for row in routes]),
        **translations([*(row["name"] for row in stops), *(_station_name(stops, station) for station in stations)]),
        "stops.txt": table(
            "stop_id,stop_code,stop_name,stop_lat,stop_lon,location_type,parent_station",
            [
                *(_station(stops, station) for station in stations),
                *((row["stop_code"], row["stop_code"], row["name"], row["lat"], row["lon"], 0, row["parent_station"])
                  for row in stops),
            ],
        ),
        "routes.txt": routes_table("hsl", routes),
        "trips.txt": table("route_id,service_id,trip_id,trip_headsign,direction_id", trips),
        "stop_times.txt": table("trip_id,arrival_time,departure_time,stop_id,stop_sequence", times),
        "frequencies.txt": table("trip_id,start_time,end_time,headway_secs,exact_times", frequencies),
        **helsinki_fares(stops),
    }  # fmt: skip


def _windows(row: dict[str, str], service: str) -> Iterator[tuple[str, str, int]]:
    """The headway windows of a line: peaks, between, evening on weekdays; one headway at weekends."""
    first, last = minutes_of(row[f"{service}_first"]), minutes_of(row[f"{service}_last"])
    if service != "weekday":
        yield clock_text(first), clock_text(last + 1), int(row[f"{service}_headway"]) * 60
        return
    headways = {name: int(row[f"weekday_headway_{name}"]) * 60 for name in ("peak", "offpeak", "evening")}
    edges = [("offpeak", 0), ("peak", 7 * 60), ("offpeak", 9 * 60), ("peak", 15 * 60), ("offpeak", 18 * 60),
             ("evening", 20 * 60), ("end", 48 * 60)]  # fmt: skip
    start = first
    for (name, _), (_, end) in itertools.pairwise(edges):
        until = min(end, last + 1)
        if start < until:
            headway = headways[name] // 60
            yield clock_text(start), clock_text(until), headway * 60
            # The next window begins where the last departure of this one leaves off.
            start += -(-(until - start) // headway) * headway


def helsinki_fares(stops: Sequence[dict[str, str]]) -> Files:
    """Zones A-D: a ticket covers every zone passed; each wider ticket is an alternative with free changes inside."""
    singles = [row for row in facts("fares.csv") if row["operator"] == "HSL" and row["product"] == "single"]
    amounts = {
        (row["zones"], row["rider"][:5], row["medium"]): row["amount"]
        for row in singles
        if row["valid_from"] in {"2025-01-01", ""} and not row["product_id"].startswith("demo_")
    }
    products: list[Sequence[Cell]] = []
    for zones in _TICKETS:
        name = f"Kertalippu {zones}"
        products += [
            (f"single_{zones}", "adult", "app", name, amounts[zones, "adult", "app or card"]),
            (f"single_{zones}", "child", "app", f"{name}, lapsi", amounts[zones, "child", "app or card"]),
            (f"single_{zones}", "infant", "app", f"{name}, alle 7 v.", "0.00"),
            (
                f"single_{zones}",
                "adult",
                "contactless",
                name,
                amounts[zones, "adult", "contactless bank card"],
            ),
        ]
    zone_sets = ["".join(zone for bit, zone in enumerate("ABCD") if mask >> bit & 1) for mask in range(1, 16)]
    rules = [
        (f"ticket_{ticket}", f"single_{ticket}", zones)
        for zones in zone_sets
        for ticket in _TICKETS
        if set(zones) <= set(ticket)
    ]
    return {
        "areas.txt": table("area_id,area_name", [(zone, f"Vyöhyke {zone}") for zone in "ABCD"]),
        "stop_areas.txt": table("area_id,stop_id", [(row["zone"], row["stop_code"]) for row in stops]),
        "area_sets.txt": table("area_set_id,area_set_name", [(zones, zones) for zones in zone_sets]),
        "area_set_elements.txt": table(
            "area_set_id,area_id", [(zones, zone) for zones in zone_sets for zone in zones]
        ),
        "rider_categories.txt": table(
            "rider_category_id,rider_category_name,is_default_fare_category",
            [("adult", "Aikuinen", 1), ("child", "Lapsi 7-17 v.", 0), ("infant", "Alle 7 v.", 0)],
        ),
        "fare_media.txt": table(
            "fare_media_id,fare_media_name,fare_media_type",
            [("app", "Mobiilisovellus", 4), ("contactless", "Lähimaksu pankkikortilla", 3)],
        ),
        "fare_products.txt": table(
            "fare_product_id,rider_category_id,fare_media_id,fare_product_name,amount,currency",
            [(*product, "EUR") for product in products],
        ),
        "fare_leg_rules.txt": table("leg_group_id,fare_product_id,contains_exactly_area_set_id", rules),
        "fare_transfer_rules.txt": table(
            "from_leg_group_id,to_leg_group_id,transfer_count,duration_limit,duration_limit_type,fare_transfer_type",
            [
                (f"ticket_{zones}", f"ticket_{zones}", -1, minutes * 60, 1, 0)
                for zones, minutes in _TICKETS.items()
            ],
        ),
    }


def _station(stops: Sequence[dict[str, str]], station: str) -> Sequence[Cell]:
    platforms = [row for row in stops if row["parent_station"] == station]
    lat = sum(float(row["lat"]) for row in platforms) / len(platforms)
    lon = sum(float(row["lon"]) for row in platforms) / len(platforms)
    return (station, "", _station_name(stops, station), f"{lat:.5f}", f"{lon:.5f}", 1, "")


def _station_name(stops: Sequence[dict[str, str]], station: str) -> str:
    """A station is called as its shortest-named platform, without the mark of a mode: `Kamppi (M)` is Kamppi."""
    names = [row["name"] for row in stops if row["parent_station"] == station]
    shortest = min(names, key=lambda name: (len(name), len(_unmarked(name))))
    return _unmarked(shortest)


def _unmarked(name: str) -> str:
    return name.partition(" (")[0]
