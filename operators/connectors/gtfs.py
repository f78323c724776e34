"""Open transport: a timetable from a folder, a zip or an address, and its live delays. Nobody holds anything here.

A feed that is fetched replaces the last good one only when it has no errors and has not lost more than
a third of its trips; until then the last good one stays, also over restarts.
"""

import hashlib
import json
import os
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from google.transit.gtfs_realtime_pb2 import FeedMessage

from operators.connectors.basis import Basis, Now
from operators.errors import BadReply, NotSupported
from operators.files import FEED_FILES, FeedUnreadable, read_zip
from operators.gtfs import realtime
from operators.gtfs.reader import load_timetable
from operators.gtfs.runs import Runs
from operators.gtfs.timetable import Timetable
from operators.port import Capabilities, Disruptions, Matching, Message, TimetableVersion
from operators.transport import LazyWire, Limits, Reply
from tariffs.findings import errors

_OK, _NOT_MODIFIED = 200, 304
# A feed that suddenly has fewer than this share of its trips is more likely broken than true.
_KEPT_PERCENT = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class GtfsSettings:
    """Addresses, each None where there is none; `cache` is the folder of the last good feed."""

    url: str | None = None
    trip_updates_url: str | None = None
    alerts_url: str | None = None
    vehicles_url: str | None = None
    cache: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    allow_private: bool = False
    limits: Limits = field(default_factory=Limits)


class OpenTransport(Basis):
    """A published feed; with an address it is refreshed, with real-time addresses it tells delays."""

    def __init__(self, operator: str, published: Timetable | None, now: Now, settings: GtfsSettings) -> None:
        super().__init__(operator, published, now)
        self._settings = settings
        self._lock = threading.Lock()
        self._wire = LazyWire(settings.limits, settings.headers, allow_private=settings.allow_private)
        self._good: TimetableVersion | None = None
        self._etag, self._version = "", ""
        self._newest: dict[str, tuple[FeedMessage, Message]] = {}
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
        """Fresh trip updates and alerts; what is too old is left out, `as_of` says how old the rest is."""
        if not self.capabilities.disruptions:
            return super().disruptions()
        timetable = self._good.timetable if self._good else self._published
        if timetable is None:
            raise NotSupported(f"{self.operator} publishes no timetable")
        runs = self._runs_of(timetable)
        read: list[Disruptions] = []
        told: dict[str, datetime] = {}
        fresh: dict[str, Message] = {}
        for kind, url in self._live():
            message, came = self._message(kind, url)
            told[kind] = realtime.told_at(message)
            if realtime.is_fresh(message, kind, self.now()):
                read.append(realtime.read(message, timetable, runs))
                fresh[kind] = came
        return replace(
            _joined(read),
            as_of=min(told.values()),
            tells_trips="trip_updates" in fresh,
            trips_told_at=told.get("trip_updates"),
            messages=tuple(fresh.values()),
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

    def _message(self, kind: str, url: str) -> tuple[FeedMessage, Message]:
        """Fetch a message, with its bytes; one that is older than what we have already is not used."""
        reply = self._wire.call("GET", url, changes=False)
        if reply.status != _OK:
            raise BadReply(f"{kind} was answered with {reply.status}")
        message = realtime.parse(reply.content)
        with self._lock:
            known = self._newest.get(kind)
            if known is None or known[0].header.timestamp <= message.header.timestamp:
                # What a query says may be a key of ours.
                self._newest[kind] = message, Message(reply.content, url.partition("?")[0], kind)
            return self._newest[kind]

    def _live(self) -> Sequence[tuple[str, str]]:
        told = (
            ("trip_updates", self._settings.trip_updates_url),
            ("alerts", self._settings.alerts_url),
            ("vehicles", self._settings.vehicles_url),
        )
        return [(kind, url) for kind, url in told if url]


def _joined(read: Sequence[Disruptions]) -> Disruptions:
    """Join several messages into one."""
    unmatched: Counter[str] = Counter()
    for one in read:
        unmatched.update(one.matching.unmatched)
    return Disruptions(
        as_of=datetime.fromtimestamp(0, UTC),
        items=tuple(item for one in read for item in one.items),
        alerts=tuple(alert for one in read for alert in one.alerts),
        added=tuple(trip for one in read for trip in one.added),
        source=realtime.SOURCE,
        matching=Matching(sum(one.matching.messages for one in read), dict(unmatched)),
        vehicles=tuple(vehicle for one in read for vehicle in one.vehicles),
    )


def _read(operator: str, version: str, content: bytes) -> TimetableVersion:
    try:
        files = read_zip(content, FEED_FILES)
    except FeedUnreadable as error:
        raise BadReply(str(error)) from error
    timetable, findings = load_timetable(operator, files)
    if timetable is None:
        first = errors(findings)[0]
        raise BadReply(f"{len(errors(findings))} faults, the first: {first.place}: {first.message}")
    return TimetableVersion(version, timetable, files)


def _trips(timetable: Timetable) -> int:
    return sum(len(pattern.trips) for pattern in timetable.patterns)
