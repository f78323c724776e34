"""Open a feed: a folder or a zip with GTFS files becomes a mapping from file name to text, within limits."""

import io
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from typing import IO

from operators.gtfs.timetable import FILES

# The tables that a tariff may change from a day on; the timetable's own tables stay.
FARE_FILES = frozenset({
    "areas.txt", "stop_areas.txt", "networks.txt", "route_networks.txt", "rider_categories.txt", "fare_media.txt",
    "fare_products.txt", "timeframes.txt", "area_sets.txt", "area_set_elements.txt", "fare_leg_rules.txt",
    "fare_leg_join_rules.txt", "fare_transfer_rules.txt",
})  # fmt: skip
# Everything that a timetable and its fares are read from.
FEED_FILES = FARE_FILES | {*FILES}
MAX_FILE_BYTES = 512 * 1024 * 1024


class FeedUnreadable(Exception):
    """The feed is not there, is not a folder or zip, or a file of it cannot be read."""


def read_feed(path: Path, wanted: Collection[str]) -> dict[str, str]:
    """Read the wanted files of a feed (a folder, or a zip with the files at its top or in one folder).

    Files that are absent are left out; text is UTF-8, a byte order mark is allowed. Raises FeedUnreadable.
    """
    if path.is_dir():
        return {name: _text(name, _limited(path / name)) for name in wanted if (path / name).is_file()}
    if not path.is_file():
        raise FeedUnreadable(f"{path} is neither a folder nor a file")
    with path.open("rb") as file:
        return _open_zip(file, str(path), wanted)


def read_zip(content: bytes, wanted: Collection[str]) -> dict[str, str]:
    """Read the wanted files of a zip that was fetched; raises FeedUnreadable."""
    return _open_zip(io.BytesIO(content), "the feed", wanted)


def _open_zip(file: IO[bytes], name: str, wanted: Collection[str]) -> dict[str, str]:
    try:
        with zipfile.ZipFile(file) as archive:
            return _read_zip(archive, wanted)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise FeedUnreadable(f"{name} is not a readable zip: {error}") from error


def _read_zip(archive: zipfile.ZipFile, wanted: Collection[str]) -> dict[str, str]:
    files: dict[str, str] = {}
    for member in archive.infolist():
        place = PurePosixPath(member.filename)
        if member.is_dir() or place.name not in wanted or len(place.parts) > 2 or place.name in files:  # noqa: PLR2004  one folder deep
            continue
        if member.file_size > MAX_FILE_BYTES:
            raise FeedUnreadable(f"{member.filename} is larger than {MAX_FILE_BYTES} bytes")
        with archive.open(member) as file:
            # The header's size may lie: read no more than the limit, whatever it says.
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise FeedUnreadable(f"{member.filename} is larger than {MAX_FILE_BYTES} bytes")
        files[place.name] = _text(place.name, content)
    return files


def _limited(path: Path) -> bytes:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise FeedUnreadable(f"{path.name} is larger than {MAX_FILE_BYTES} bytes")
    return path.read_bytes()


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FeedUnreadable(f"{name} is not UTF-8: {error}") from error
