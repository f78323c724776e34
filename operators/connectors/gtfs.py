"""Open transport: a timetable from a folder, a zip or an address, and its live delays (GTFS-Realtime or SIRI). Nobody holds anything here.

A feed that is fetched replaces the last good one only when it has no errors and has not lost more than
a third of its trips; until then the last good one stays, also over restarts.
"""

import hashlib
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from operators.connectors.basis import Basis, Now
from operators.errors import BadReply, NotSupported, OperatorError, Unavailable
from operators.files import FEED_FILES, FeedUnreadable, read_zip
from operators.gtfs import realtime
from operators.gtfs.leaving_out import load_leaving_out
from operators.gtfs.runs import Runs
from operators.gtfs.timetable import Timetable
from operators.port import Capabilities, Disruptions, Matching, Message, TimetableVersion
from operators.siri import estimated, situations
from operators.siri.delivery import MAX_BYTES, parse
from operators.siri.journeys import Names
from operators.transport import LazyWire, Limits, Reply
from tariffs.findings import errors

_OK, _NOT_MODIFIED = 200, 304
# A feed that suddenly has fewer than this share of its trips is more likely broken than true.
_KEPT_PERCENT = 70

_TRIPS = "trip_updates"


@dataclass(frozen=True, slots=True, kw_only=True)
class GtfsSettings:
    """Addresses, each None where there is none; `cache` is the folder of the last good feed.

    `siri_et` and `siri_sx` may be paths of files as well; `siri_names` tells how they name what the timetable has.
    """

    url: str | None = None
    trip_updates_url: str | None = None
    alerts_url: str | None = None
    vehicles_url: str | None = None
    siri_et: str | None = None
    siri_sx: str | None = None
    siri_names: Names = field(default_factory=Names)
    cache: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    allow_private: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class _Live:
    """A message that was decoded: when it was made, and how it is read by a timetable."""

    told_at: datetime
    read: Callable[[Timetable, Runs], Disruptions]


Decode = Callable[[bytes], _Live]


class OpenTransport(Basis):
    """A published feed; with an address it is refreshed, with real-time addresses it tells delays."""

    def __init__(self, operator: str, published: Timetable | None, now: Now, settings: GtfsSettings) -> None:
        super().__init__(operator, published, now)
        self._settings = settings
        self._lock = threading.Lock()
        self._wire = LazyWire(settings.limits, settings.headers, allow_private=settings.allow_private)
        self._good: TimetableVersion | None = None
        self._etag, self._version = "", ""
        self._newest: dict[str, tuple[_Live, Message]] = {}
        self._runs: Runs | None = None
        self.capabilities = Capabilities(
            needs_hold=False,
            disruptions=bool(self._live()),
            vehicles=settings.vehicles_url is not None,
        )

    def timetable(self, known_version: str | None = None) -> TimetableVersion | None:
        """Fetch if there is an address; None when nothing is newer than `known_version`.

        Raises BadReply for a feed that cannot replace the last good one, Unavailable when there is no answer.
        """
        if self._settings.url is None:
            return super().timetable(known_version)
        with self._lock:
            self._recall()
            self._refresh(self._settings.url)
            found = self._good
        return None if found is None or found.version == known_version else found

    def kept_timetable(self) -> TimetableVersion | None:
        """The last good feed that was fetched, from this run or an earlier one; nothing is asked."""
        with self._lock:
            self._recall()
            return self._good

    def disruptions(self) -> Disruptions:
        """Fresh trip updates and alerts; what is too old is left out, `as_of` says how old the rest is.

        Alerts or positions that cannot be had keep no cancellation back; raises where the trips cannot be had, or nothing.
        """
        if not self.capabilities.disruptions:
            return super().disruptions()
        timetable = self._good.timetable if self._good else self._published
        if timetable is None:
            raise NotSupported(f"{self.operator} publishes no timetable")
        runs = self._runs_of(timetable)
        read: list[Disruptions] = []
        times: dict[str, datetime] = {}
        fresh: dict[str, Message] = {}
        failures: list[OperatorError] = []
        for kind, place, decode in self._live():
            try:
                live, came = self._message(kind, place, decode)
                times[kind] = live.told_at
                if realtime.is_fresh(live.told_at, kind, self.now()):
                    read.append(live.read(timetable, runs))
                    fresh[kind] = came
            except OperatorError as error:
                if kind == _TRIPS:
                    raise
                failures.append(error)
        if not times:
            raise failures[0]
        return replace(
            _joined(read),
            # A time in the future is a mistake, beside which no later message is to look old.
            as_of=min(times.get(_TRIPS) or min(times.values()), self.now()),
            tells_trips=_TRIPS in fresh,
            trips_told_at=times.get(_TRIPS),
            messages=tuple(fresh.values()),
            trouble="; ".join(str(error) or type(error).__name__ for error in failures),
        )

    def _runs_of(self, timetable: Timetable) -> Runs:
        """The runs of a timetable, made once for each version of it."""
        if self._runs is None or self._runs.timetable is not timetable:
            self._runs = Runs(timetable)
        return self._runs

    def _refresh(self, url: str) -> None:
        headers = {"If-None-Match": self._etag} if self._etag and self._good else {}
        reply = self._wire.call("GET", url, changes=False, headers=headers)
        if reply.status == _NOT_MODIFIED:
            return
        if reply.status != _OK:
            raise BadReply(f"the feed was answered with {reply.status}")
        version = hashlib.sha256(reply.content).hexdigest()
        if self._good is None or version != self._good.version:
            self._good = self._accepted(version, reply)
        self._etag = reply.headers.get("etag", "")
        self._remember(reply.content)

    def _accepted(self, version: str, reply: Reply) -> TimetableVersion:
        """Read a feed; raises BadReply with its faults, or when it has lost too much."""
        found = _read(self.operator, version, reply.content)
        before = self._good.timetable if self._good else self._published
        if before is not None:
            had, has = _trips(before), _trips(found.timetable)
            if has * 100 < had * _KEPT_PERCENT:
                raise BadReply(f"the feed has {has} trips, the last good one had {had}: somebody should look")
        return found

    def _recall(self) -> None:
        """Go on with what an earlier run found good."""
        folder = self._settings.cache
        if self._good is not None or folder is None or not (folder / "feed.zip").is_file():
            return
        try:
            content = (folder / "feed.zip").read_bytes()
            self._good = _read(self.operator, hashlib.sha256(content).hexdigest(), content)
            self._etag = str(json.loads((folder / "feed.json").read_text(encoding="utf-8"))["etag"])
        except (BadReply, OSError, ValueError, KeyError):
            self._etag = ""  # the region's own feed is used until the next refresh

    def _remember(self, content: bytes) -> None:
        folder = self._settings.cache
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name, written in (
            ("feed.zip", content),
            ("feed.json", json.dumps({"etag": self._etag}).encode()),
        ):
            draft = folder / f"{name}.{os.getpid()}.part"
            draft.write_bytes(written)
            draft.replace(folder / name)

    def _message(self, kind: str, place: str, decode: Decode) -> tuple[_Live, Message]:
        """Fetch a message, with its bytes; one that is older than what we have already is not used.

        What came with a time in the future was wrong about it, and stands against no other message.
        """
        content = self._content(kind, place)
        live = decode(content)
        with self._lock:
            known = self._newest.get(kind)
            if known is None or known[0].told_at <= live.told_at or known[0].told_at > self.now():
                # A query may contain a key of ours.
                self._newest[kind] = live, Message(content, place.partition("?")[0], kind)
            return self._newest[kind]

    def _content(self, kind: str, place: str) -> bytes:
        """Read what is at an address, or in a file."""
        if not is_address(place):
            return _file(kind, Path(place))
        reply = self._wire.call("GET", place, changes=False)
        if reply.status != _OK:
            raise BadReply(f"{kind} was answered with {reply.status}")
        return reply.content

    def _live(self) -> Sequence[tuple[str, str, Decode]]:
        settings = self._settings
        sources: Sequence[tuple[str, str | None, Decode]] = (
            (_TRIPS, settings.trip_updates_url, _gtfs_realtime),
            ("alerts", settings.alerts_url, _gtfs_realtime),
            ("vehicles", settings.vehicles_url, _gtfs_realtime),
            (_TRIPS, settings.siri_et, self._estimated),
            ("alerts", settings.siri_sx, self._situations),
        )
        return [(kind, place, decode) for kind, place, decode in sources if place]

    def _estimated(self, content: bytes) -> _Live:
        delivery, names = parse(content, estimated.SERVICE), self._settings.siri_names
        return _Live(
            delivery.told_at,
            lambda timetable, runs: estimated.read_estimated(delivery, timetable, runs, names),
        )

    def _situations(self, content: bytes) -> _Live:
        delivery, names = parse(content, situations.SERVICE), self._settings.siri_names
        return _Live(delivery.told_at, lambda _timetable, _runs: situations.read_situations(delivery, names))


