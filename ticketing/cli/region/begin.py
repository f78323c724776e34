"""Read operators' feeds from files or addresses, and write the region that they begin."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx

from operators.beginning import Beginning, Sold, Source, begin
from operators.files import (
    AS_GTFS_WANTS,
    FEED_FILES,
    MAX_FILE_BYTES,
    FeedUnreadable,
    Reading,
    copy_feed,
    read_feed,
)
from operators.gtfs.leaving_out import load_leaving_out
from tariffs.fares.feed import load
from tariffs.findings import Finding, errors
from ticketing.errors import Fault, InvalidRequest

_SECONDS = 60.0
_ADDRESSES = ("https://", "http://")


def begin_region(
    place: Path, feeds: Sequence[str], reading: Reading = AS_GTFS_WANTS
) -> tuple[Beginning, list[Finding]]:
    """Write the folder of a region from feeds, whole or not at all; answers with what was left out or is doubtful.

    Raises InvalidRequest with every fault of a feed that cannot be read.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}-") as scratch:
        paths = [_fetched(feed, Path(scratch)) for feed in feeds]
        read = [_source(path, feed, reading) for path, feed in zip(paths, feeds, strict=True)]
        try:
            beginning = begin(place.name, [source for source, _ in read])
        except ValueError as error:
            raise InvalidRequest.at("--feed", str(error)) from None
        whole = Path(scratch) / "region"
        whole.mkdir()
        for name, text in beginning.files.items():
            (whole / name).write_text(text, encoding="utf-8", newline="")
        for operator, path in zip(beginning.operators, paths, strict=True):
            (whole / "feeds" / operator).mkdir(parents=True)
            _copy(path, whole / "feeds" / operator)
        whole.rename(place)
    return beginning, [finding for _, findings in read for finding in findings]


def _fetched(feed: str, scratch: Path) -> Path:
    """The file of a feed: the one that is named, or what an address answers with, within the limit."""
    if not feed.startswith(_ADDRESSES):
        return Path(feed)
    path = scratch / f"{hashlib.sha256(feed.encode()).hexdigest()[:12]}.zip"
    try:
        with (
            httpx.stream("GET", feed, timeout=_SECONDS, follow_redirects=True) as answer,
            path.open("wb") as file,
        ):
            if not answer.is_success:
                raise InvalidRequest.at("--feed", f"{_shown(feed)} answers {answer.status_code}")
            for part in answer.iter_bytes():
                file.write(part)
                if file.tell() > MAX_FILE_BYTES:
                    raise InvalidRequest.at("--feed", f"{_shown(feed)} is larger than {MAX_FILE_BYTES} bytes")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InvalidRequest.at("--feed", f"{_shown(feed)} cannot be fetched: {error}") from error
    return path


def _shown(feed: str) -> str:
    """An address without what may be a key: its user, its password and its query; any other name as it is."""
    if not feed.startswith(_ADDRESSES):
        return feed
    address, asks, _ = feed.partition("#")[0].partition("?")
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}{asks and '?...'}"


def _source(path: Path, origin: str, reading: Reading) -> tuple[Source, list[Finding]]:
    try:
        files = read_feed(path, FEED_FILES, *reading)
    except FeedUnreadable as error:
        message = str(error).replace(str(path), _shown(origin))
        raise InvalidRequest.at("--feed", message) from error
    read = load_leaving_out(path.stem, files)
    tariff, findings = load(read.files)
    findings = [*read.findings, *findings]
    if read.timetable is None or tariff is None:
        # Why the feed is refused as a whole comes before its single faults.
        wrong = sorted(errors(findings), key=lambda found: found.code != "too_many_faults")
        faults = [Fault(found.place, found.message) for found in wrong]
        count = "one error" if len(wrong) == 1 else f"{len(wrong)} errors, the first"
        raise InvalidRequest(f"{_shown(origin)} has {count}: {wrong[0].place}: {wrong[0].message}", faults)
    return (
        Source(
            files=read.files,
            timetable=read.timetable,
            prices=[Sold(row.rider, row.medium, row.price.currency) for row in tariff.prices()],
            origin=_shown(origin) if origin.startswith(_ADDRESSES) else path.name,
            digest=_digest(path),
            reading=reading,
        ),
        findings,
    )


def _copy(path: Path, to: Path) -> None:
    try:
        copy_feed(path, to)
    except FeedUnreadable as error:
        raise InvalidRequest.at("--feed", str(error)) from error


def _digest(path: Path) -> str:
    """The SHA-256 of a zip, or of a folder's files one after the other, by name."""
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
