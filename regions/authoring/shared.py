"""What every feed has: its agency, its network, names in other languages, lines and their times."""

from collections.abc import Iterable, Iterator, Sequence

from regions.authoring.tables import FIRST_DAY, LAST_DAY, Cell, Files, clock_text, day_text, facts, table

MODES = {"tram": 0, "metro": 1, "rail": 2, "bus": 3, "ferry": 4}


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
              day_text(FIRST_DAY), day_text(LAST_DAY), "2026-11", "https://github.com/throughfare/throughfare/issues")],
        ),
    }  # fmt: skip


def translations(names: Iterable[str]) -> Files:
    """`translations.txt` for the stop names that facts/translations.csv has in other languages."""
    wanted = set(names)
    rows = sorted(
        (row["name"], row["language"], row["translation"])
        for row in facts("translations.csv")
        if row["name"] in wanted
    )
    header = "table_name,field_name,language,translation,field_value"
    written = [("stops", "stop_name", language, translation, name) for name, language, translation in rows]
    return {"translations.txt": table(header, written)} if written else {}


def networks(network: str, name: str, routes: Iterable[str]) -> Files:
    """All routes in one network."""
    return {
        "networks.txt": table("network_id,network_name", [(network, name)]),
        "route_networks.txt": table("network_id,route_id", [(network, route) for route in routes]),
    }


def stop_times(trip: str, line: dict[str, str], start: int) -> Iterator[Sequence[Cell]]:
    """The rows of one trip that starts at a minute of the service day."""
    for sequence, (stop, minute) in enumerate(
        zip(line["stop_codes"].split(), map(int, line["run_minutes"].split()), strict=True)
    ):
        moment = clock_text(start + minute)
        yield trip, moment, moment, stop, sequence


def routes_table(operator: str, rows: Iterable[dict[str, str]]) -> str:
    """`routes.txt` of city lines."""
    return table(
        "route_id,agency_id,route_short_name,route_long_name,route_type",
        [(route_id(row), operator, row["line"], row["line_name"], MODES[row["mode"]]) for row in rows],
    )


def route_id(row: dict[str, str]) -> str:
    """Name a line by its mode and number: `tram-2`."""
    return f"{row['mode']}-{row['line'].replace('/', '')}"
