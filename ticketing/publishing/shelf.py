"""Find what lies open at an address below `/open/<region>/`: its bytes, its type, and for how long a cache may keep it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ticketing.errors import NotFound
from ticketing.publishing import package, tables
from ticketing.publishing.desk import PublishingDesk
from ticketing.publishing.making import get_file

_TABLE = re.compile(r"([a-z-]{1,40})/(20\d\d-\d\d)/([a-z]{1,40})\.csv")
_CSV, _JSON = "text/csv; charset=utf-8; header=present", "application/json"
_HOUR, _DAY = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Page:
    """A file for anybody; a cache may keep it for so many seconds."""

    content: bytes
    media_type: str
    keep_seconds: int


def get_page(desk: PublishingDesk, region: str, path: str) -> Page:
    """Give the file at a path of a region; raises NotFound."""
    desk.region(region)
    make = _FILES.get(path)
    if make is not None:
        return make(desk, region)
    if named := _TABLE.fullmatch(path):
        # A table never changes; it may be withdrawn.
        return Page(get_file(desk, region, *named.groups()).content, _CSV, _HOUR)
    raise NotFound(f"nothing lies open at {path[:80]}")


def _package(desk: PublishingDesk, region: str) -> Page:
    text = json.dumps(package.data_package(desk, region), ensure_ascii=False, indent=1)
    return Page(text.encode(), _JSON, _HOUR)


def _groups(desk: PublishingDesk, region: str) -> Page:
    rows = package.group_rows(desk.region(region))
    return Page(tables.plain(package.GROUP_COLUMNS, rows), _CSV, _DAY)


def _zones(desk: PublishingDesk, region: str) -> Page:
    return Page(tables.plain(package.ZONE_COLUMNS, package.zone_rows(desk.region(region))), _CSV, _DAY)


_FILES: Mapping[str, Callable[[PublishingDesk, str], Page]] = {
    "datapackage.json": _package,
    "stop_groups.csv": _groups,
    "zones.csv": _zones,
}
