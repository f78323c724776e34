"""Find what lies open at an address below `/open/<region>/`: its bytes, its type, and for how long a cache may keep it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ticketing.errors import NotFound
from ticketing.publishing import live, package, tables
from ticketing.publishing.catalogue import catalogue, jsonld, turtle
from ticketing.publishing.desk import Month, PublishingDesk
from ticketing.publishing.gtfs import Joint, gtfs_ride, joint_feed, zipped
from ticketing.publishing.live import Standing
from ticketing.publishing.making import get_file

_TABLE = re.compile(r"([a-z-]{1,40})/(20\d\d-\d\d)/([a-z]{1,40})\.csv")
_RIDE = re.compile(r"gtfs-ride/(20\d\d-\d\d)\.zip")
_ZIP, _PROTOBUF, _XML = "application/zip", "application/x-protobuf", "application/xml"
_CSV, _JSON = "text/csv; charset=utf-8; header=present", "application/json"
_LIVE, _HOUR, _DAY = 15, 3_600, 86_400
_REPEATED, _MINUTE = "@", 60


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
    if named := _RIDE.fullmatch(path):
        return _gtfs_ride(desk, region, Month.read(named.group(1)))
    raise NotFound(f"nothing lies open at {path[:80]}")


def get_catalogue(desk: PublishingDesk, form: str) -> Page:
    """Give the catalogue of all regions, as `ttl` or `jsonld`; raises NotFound where nothing is published."""
    things = catalogue(desk)
    if not things:
        raise NotFound("no region publishes open data")
    if form == "ttl":
        return Page(turtle(things).encode(), "text/turtle; charset=utf-8", _HOUR)
    return Page(jsonld(things).encode(), "application/ld+json", _HOUR)


def _package(desk: PublishingDesk, region: str) -> Page:
    text = json.dumps(package.data_package(desk, region), ensure_ascii=False, indent=1)
    return Page(text.encode(), _JSON, _HOUR)


def _groups(desk: PublishingDesk, region: str) -> Page:
    rows = package.group_rows(desk.region(region))
    return Page(tables.plain(package.GROUP_COLUMNS, rows), _CSV, _DAY)


def _zones(desk: PublishingDesk, region: str) -> Page:
    return Page(tables.plain(package.ZONE_COLUMNS, package.zone_rows(desk.region(region))), _CSV, _DAY)


def _joint(desk: PublishingDesk, name: str) -> Joint:
    data, day = desk.region(name).data, desk.clock.now().date()
    return desk.keep(("joint", name), _DAY, lambda: joint_feed(data, day), of=data)


def _gtfs(desk: PublishingDesk, region: str) -> Page:
    joint = _joint(desk, region)
    content = desk.keep(("zip", region), _DAY, lambda: zipped(joint.files), of=joint)
    return Page(content, _ZIP, _HOUR)


def _gtfs_ride(desk: PublishingDesk, region: str, month: Month) -> Page:
    files = [get_file(desk, region, "ridership", month.name, part) for part in ("months", "alightings")]
    joint = _joint(desk, region)

    def make() -> bytes:
        boardings, alightings = (tables.read(file.content) for file in files)
        return zipped(gtfs_ride(joint.files, month, boardings, alightings))

    return Page(desk.keep(("ride", region, month.name), _DAY, make, of=joint), _ZIP, _HOUR)


def _standing(desk: PublishingDesk, region: str) -> Standing:
    """Read how departures stand, of the operators that the joint feed has."""
    shifts = _joint(desk, region).shifts
    standing = desk.keep(("standing", region), _LIVE, lambda: live.read_standing(desk, region))
    return Standing(
        standing.at,
        tuple(run for run in standing.runs if run.operator in shifts),
        tuple(one for one in standing.events if one.run.operator in shifts),
    )


def _starts(desk: PublishingDesk, region: str, standing: Standing) -> dict[tuple[str, str], str]:
    """Write the start of each repeated trip on the clock of the joint feed."""
    shifts, known = _joint(desk, region).shifts, desk.region(region)
    starts = {}
    for run in standing.runs:
        if _REPEATED in run.trip_id:
            seconds = known.trips(run.operator)[run.trip_id][1].start + shifts[run.operator]
            hours, rest = divmod(seconds, _HOUR)
            starts[run.operator, run.trip_id] = f"{hours:02}:{rest // _MINUTE:02}:{rest % _MINUTE:02}"
    return starts


def _trip_updates(desk: PublishingDesk, region: str) -> Page:
    standing = _standing(desk, region)
    return Page(live.trip_updates(standing, _starts(desk, region, standing)), _PROTOBUF, _LIVE)


def _alerts(desk: PublishingDesk, region: str) -> Page:
    standing = _standing(desk, region)
    return Page(live.alerts(standing, _starts(desk, region, standing)), _PROTOBUF, _LIVE)


_FILES: Mapping[str, Callable[[PublishingDesk, str], Page]] = {
    "datapackage.json": _package,
    "stop_groups.csv": _groups,
    "zones.csv": _zones,
    "gtfs.zip": _gtfs,
    "trip-updates.pb": _trip_updates,
    "alerts.pb": _alerts,
    "siri-et.xml": lambda desk, region: Page(live.siri_et(_standing(desk, region)), _XML, _LIVE),
    "siri-sx.xml": lambda desk, region: Page(live.siri_sx(_standing(desk, region)), _XML, _LIVE),
}
