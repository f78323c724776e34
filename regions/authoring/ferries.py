"""The ferry lines: sailings every day, synthetic fares."""

from collections.abc import Sequence

from regions.authoring.calendars import calendar
from regions.authoring.shared import agency, networks, translations
from regions.authoring.tables import Cell, Files, clock_text, facts, minutes_of, table

_DAY = 24 * 60
# Clocks change at 03:00 in Estonia and Finland, in spring; in autumn an hour later.
_CLOCKS_CHANGE = 3 * 60

FERRIES = {
    "tallink": ("Tallink", "Tallink", "https://www.tallink.com"),
    "viking": ("Viking Line", "Viking Line", "https://www.vikingline.com"),
    "eckero": ("Eckerö Line", "Eckerö Line", "https://www.eckeroline.fi"),
}


def ferry(operator: str) -> Files:
    """One ferry line: its sailings every day, and its synthetic fares."""
    fact_name, name, url = FERRIES[operator]
    sailings = [row for row in facts("ferry_sailings.csv") if row["operator"] == fact_name]
    terminals = {row["terminal_code"]: row for row in facts("ferry_terminals.csv")}
    used = sorted({row[end] for row in sailings for end in ("from_terminal", "to_terminal")})
    pairs = sorted({(row["from_terminal"], row["to_terminal"]) for row in sailings})
    trips, times = [], []
    for row in sorted(sailings, key=lambda row: (row["from_terminal"], row["dep_local"])):
        departure = _of_the_day_before(minutes_of(row["dep_local"]))
        arrival = minutes_of(row["arr_local"]) + _DAY * int(row["arr_day_offset"])
        arrival += departure - minutes_of(row["dep_local"])
        slow = arrival - departure > 180  # noqa: PLR2004  a shuttle takes two hours to two and a half
        headsign = ("Tallinn" if row["to_terminal"].startswith("TLL") else "Helsinki") + (
            " (cruise ship)" if slow else ""
        )
        trips.append((_pair(row["from_terminal"], row["to_terminal"]), "daily", row["sailing_id"], headsign,
                      int(row["from_terminal"].startswith("TLL"))))  # fmt: skip
        for sequence, (stop, minute) in enumerate(
            [(row["from_terminal"], departure), (row["to_terminal"], arrival)]
        ):
            times.append((row["sailing_id"], clock_text(minute), clock_text(minute), stop, sequence))
    return {
        **agency(operator, name, url, "Europe/Helsinki", "en"),
        "calendar.txt": calendar(
            {"daily": (1,) * 7, "mon_thu": (1, 1, 1, 1, 0, 0, 0), "fri_sun": (0, 0, 0, 0, 1, 1, 1)}
        ),
        **networks(operator, name, [_pair(*pair) for pair in pairs]),
        **translations(terminals[code]["name"] for code in used),
        "stops.txt": table(
            "stop_id,stop_name,stop_lat,stop_lon,stop_timezone",
            [(code, terminals[code]["name"], terminals[code]["lat"], terminals[code]["lon"], terminals[code]["time_zone"])
             for code in used],
        ),
        "routes.txt": table(
            "route_id,agency_id,route_short_name,route_long_name,route_type",
            [(_pair(*pair), operator, "", f"{name} {_city(pair[0])}-{_city(pair[1])}", 4) for pair in pairs],
        ),
        "trips.txt": table("route_id,service_id,trip_id,trip_headsign,direction_id", trips),
        "stop_times.txt": table("trip_id,arrival_time,departure_time,stop_id,stop_sequence", times),
        **ferry_fares(fact_name, used),
    }  # fmt: skip


def ferry_fares(fact_name: str, terminals: Sequence[str]) -> Files:
    """Standard from Monday to Thursday, Peak from Friday to Sunday. SYNTHETIC: operators publish no list."""
    classes = {
        (row["fare_class"], row["passenger"].split()[0]): row["amount"]
        for row in facts("ferry_classes.csv")
        if row["operator"] == fact_name
    }
    kinds = (("standard", "S", "mon_thu"), ("peak", "P", "fri_sun"))
    products: list[Sequence[Cell]] = []
    for kind, letter, _ in kinds:
        title = f"SYNTHETIC {kind} foot passenger"
        products += [
            (kind, rider, f"{title}, {rider}", classes[letter, rider]) for rider in ("adult", "child")
        ]
        products.append((kind, "infant", f"{title}, infant", "0.00"))
    return {
        "areas.txt": table("area_id,area_name", [("HEL", "Helsinki"), ("TLL", "Tallinn")]),
        "stop_areas.txt": table("area_id,stop_id", [(code[:3], code) for code in terminals]),
        "rider_categories.txt": table(
            "rider_category_id,rider_category_name,is_default_fare_category",
            [("adult", "Adult", 1), ("child", "Child 6-17", 0), ("infant", "Child under 6", 0)],
        ),
        "fare_media.txt": table("fare_media_id,fare_media_name,fare_media_type", [("app", "Mobile ticket", 4)]),
        "fare_products.txt": table(
            "fare_product_id,rider_category_id,fare_media_id,fare_product_name,amount,currency",
            [(kind, rider, "app", title, amount, "EUR") for kind, rider, title, amount in products],
        ),
        "timeframes.txt": table("timeframe_group_id,service_id", [(service, service) for _, _, service in kinds]),
        "fare_leg_rules.txt": table(
            "leg_group_id,from_area_id,to_area_id,from_timeframe_group_id,fare_product_id",
            [("crossing", *ends, service, kind)
             for ends in (("HEL", "TLL"), ("TLL", "HEL")) for kind, _, service in kinds],
        ),
    }  # fmt: skip


def _of_the_day_before(minutes: int) -> int:
    """Write a departure of the night as of the service day before.

    GTFS counts from twelve hours before noon: 00:15 would be 01:15 on the night on which clocks go back.
    """
    return minutes + _DAY if minutes < _CLOCKS_CHANGE else minutes


def _pair(start: str, end: str) -> str:
    return f"{start}_{end}"


def _city(terminal: str) -> str:
    return "Helsinki" if terminal.startswith("HEL") else "Tallinn"
