"""Author the GTFS feeds of Helsinki-Tallinn from its fact tables: `python regions/author.py`.

The feeds are committed; a test checks that this script gives them byte for byte. Facts, their sources and
what is assumed or synthetic: regions/helsinki-tallinn/README.md.
"""

import csv
import io
import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

Cell = str | int | float
Files = dict[str, str]

REGION = Path(__file__).parent / "helsinki-tallinn"
FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2028, 12, 31)
MODES = {"tram": 0, "metro": 1, "rail": 2, "bus": 3, "ferry": 4}
DAYS = {"weekday": (1, 1, 1, 1, 1, 0, 0), "saturday": (0, 0, 0, 0, 0, 1, 0), "sunday": (0, 0, 0, 0, 0, 0, 1)}
_EASTER = {2026: date(2026, 4, 5), 2027: date(2027, 3, 28), 2028: date(2028, 4, 16)}
# The names that facts give in one language only; others where they are certain.
TRANSLATIONS = {
    "Pasila": {"sv": "Böle"},
    "Pasilan asema": {"sv": "Böle station", "en": "Pasila station"},
    "Helsinki (rail)": {"fi": "Helsingin rautatieasema", "sv": "Helsingfors järnvägsstation",
                        "en": "Helsinki central railway station"},
    "Rautatientori (M)": {"sv": "Järnvägstorget", "en": "Central Railway Station (metro)"},
    "Rautatieasema": {"sv": "Järnvägsstationen", "en": "Central Railway Station"},
    "Katajanokan terminaali": {"sv": "Skatuddens terminal", "en": "Katajanokka terminal"},
    "Länsiterminaali T2": {"sv": "Västra terminalen T2", "en": "West Terminal T2"},
    "Länsiterminaali T1": {"sv": "Västra terminalen T1", "en": "West Terminal T1"},
    "Olympiaterminaali": {"sv": "Olympiaterminalen", "en": "Olympia Terminal"},
    "Lentoasema (Helsinki Airport)": {"fi": "Lentoasema", "sv": "Flygplatsen", "en": "Helsinki Airport"},
    "Hakaniemi": {"sv": "Hagnäs"},
    "Kampintori": {"sv": "Kamptorget"},
    "Sörnäinen": {"sv": "Sörnäs"},
    "Reisisadama D-terminal": {"en": "Passenger Port, D-terminal"},
    "Reisisadama A-terminal": {"en": "Passenger Port, A-terminal"},
    "Balti jaam": {"en": "Baltic Station"},
    "Helsinki Länsiterminaali T2": {"fi": "Länsiterminaali T2", "sv": "Västra terminalen T2", "en": "West Terminal T2"},
    "Helsinki Katajanokan terminaali": {"fi": "Katajanokan terminaali", "sv": "Skatuddens terminal",
                                        "en": "Katajanokka terminal"},
    "Tallinn D-terminal": {"et": "Reisisadama D-terminal", "en": "Tallinn D-terminal"},
    "Tallinn A-terminal": {"et": "Reisisadama A-terminal", "en": "Tallinn A-terminal"},
}  # fmt: skip