def is_address(place: str) -> bool:
    """Tell an address from the path of a file."""
    return "://" in place


def _gtfs_realtime(content: bytes) -> _Live:
    message = realtime.parse(content)
    return _Live(realtime.told_at(message), lambda timetable, runs: realtime.read(message, timetable, runs))


def _file(kind: str, path: Path) -> bytes:
    """Read a file that an operator puts down; raises Unavailable where there is none that can be read."""
    try:
        if not path.is_file():
            raise Unavailable(f"{kind}: {path} is no file")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unavailable(f"{kind}: {path} cannot be read: {error.strerror}") from error


def _joined(read: Sequence[Disruptions]) -> Disruptions:
    """Join several messages into one."""
    unmatched: Counter[str] = Counter()
    for message in read:
        unmatched.update(message.matching.unmatched)
    return Disruptions(
        as_of=datetime.fromtimestamp(0, UTC),
        items=tuple(item for message in read for item in message.items),
        alerts=tuple(alert for message in read for alert in message.alerts),
        added=tuple(trip for message in read for trip in message.added),
        source=next((message.source for message in read if message.tells_trips), realtime.SOURCE),
        matching=Matching(sum(message.matching.messages for message in read), dict(unmatched)),
        vehicles=tuple(vehicle for message in read for vehicle in message.vehicles),
        alerts_source=next((message.alerts_source for message in read if message.alerts_source), ""),
    )


def _read(operator: str, version: str, content: bytes) -> TimetableVersion:
    try:
        files = read_zip(content, FEED_FILES)
    except FeedUnreadable as error:
        raise BadReply(str(error)) from error
    read = load_leaving_out(operator, files)
    if read.timetable is None:
        first = errors(read.findings)[0]
        raise BadReply(f"{len(errors(read.findings))} faults, the first: {first.place}: {first.message}")
    return TimetableVersion(version, read.timetable, read.files)


def _trips(timetable: Timetable) -> int:
    return sum(len(pattern.trips) for pattern in timetable.patterns)
