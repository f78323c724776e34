"""Join the feeds of a region's operators to one: each id by its operator, one clock, the scheme's fares. Pure.

`notes.txt` in the feed says what it leaves out, so that nobody takes a price for more than it says.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from operators.region import RegionData
from ticketing.publishing.gtfs import fares
from ticketing.publishing.gtfs.clocks import common_zone, shift_seconds, shifted
from ticketing.publishing.gtfs.naming import name, named
from ticketing.publishing.gtfs.rows import Row, read_rows, write_rows
from ticketing.publishing.gtfs.saying import say

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


def joint_feed(data: RegionData, day: date) -> Joint:
    """Join the feeds of a region with the agreements of a day; an operator whose clock cannot be told by the common one is left out, and named."""
    zones = {operator: timetable.timezone for operator, timetable in data.timetables.items()}
    common = common_zone(zones.values(), day.year)
    shifts = {operator: shift_seconds(zone, common, day.year) for operator, zone in zones.items()}
    joined = {operator: shift for operator, shift in shifts.items() if shift is not None}
    notes = [
        f"{operator} is left out: its clock ({zones[operator]}) and {common} differ by more in one season than in another."
        for operator in zones.keys() - joined.keys()
    ]
    tables = {**_timetables(data, joined, common), **_fares(data, joined)}
    _drop_unsold(tables)
    said = say(data, tables, list(joined), day)
    notes += _notes(data, joined, said)
    files = {table: write_rows(rows) for table, rows in tables.items() if rows}
    return Joint({**files, NOTES: "".join(f"{note}\n" for note in notes)}, tuple(notes), joined)


def _timetables(data: RegionData, joined: Mapping[str, int], common: str) -> dict[str, list[Row]]:
    """Join the tables of the timetables, with those of the feed itself."""
    tables: dict[str, list[Row]] = {"feed_info.txt": [_feed_info(data)]}
    for operator, shift in joined.items():
        texts, zone = data.feed_texts[operator], data.timetables[operator].timezone
        own = {
            "agency.txt": _agencies(data, operator, common),
            "stops.txt": _stops(data, operator, zone, common),
            "routes.txt": _routes(data, operator),
            "translations.txt": _translations(data, operator),
            **{name: shifted(named(operator, read_rows(texts, name)), shift) for name in _TIMETABLE},
        }
        for table, rows in own.items():
            tables.setdefault(table, []).extend(rows)
    return tables


def _fares(data: RegionData, joined: Iterable[str]) -> dict[str, list[Row]]:
    """Join the tables of the fares, as the scheme sells them."""
    tables = {"rider_categories.txt": fares.rider_rows(data), "fare_media.txt": fares.medium_rows()}
    for operator in joined:
        own = {
            "fare_products.txt": fares.product_rows(data, operator),
            "fare_leg_rules.txt": fares.leg_rows(data, operator),
            **{table: fares.plain_rows(data, operator, table) for table in (*fares.PLAIN, *_FARES_V1)},
        }
        for table, rows in own.items():
            tables.setdefault(table, []).extend(rows)
    return tables


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
            "agency_url": row.get("agency_url") or (data.open_data.homepage if data.open_data else ""),
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


def _notes(data: RegionData, joined: Iterable[str], said: Collection[str]) -> list[str]:
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
    if said:
        notes.append(
            "Joint prices hold for changes within the time of their agreement; before a joined ride that time is not said, and a ticket of "
            "the city that is still good after a joined ride is not counted."
        )
    unsaid = [
        one for one in data.agreements if one.get("kind") not in _NO_PRICE and one.get("id") not in said
    ]
    notes += [_unsaid(document) for document in unsaid]
    for table, what in (("caps.csv", "caps"), ("groups.csv", "prices of groups")):
        if table in data.optional_texts:
            notes.append(f"The scheme has {what}, which no table of GTFS says.")
    return notes


_NO_PRICE = frozenset({"continuation", "other_way", "revenue_share"})


def _unsaid(document: dict[str, object]) -> str:
    return f"The agreement {document.get('id')} ({document.get('kind')}) is not in this feed: the scheme sells cheaper or dearer by it."
