"""Join the feeds of a region's operators to one: each id by its operator, one clock, the scheme's fares. Pure.

`notes.txt` in the feed says what it leaves out, so that nobody takes a price for more than it says.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from operators.region import RegionData
from ticketing.publishing.gtfs import fares
from ticketing.publishing.gtfs.clocks import common_zone, shift_seconds, shifted
from ticketing.publishing.gtfs.naming import name, named
from ticketing.publishing.gtfs.rows import Row, read_rows, write_rows

NOTES = "notes.txt"
_TIMETABLE = (
    "trips.txt",
    "stop_times.txt",
    "calendar.txt",
    "calendar_dates.txt",
    "frequencies.txt",
    "transfers.txt",
)
_FARES_V1 = ("fare_attributes.txt", "fare_rules.txt")


@dataclass(frozen=True, slots=True)
class Joint:
    """The files of the joint feed by name, the sentences about what it leaves out, and by how much each operator's times are later in it."""

    files: dict[str, str]
    notes: tuple[str, ...]
    shifts: dict[str, int]


def joint_feed(data: RegionData, year: int) -> Joint:
    """Join the feeds of a region; an operator whose clock cannot be told by the common one is left out, and named."""
    zones = {operator: timetable.timezone for operator, timetable in data.timetables.items()}
    common = common_zone(zones.values(), year)
    shifts = {operator: shift_seconds(zone, common, year) for operator, zone in zones.items()}
    joined = {operator: shift for operator, shift in shifts.items() if shift is not None}
    notes = [
        f"{operator} is left out: its clock ({zones[operator]}) and {common} differ by more in one season than in another."
        for operator in zones.keys() - joined.keys()
    ]
    tables: dict[str, list[Row]] = {
        "agency.txt": [row for operator in joined for row in _agencies(data, operator, common)],
        "stops.txt": [row for operator in joined for row in _stops(data, operator, zones[operator], common)],
        "routes.txt": [row for operator in joined for row in _routes(data, operator)],
        "feed_info.txt": [_feed_info(data)],
        "rider_categories.txt": fares.rider_rows(data),
        "fare_media.txt": fares.medium_rows(),
        "fare_products.txt": [row for operator in joined for row in fares.product_rows(data, operator)],
        "translations.txt": [row for operator in joined for row in _translations(data, operator)],
    }
    for table in _TIMETABLE:
        tables[table] = [
            row
            for operator, shift in joined.items()
            for row in shifted(named(operator, read_rows(data.feed_texts[operator], table)), shift)
        ]
    for table in (*fares.PLAIN, *_FARES_V1):
        tables[table] = [row for operator in joined for row in fares.plain_rows(data, operator, table)]
    _drop_unsold(tables)
    notes += _notes(data, joined)
    files = {table: write_rows(rows) for table, rows in tables.items() if rows}
    return Joint({**files, NOTES: "".join(f"{note}\n" for note in notes)}, tuple(notes), joined)


def _drop_unsold(tables: dict[str, list[Row]]) -> None:
    """Leave out the rules of products that the scheme does not sell, and transfers from or to rides that no rule prices."""
    sold = {row["fare_product_id"] for row in tables["fare_products.txt"]}
    rules = [row for row in tables["fare_leg_rules.txt"] if row.get("fare_product_id") in sold]
    groups = {row.get("leg_group_id", "") for row in rules} | {""}
    tables["fare_leg_rules.txt"] = rules
    tables["fare_transfer_rules.txt"] = [
        row
        for row in tables["fare_transfer_rules.txt"]
        if {row.get("from_leg_group_id", ""), row.get("to_leg_group_id", "")} <= groups
    ]


def _agencies(data: RegionData, operator: str, common: str) -> Iterator[Row]:
    for row in read_rows(data.feed_texts[operator], "agency.txt"):
        yield {
            **row,
            "agency_id": name(operator, row.get("agency_id", "") or operator),
            "agency_timezone": common,
        }


def _stops(data: RegionData, operator: str, zone: str, common: str) -> Iterator[Row]:
    """Yield the stops; they show their times by their own clock."""
    for row in named(operator, read_rows(data.feed_texts[operator], "stops.txt")):
        local = row.get("stop_timezone") or ("" if row.get("parent_station") else zone)
        yield {**row, "stop_timezone": local if local != common else ""}


def _routes(data: RegionData, operator: str) -> Iterator[Row]:
    agencies = read_rows(data.feed_texts[operator], "agency.txt")
    only = name(operator, agencies[0].get("agency_id", "") or operator) if agencies else ""
    for row in named(operator, read_rows(data.feed_texts[operator], "routes.txt")):
        yield {**row, "agency_id": row.get("agency_id") or only}


def _translations(data: RegionData, operator: str) -> Iterator[Row]:
    """Yield the translations of stops, routes and trips; of agencies, fares and the feed the scheme has its own words."""
    for row in named(operator, read_rows(data.feed_texts[operator], "translations.txt")):
        if row.get("table_name") in {"stops", "routes", "trips", "stop_times"}:
            yield row


def _feed_info(data: RegionData) -> Row:
    terms = data.open_data
    return {
        "feed_publisher_name": terms.publisher if terms else data.name,
        "feed_publisher_url": terms.homepage if terms else "",
        "feed_lang": "mul",
        "feed_contact_email": terms.contact if terms else "",
    }


def _notes(data: RegionData, joined: Iterable[str]) -> list[str]:
    """Say what the feed does not say of the scheme's prices."""
    notes = [
        "Prices are those of the scheme's own ticket, in the app; operators sell by other media and to other categories as well."
    ]
    for operator in joined:
        if "fare_attributes.txt" in data.feed_texts[operator]:
            notes.append(
                f"{operator} has its fares in Fares V1: a planner that reads V2 alone shows no price for it."
            )
        if operator in data.dated_feeds:
            days = ", ".join(sorted(data.dated_feeds[operator]))
            notes.append(f"{operator} has other fares from {days} on; they are not in this feed.")
    notes += [_unsaid(document) for document in data.agreements if document.get("kind") not in _NO_PRICE]
    for table, what in (("caps.csv", "caps"), ("groups.csv", "prices of groups")):
        if table in data.optional_texts:
            notes.append(f"The scheme has {what}, which no table of GTFS says.")
    return notes


_NO_PRICE = frozenset({"continuation", "other_way", "revenue_share"})


def _unsaid(document: dict[str, object]) -> str:
    return f"The agreement {document.get('id')} ({document.get('kind')}) is not in this feed: the scheme sells cheaper or dearer by it."
