"""Open a feed: a folder or a zip with GTFS or NeTEx files becomes a mapping from the name of a GTFS file to its text, within limits."""

import codecs
import io
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from operators.gtfs.timetable import FILES
from operators.netex import notes
from operators.netex.convert import convert
from operators.netex.delivery import is_delivery

# The tables that a tariff may change from a day on; the timetable's own tables stay.
FARE_FILES = frozenset({
    "areas.txt", "stop_areas.txt", "networks.txt", "route_networks.txt", "rider_categories.txt", "fare_media.txt",
    "fare_products.txt", "timeframes.txt", "area_sets.txt", "area_set_elements.txt", "fare_leg_rules.txt",
    "fare_leg_join_rules.txt", "fare_transfer_rules.txt", "fare_attributes.txt", "fare_rules.txt",
    "fare_rider_categories.txt",
})  # fmt: skip
# Everything that a timetable and its fares are read from.
FEED_FILES = FARE_FILES | {*FILES}
# Those that `feed.encoding` of region.toml may name; GTFS wants the first.
ENCODINGS = (
    "utf-8", "utf-16", "windows-1250", "windows-1251", "windows-1252", "windows-1257", "iso-8859-1", "iso-8859-2",
    "iso-8859-15",
)  # fmt: skip
MAX_FILE_BYTES = 512 * 1024 * 1024
# Of all files together: a zip of a few megabytes may hold any number of the largest ones.
MAX_FEED_BYTES = 2 * 1024 * 1024 * 1024
MAX_FILES = 1000
_XML = ".xml"
_NO_ZIP = (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, zlib.error)


class Reading(NamedTuple):
    """The way to read a feed: the encoding of its tables, and the time zone of a NeTEx delivery that tells none."""

    encoding: str = ENCODINGS[0]
    time_zone: str = ""


AS_GTFS_WANTS = Reading()


class FeedUnreadable(Exception):
    """The feed is not there, is not a folder or zip, or a file of it cannot be read."""


def read_feed(
    path: Path, wanted: Collection[str], encoding: str = ENCODINGS[0], time_zone: str = ""
) -> dict[str, str]:
    """Read the wanted files of a feed (a folder, or a zip with the files at its top or in one folder).

    Files that are absent are left out; a byte order mark is allowed. A feed without any of them may be a NeTEx delivery: its
    tables are written from it, at `time_zone` where it tells none, and what it told on the way. Raises FeedUnreadable.
    """
    if path.is_dir():
        there = [name for name in wanted if (path / name).is_file()]
        if there:
            return {name: _text(name, _limited(path / name), encoding) for name in there}
        deliveries = {file.name: _limited(file) for file in sorted(path.glob(f"*{_XML}"))}
        return _from_netex(deliveries, wanted, time_zone)
    if not path.is_file():
        raise FeedUnreadable(f"{path} is neither a folder nor a file")
    if path.suffix == _XML:
        content = _limited(path)
        if not is_delivery(content):
            raise FeedUnreadable(
                f"{path} is no NeTEx delivery: its first element is not PublicationDelivery, in UTF-8"
            )
        return _from_netex({path.name: content}, wanted, time_zone)
    with path.open("rb") as file:
        return _open_zip(file, str(path), wanted, Reading(encoding, time_zone))


def read_zip(content: bytes, wanted: Collection[str]) -> dict[str, str]:
    """Read the wanted files of a zip that was fetched; raises FeedUnreadable."""
    return _open_zip(io.BytesIO(content), "the feed", wanted, AS_GTFS_WANTS)


def copy_feed(path: Path, to: Path) -> None:
    """Copy every file of a feed (as `read_feed` finds them) into a folder, byte for byte; raises FeedUnreadable.

    A link that leads out of the feed's folder is refused: the copy may be published.
    """
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if file.is_file():
                if file.resolve().parent != path.resolve():
                    raise FeedUnreadable(f"{file.name} is a link out of {path}")
                (to / file.name).write_bytes(_limited(file))
        return
    if not path.is_file():
        raise FeedUnreadable(f"{path} is neither a folder nor a file")
    if path.suffix == _XML:
        (to / path.name).write_bytes(_limited(path))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for name, content in _members(archive):
                (to / name).write_bytes(content)
    except _NO_ZIP as error:
        raise FeedUnreadable(f"{path} is not a readable zip: {error}") from error


