"""Read how an operator's feed is to be taken, from its table `feed` of region.toml: its encoding, its faults, a flat fare, a time zone."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from operators.files import ENCODINGS
from operators.gtfs.leaving_out import TOLERATED
from tariffs.money import MoneyError, parse
from tariffs.table import zone_name

_KEYS = ("encoding", "tolerated_percent", "flat_fare", "time_zone", "on_board")
_MOST_TOLERATED = 50
_MOST_NAME = 200
# Reports a fault: the path of the value, a code, a sentence.
Tell = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTerms:
    """The reading of a feed. `flat_fare` is the price of each ride by the operator's rider category, where the feed has no fares.

    `time_zone` (IANA) is that of a NeTEx delivery which tells none. `on_board` tells that rides without a price are paid in the vehicle.
    """

    encoding: str = "utf-8"
    tolerated_percent: int = TOLERATED
    flat_fare: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = ""
    on_board: bool = False

    def with_fares(self, files: Mapping[str, str], currency: str) -> dict[str, str]:
        """The texts of a feed, with tables of Fares V2 for the flat fare."""
        if not self.flat_fare:
            return dict(files)
        # The first one named is asked for where nobody names a category, as GTFS wants one to be.
        riders = [(rider, str(int(at == 0))) for at, rider in enumerate(self.flat_fare)]
        products = [("flat", rider, amount, currency) for rider, amount in self.flat_fare.items()]
        return {
            **files,
            "rider_categories.txt": _table(("rider_category_id", "is_default_fare_category"), riders),
            "fare_products.txt": _table(
                ("fare_product_id", "rider_category_id", "amount", "currency"), products
            ),
            "fare_leg_rules.txt": _table(("fare_product_id",), [("flat",)]),
        }


def read_feed_terms(path: str, row: Mapping[str, object], currency: str, fault: Tell) -> FeedTerms:
    """Read `feed = { encoding = "windows-1252", tolerated_percent = 5, flat_fare = { adult = "1.10" } }`."""
    table = row.get("feed", {})
    if not isinstance(table, dict):
        fault(f"{path}.feed", "invalid_value", 'must be a table like { encoding = "windows-1252" }')
        return FeedTerms()
    for key in sorted(table.keys() - set(_KEYS)):
        fault(f"{path}.feed.{key}", "unknown_key", f"{key} means nothing here")
    encoding = table.get("encoding", "utf-8")
    if encoding not in ENCODINGS:
        fault(f"{path}.feed.encoding", "invalid_value", f"must be one of {', '.join(ENCODINGS)}")
        encoding = "utf-8"
    percent = table.get("tolerated_percent", TOLERATED)
    if type(percent) is not int or not 0 <= percent <= _MOST_TOLERATED:
        message = f"must be a whole number from 0 to {_MOST_TOLERATED}"
        fault(f"{path}.feed.tolerated_percent", "invalid_value", message)
        percent = TOLERATED
    fares = table.get("flat_fare", {})
    if not isinstance(fares, dict) or not all(_is_name(rider) for rider in fares):
        fault(
            f"{path}.feed.flat_fare", "invalid_value", 'must be prices by rider category: { adult = "1.10" }'
        )
        fares = {}
    for rider, amount in fares.items():
        _check_amount(f"{path}.feed.flat_fare.{rider}", amount, currency, fault)
    zone = table.get("time_zone", "")
    if not isinstance(zone, str) or (zone and not _is_zone(zone)):
        fault(f"{path}.feed.time_zone", "invalid_value", 'must be an IANA time zone like "Europe/Zurich"')
        zone = ""
    on_board = table.get("on_board", False)
    if type(on_board) is not bool:
        fault(f"{path}.feed.on_board", "invalid_value", "must be true or false")
        on_board = False
    flat = {str(rider): str(amount) for rider, amount in fares.items()}
    return FeedTerms(
        encoding=encoding, tolerated_percent=percent, flat_fare=flat, time_zone=zone, on_board=on_board
    )


def _is_zone(name: str) -> bool:
    try:
        zone_name(name)
    except ValueError:
        return False
    return True


def _is_name(rider: object) -> bool:
    return isinstance(rider, str) and 0 < len(rider) <= _MOST_NAME


def _check_amount(path: str, amount: object, currency: str, fault: Tell) -> None:
    try:
        good = isinstance(amount, str) and parse(amount, currency).minor >= 0
    except MoneyError:
        good = False
    if not good:
        fault(path, "invalid_value", 'must be an amount in the region\'s currency, like "1.10"')


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
    return buffer.getvalue()
