"""Tallinn city transport: every departure of the published timetable, one fare zone."""

from collections.abc import Sequence

from regions.authoring.calendars import city_calendar
from regions.authoring.shared import agency, networks, route_id, routes_table, stop_times, translations
from regions.authoring.tables import Cell, Files, facts, minutes_of, table


def tallinn() -> Files:
    """Trams 1-5 and buses 2, 15, 20, 85: every departure of the published timetable."""
    stops = [row for row in facts("tallinn_stops.csv") if row["lines"]]
    lines = facts("tallinn_lines.csv")
    by_line = {(row["line"], row["mode"], row["direction"]): row for row in lines}
    trips: list[Sequence[Cell]] = []
    times: list[Sequence[Cell]] = []
    for row in facts("tallinn_departures.csv"):
        line = by_line[row["line"], row["mode"], row["direction"]]
        for departure in row["departures"].split():
            trip = f"{row['mode'][0]}{row['line']}-{row['direction']}-{row['days'][:3]}-{departure.replace(':', '')}"
            headsign = line["line_name"].split(" - ")[-1]
            trips.append((route_id(row), row["days"], trip, headsign, row["direction"]))
            times += stop_times(trip, line, minutes_of(departure))
    routes = sorted({(row["line"], row["mode"]): row for row in lines}.values(), key=route_id)
    return {
        **agency("tlt", "Tallinna ühistransport", "https://transport.tallinn.ee", "Europe/Tallinn", "et"),
        **city_calendar("EE"),
        **networks("tallinn", "Tallinna ühistransport", [route_id(row) for row in routes]),
        **translations(row["name"] for row in stops),
        "stops.txt": table(
            "stop_id,stop_code,stop_name,stop_lat,stop_lon",
            [(row["stop_code"], row["stop_code"], row["name"], row["lat"], row["lon"]) for row in stops],
        ),
        "routes.txt": routes_table("tlt", routes),
        "trips.txt": table("route_id,service_id,trip_id,trip_headsign,direction_id", trips),
        "stop_times.txt": table("trip_id,arrival_time,departure_time,stop_id,stop_sequence", times),
        **tallinn_fares([row["stop_code"] for row in stops]),
    }


def tallinn_fares(stops: Sequence[str]) -> Files:
    """One zone: the hour ticket with free changes, the day ticket, free travel as a known 0.00."""
    amount = {
        (row["product_id"], row["rider"]): row["amount"]
        for row in facts("fares.csv")
        if row["operator"] == "Tallinn" and row["valid_from"] in {"2023-05-01", ""} and row["valid_to"] == ""
    }
    hour, reduced, day = (
        amount["tll_hour", "adult"],
        amount["tll_hour", "reduced"],
        amount["tll_day", "adult"],
    )
    free = amount["tll_free", "registered resident of Tallinn"]
    products = [("tll_hour", "adult", medium, "Tunnipilet", hour) for medium in ("app", "card", "bank_card")]
    products += [("tll_hour", "reduced", medium, "Tunnipilet, soodus", reduced) for medium in ("app", "card")]
    products += [
        ("tll_hour", rider, medium, "Tasuta sõit", free)
        for rider in ("infant", "resident", "senior65")
        for medium in ("app", "card")
    ]
    products += [("tll_day", "adult", medium, "Päevapilet", day) for medium in ("card", "bank_card")]
    return {
        "areas.txt": table("area_id,area_name", [("tallinn", "Tallinn")]),
        "stop_areas.txt": table("area_id,stop_id", [("tallinn", stop) for stop in stops]),
        "rider_categories.txt": table(
            "rider_category_id,rider_category_name,is_default_fare_category",
            [("adult", "Täiskasvanu", 1), ("reduced", "Soodus", 0), ("infant", "Alla 7-aastane", 0),
             ("resident", "Tallinna elanik", 0), ("senior65", "65-aastane ja vanem", 0)],
        ),
        "fare_media.txt": table(
            "fare_media_id,fare_media_name,fare_media_type",
            [("app", "Mobiilirakendus", 4), ("card", "Ühiskaart", 2), ("bank_card", "Pangakaart", 3)],
        ),
        "fare_products.txt": table(
            "fare_product_id,rider_category_id,fare_media_id,fare_product_name,amount,currency",
            [(*product, "EUR") for product in products],
        ),
        "fare_leg_rules.txt": table(
            "leg_group_id,network_id,fare_product_id",
            [("hour", "tallinn", "tll_hour"), ("day", "tallinn", "tll_day")],
        ),
        "fare_transfer_rules.txt": table(
            "from_leg_group_id,to_leg_group_id,transfer_count,duration_limit,duration_limit_type,fare_transfer_type",
            [("hour", "hour", -1, 3600, 1, 0), ("day", "day", -1, 86400, 1, 0)],
        ),
    }  # fmt: skip