def facts(name: str) -> list[dict[str, str]]:
    """Read one fact table."""
    with (REGION / "facts" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(header: str, rows: Iterable[Sequence[Cell]]) -> str:
    """Write one GTFS table."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return buffer.getvalue()


# --- calendars ------------------------------------------------------------------------------------------


def holidays(state: str) -> list[date]:
    """Public holidays of Finland or Estonia from facts/holidays.csv: fixed days, and days from Easter Sunday."""
    found = []
    for row in facts("holidays.csv"):
        if row["member_state"] != state:
            continue
        for year, easter in _EASTER.items():
            if row["days_after_easter"]:
                found.append(easter + timedelta(days=int(row["days_after_easter"])))
            elif row["first_saturday_from"]:
                month, day = map(int, row["first_saturday_from"].split("-"))
                start = date(year, month, day)
                found.append(start + timedelta(days=(5 - start.weekday()) % 7 + int(row["offset"] or 0)))
            else:
                month, day = map(int, row["day"].split("-"))
                found.append(date(year, month, day))
    return sorted(set(found))


def city_calendar(state: str) -> Files:
    """Weekday, Saturday and Sunday services; public holidays run as Sundays."""
    exceptions = []
    for day in holidays(state):
        usual = "weekday" if day.weekday() < 5 else "saturday" if day.weekday() == 5 else "sunday"  # noqa: PLR2004  Monday is 0
        if usual != "sunday":
            exceptions += [(usual, _day(day), 2), ("sunday", _day(day), 1)]
    return {
        "calendar.txt": _calendar(DAYS),
        "calendar_dates.txt": table("service_id,date,exception_type", exceptions),
    }


def _calendar(services: dict[str, tuple[int, ...]]) -> str:
    header = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date"
    return table(header, [(name, *days, _day(FIRST_DAY), _day(LAST_DAY)) for name, days in services.items()])


# --- shared files ---------------------------------------------------------------------------------------


def agency(operator: str, name: str, url: str, zone: str, language: str) -> Files:
    """`agency.txt` and `feed_info.txt`."""
    return {
        "agency.txt": table(
            "agency_id,agency_name,agency_url,agency_timezone,agency_lang", [(operator, name, url, zone, language)]
        ),
        "feed_info.txt": table(
            "feed_publisher_name,feed_publisher_url,feed_lang,default_lang,feed_start_date,feed_end_date,"
            "feed_version,feed_contact_url",
            [("Throughfare (demonstration feed)", "https://github.com/throughfare/throughfare", language, language,
              _day(FIRST_DAY), _day(LAST_DAY), "2026-11", "https://github.com/throughfare/throughfare/issues")],
        ),
    }  # fmt: skip


def translations(names: Iterable[str]) -> Files:
    """`translations.txt` for the stop names that have other languages."""
    rows = [
        ("stops", "stop_name", language, translated, name)
        for name in sorted(set(names))
        for language, translated in sorted(TRANSLATIONS.get(name, {}).items())
    ]
    header = "table_name,field_name,language,translation,field_value"
    return {"translations.txt": table(header, rows)} if rows else {}


def networks(network: str, name: str, routes: Iterable[str]) -> Files:
    """All routes in one network."""
    return {
        "networks.txt": table("network_id,network_name", [(network, name)]),
        "route_networks.txt": table("network_id,route_id", [(network, route) for route in routes]),
    }


# --- Tallinn --------------------------------------------------------------------------------------------


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
            trips.append((_route(row), row["days"], trip, headsign, row["direction"]))
            times += _stop_times(trip, line, _minutes(departure))
    routes = sorted({(row["line"], row["mode"]): row for row in lines}.values(), key=_route)
    return {
        **agency("tlt", "Tallinna ühistransport", "https://transport.tallinn.ee", "Europe/Tallinn", "et"),
        **city_calendar("EE"),
        **networks("tallinn", "Tallinna ühistransport", [_route(row) for row in routes]),
        **translations(row["name"] for row in stops),
        "stops.txt": table(
            "stop_id,stop_code,stop_name,stop_lat,stop_lon",
            [(row["stop_code"], row["stop_code"], row["name"], row["lat"], row["lon"]) for row in stops],
        ),
        "routes.txt": _routes("tlt", routes),
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


# --- Helsinki -------------------------------------------------------------------------------------------

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
            trip = f"{_route(row)}-{row['direction']}-{service[:3]}"
            headsign = row["line_name"].split(" - ")[-1]
            trips.append((_route(row), service, trip, headsign, row["direction"]))
            times += _stop_times(trip, row, _minutes(row[f"{service}_first"]))
            frequencies += [(trip, *window, 1) for window in _windows(row, service)]
    routes = sorted({(row["line"], row["mode"]): row for row in lines}.values(), key=_route)
    stations = sorted({row["parent_station"] for row in stops if row["parent_station"]})
    return {
        **agency("hsl", "HSL Helsingin seudun liikenne", "https://www.hsl.fi", "Europe/Helsinki", "fi"),
        **city_calendar("FI"),
        **networks("hsl", "HSL", [_route(row) for row in routes]),
        **translations([*(row["name"] for row in stops), *(_station_name(stops, station) for station in stations)]),
        "stops.txt": table(
            "stop_id,stop_code,stop_name,stop_lat,stop_lon,location_type,parent_station",
            [
                *(_station(stops, station) for station in stations),
                *((row["stop_code"], row["stop_code"], row["name"], row["lat"], row["lon"], 0, row["parent_station"])
                  for row in stops),
            ],
        ),
        "routes.txt": _routes("hsl", routes),
        "trips.txt": table("route_id,service_id,trip_id,trip_headsign,direction_id", trips),
        "stop_times.txt": table("trip_id,arrival_time,departure_time,stop_id,stop_sequence", times),
        "frequencies.txt": table("trip_id,start_time,end_time,headway_secs,exact_times", frequencies),
        **helsinki_fares(stops),
    }  # fmt: skip


def _windows(row: dict[str, str], service: str) -> Iterator[tuple[str, str, int]]:
    """The headway windows of a line: peaks, between, evening on weekdays; one headway at weekends."""
    first, last = _minutes(row[f"{service}_first"]), _minutes(row[f"{service}_last"])
    if service != "weekday":
        yield _clock(first), _clock(last + 1), int(row[f"{service}_headway"]) * 60
        return
    headways = {name: int(row[f"weekday_headway_{name}"]) * 60 for name in ("peak", "offpeak", "evening")}
    edges = [("offpeak", 0), ("peak", 7 * 60), ("offpeak", 9 * 60), ("peak", 15 * 60), ("offpeak", 18 * 60),
             ("evening", 20 * 60), ("end", 48 * 60)]  # fmt: skip
    start = first
    for (name, _), (_, end) in itertools.pairwise(edges):
        until = min(end, last + 1)
        if start < until:
            headway = headways[name] // 60
            yield _clock(start), _clock(until), headway * 60
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
    """A station is called as its shortest-named platform, without the marks of metro and bus."""
    names = [row["name"] for row in stops if row["parent_station"] == station]
    return min(names, key=lambda name: (len(name), name)).removesuffix(" (M)").removesuffix(" (bus)")


# --- ferries --------------------------------------------------------------------------------------------

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
        arrival = _minutes(row["arr_local"]) + 24 * 60 * int(row["arr_day_offset"])
        slow = arrival - _minutes(row["dep_local"]) > 180  # noqa: PLR2004  a shuttle takes two hours to two and a half
        headsign = ("Tallinn" if row["to_terminal"].startswith("TLL") else "Helsinki") + (
            " (cruise ship)" if slow else ""
        )
        trips.append((_pair(row["from_terminal"], row["to_terminal"]), "daily", row["sailing_id"], headsign,
                      int(row["from_terminal"].startswith("TLL"))))  # fmt: skip
        for sequence, (stop, minute) in enumerate(
            [(row["from_terminal"], _minutes(row["dep_local"])), (row["to_terminal"], arrival)]
        ):
            times.append((row["sailing_id"], _clock(minute), _clock(minute), stop, sequence))
    return {
        **agency(operator, name, url, "Europe/Helsinki", "en"),
        "calendar.txt": _calendar(
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


# --- small parts ----------------------------------------------------------------------------------------


def _stop_times(trip: str, line: dict[str, str], start: int) -> Iterator[Sequence[Cell]]:
    for sequence, (stop, minute) in enumerate(
        zip(line["stop_codes"].split(), map(int, line["run_minutes"].split()), strict=True)
    ):
        clock = _clock(start + minute)
        yield trip, clock, clock, stop, sequence


def _routes(operator: str, rows: Iterable[dict[str, str]]) -> str:
    return table(
        "route_id,agency_id,route_short_name,route_long_name,route_type",
        [(_route(row), operator, row["line"], row["line_name"], MODES[row["mode"]]) for row in rows],
    )


def _route(row: dict[str, str]) -> str:
    return f"{row['mode']}-{row['line'].replace('/', '')}"


def _pair(start: str, end: str) -> str:
    return f"{start}_{end}"


def _city(terminal: str) -> str:
    return "Helsinki" if terminal.startswith("HEL") else "Tallinn"


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}:00"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def feeds() -> dict[str, Files]:
    """Author every feed: operator → file → text."""
    return {"tlt": tallinn(), "hsl": helsinki(), **{operator: ferry(operator) for operator in FERRIES}}


def main() -> None:
    """Write the feeds into the region's folder."""
    for operator, files in feeds().items():
        folder = REGION / "feeds" / operator
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
        sys.stdout.write(f"{operator}: {len(files)} files\n")


if __name__ == "__main__":
    main()