def _open_zip(file: IO[bytes], name: str, wanted: Collection[str], reading: Reading) -> dict[str, str]:
    try:
        with zipfile.ZipFile(file) as archive:
            listed = archive.namelist()
            members = dict(_members(archive, wanted.__contains__))
            deliveries = {} if members else dict(_members(archive, lambda member: member.endswith(_XML)))
    except _NO_ZIP as error:
        raise FeedUnreadable(f"{name} is not a readable zip: {error}") from error
    if deliveries:
        return _from_netex(deliveries, wanted, reading.time_zone)
    _refuse_other_packing(name, listed, members or wanted)
    return {member: _text(member, content, reading.encoding) for member, content in members.items()}


def _refuse_other_packing(name: str, listed: Collection[str], tables: Collection[str]) -> None:
    """Refuse a zip of which nobody can tell the table that counts: in a zip, too deep, or twice; raises FeedUnreadable."""
    places: dict[str, list[str]] = {}
    for member in listed:
        places.setdefault(PurePosixPath(member).name, []).append(member)
    for table in sorted(places.keys() & {*tables}):
        deep = [member for member in places[table] if len(PurePosixPath(member).parts) > 2]  # noqa: PLR2004  one folder deep
        near = [member for member in places[table] if member not in deep]
        if len(near) > 1:
            raise FeedUnreadable(f"{name} holds {table} twice, {near[0]} and {near[1]}: pack each feed alone")
        if not near:
            raise FeedUnreadable(f"{name} has {deep[0]} more than one folder deep: pack it anew")
    zips = [member for member in listed if member.lower().endswith(".zip")]
    if zips and not places.keys() & {*tables}:
        raise FeedUnreadable(f"{name} holds a zip, {zips[0]}, and no table beside it: unpack it first")


def _from_netex(files: Mapping[str, bytes], wanted: Collection[str], time_zone: str) -> dict[str, str]:
    """The wanted tables of a NeTEx delivery, and its notes; nothing where no file is one."""
    deliveries = {name: content for name, content in files.items() if is_delivery(content)}
    if not deliveries:
        return {}
    converted = convert(deliveries, time_zone)
    tables = {name: text for name, text in converted.tables.items() if name in wanted}
    return {**tables, **notes.write(converted.findings)}


def _members(
    archive: zipfile.ZipFile, is_wanted: Callable[[str], bool] = bool
) -> Iterator[tuple[str, bytes]]:
    """Yield the wanted files of a zip, all unless told otherwise, at its top or one folder deep; the first of a name counts."""
    seen: set[str] = set()
    together = 0
    for member in archive.infolist():
        place = PurePosixPath(member.filename)
        if member.is_dir() or place.name in seen or len(place.parts) > 2:  # noqa: PLR2004  one folder deep
            continue
        if not is_wanted(place.name):
            continue
        if member.file_size > MAX_FILE_BYTES:
            raise FeedUnreadable(f"{member.filename} is larger than {MAX_FILE_BYTES} bytes")
        with archive.open(member) as file:
            # The header's size may lie: read no more than the limit, whatever it says.
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise FeedUnreadable(f"{member.filename} is larger than {MAX_FILE_BYTES} bytes")
        seen.add(place.name)
        together += len(content)
        if together > MAX_FEED_BYTES:
            raise FeedUnreadable(f"the files have more than {MAX_FEED_BYTES} bytes together")
        if len(seen) > MAX_FILES:
            raise FeedUnreadable(f"the feed has more than {MAX_FILES} files")
        yield place.name, content


def _limited(path: Path) -> bytes:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise FeedUnreadable(f"{path.name} is larger than {MAX_FILE_BYTES} bytes")
    return path.read_bytes()


def _text(name: str, content: bytes, encoding: str) -> str:
    try:
        return content.decode("utf-8-sig" if encoding == ENCODINGS[0] else encoding)
    except UnicodeError as error:
        raise FeedUnreadable(f"{name} is not {encoding}: {error}; {_guess(content)}") from error


def _guess(content: bytes) -> str:
    """Say how a text may be written, as a hint to a person: nothing is read on a guess."""
    if content[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return f"it looks like utf-16: {_named('utf-16')}"
    return (
        "windows-1252 is usual in the west of Europe, windows-1250 or iso-8859-2 in its middle, windows-1257 at the Baltic, "
        f"windows-1251 for Cyrillic: {_named('windows-1252')}, and look at the names of stops"
    )


def _named(encoding: str) -> str:
    return f'say so by --encoding {encoding}, or in region.toml by `feed = {{ encoding = "{encoding}" }}`'
