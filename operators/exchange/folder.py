"""A folder as post office: what came in, in sequence and once; what went out, until it is acknowledged.

`in/` is where the other side puts files and `out/` where it finds ours. `accepted/`, `sent/` and
`quarantine/` are ours alone. The folder itself is the record: a file has been accepted when it has been
renamed into `accepted/`, so a crash at any moment repeats at most what is harmless.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from operators.exchange.format import (
    Acknowledgement,
    Broken,
    ExchangeFile,
    Incomplete,
    Kind,
    Name,
    Record,
    Refusal,
    parse_name,
    read,
    sha256,
    write,
)

# A simulator says by this file in the folder that nothing behind it is real.
STAND_IN = "STAND-IN"
GAP_PATIENCE = timedelta(minutes=15)
ACK_PATIENCE = timedelta(minutes=60)
Trouble = Literal[
    "gap", "incomplete", "quarantined", "changed_replay", "no_acknowledgement", "rejected", "refused"
]
Place = Literal["accepted", "sent"]
_CONTENT: tuple[Kind, ...] = ("MANIFEST", "ALLOTMENT", "EVENTS", "CORRECTION")
# Judges a file's records before it is accepted: each refusal is told, the rest counts.
Judge = Callable[[ExchangeFile], Sequence[Refusal]]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person should look at; `file` names it."""

    trouble: Trouble
    file: str
    detail: str


@dataclass(slots=True, kw_only=True)
class PostOffice:
    """One side of an exchange: `me` writes to `other`. Safe for several threads and processes."""

    folder: Path
    me: str
    other: str
    now: Callable[[], datetime]
    _cache: dict[str, ExchangeFile] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _inside: bool = False
    _numbers: dict[tuple[Place, Kind], int] = field(default_factory=dict)
    _resumed: bool = False

    def receive(self, judge: Judge) -> list[Alarm]:
        """Take in whatever has come, in sequence, and acknowledge it; answers what is wrong."""
        with self.locked():
            alarms = [alarm for name in self._arrived() for alarm in self._take(name, judge)]
            self._acknowledge_accepted(judge)
            return alarms

    def send(self, kind: Kind, records: Sequence[Record] = (), acks: Sequence[Acknowledgement] = ()) -> Name:
        """Write a file with the next number; it is sent when it stands in `sent/`."""
        with self.locked():
            name = Name(kind, self.me, self.other, 1 + self.last("sent", kind))
            content = write(ExchangeFile(name, self.now(), tuple(records), tuple(acks)))
            _put(self.folder / "sent", str(name), content)
            _put(self.folder / "out", str(name), content)
            return name

    def resend(self) -> list[Alarm]:
        """Put the identical bytes out again of what nobody has acknowledged in time.

        The first time, of whatever is not acknowledged: a crash may have come between writing and putting out.
        """
        with self.locked():
            again, self._resumed = not self._resumed, True
            acknowledged = {(ack.kind, ack.sequence): ack for ack in self._acks("accepted")}
            alarms: list[Alarm] = []
            for file in (file for kind in _CONTENT for file in self.files("sent", kind)):
                ack = acknowledged.get((file.name.kind, file.name.sequence))
                alarms += self._follow(file, ack, again=again)
            return alarms

    def files(self, place: Place, kind: Kind, after: int = 0) -> Iterator[ExchangeFile]:
        """The files of one side and kind in sequence, from number `after` + 1 on; each is read once."""
        for sequence in range(after + 1, self.last(place, kind) + 1):
            name = self._name(place, kind, sequence)
            key = f"{place}/{name}"
            if key not in self._cache:
                self._cache[key] = read(name, (self.folder / place / str(name)).read_bytes())
            yield self._cache[key]

    def last(self, place: Place, kind: Kind) -> int:
        """The highest number in a folder: numbers there have no gap, so the next one is looked for, not all listed."""
        number = self._numbers.get((place, kind), 0)
        while (self.folder / place / str(self._name(place, kind, number + 1))).exists():
            number += 1
        self._numbers[place, kind] = number
        return number

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone with the folder, among threads and among processes."""
        with self._lock:
            if self._inside:
                yield
                return
            for name in ("in", "out", "accepted", "sent", "quarantine"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            with (self.folder / ".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._inside = True
                try:
                    yield
                finally:
                    self._inside = False

    def _follow(self, file: ExchangeFile, ack: Acknowledgement | None, *, again: bool) -> list[Alarm]:
        """Follow a file of ours to its acknowledgement: silence and a missing file are answered with the same bytes again."""
        name = file.name
        overdue = ack is None and self.now() - file.created_at >= ACK_PATIENCE
        missing = ack is not None and any(one.code == "MISSING" for one in ack.refusals)
        is_due = overdue or missing or (again and ack is None)
        if is_due and not (self.folder / "out" / str(name)).exists():
            _put(self.folder / "out", str(name), (self.folder / "sent" / str(name)).read_bytes())
        if overdue:
            return [Alarm("no_acknowledgement", str(name), f"sent {file.created_at.isoformat()}")]
        return [] if ack is None or missing else _refused(str(name), ack)

    def _arrived(self) -> list[Name]:
        found = (parse_name(path.name) for path in (self.folder / "in").iterdir())
        mine = [name for name in found if name and (name.sender, name.receiver) == (self.other, self.me)]
        return sorted(mine, key=lambda name: (name.kind, name.sequence))

    def _take(self, name: Name, judge: Judge) -> list[Alarm]:
        path = self.folder / "in" / str(name)
        content = path.read_bytes()
        accepted = self.folder / "accepted" / str(name)
        if accepted.exists():
            return self._replayed(name, content, accepted.read_bytes(), judge)
        expected = 1 + self.last("accepted", name.kind)
        if name.sequence > expected:
            return self._gap(name, path, expected)
        try:
            file = read(name, content)
        except Incomplete:
            waited = self._waited(path) >= GAP_PATIENCE
            return [Alarm("incomplete", str(name), "there is no trailer")] if waited else []
        except Broken as error:
            return [self._quarantine(name, content, str(error), "quarantined")]
        refusals = tuple(judge(file)) if name.kind != "ACK" else ()
        path.replace(accepted)  # this is the moment of acceptance
        if name.kind != "ACK":
            self._acknowledge(file, content, refusals)
        return [Alarm("refused", str(name), f"{one.record_id}: {one.code}") for one in refusals]

    def _replayed(self, name: Name, content: bytes, known: bytes, judge: Judge) -> list[Alarm]:
        path = self.folder / "in" / str(name)
        if content != known:
            reason = "this number was used for another content"
            return [self._quarantine(name, content, reason, "changed_replay")]
        path.unlink()
        if name.kind != "ACK":
            file = read(name, content)
            self._acknowledge(file, content, tuple(judge(file)))
        return []

    def _gap(self, name: Name, path: Path, expected: int) -> list[Alarm]:
        """A later file waits; after some patience the missing one is asked for, once."""
        if self._waited(path) < GAP_PATIENCE:
            return []
        missing = Name(name.kind, self.other, self.me, expected)
        asked = any(
            (ack.kind, ack.sequence, ack.status) == (name.kind, expected, "REJECTED")
            for ack in self._acks("sent")
        )
        if not asked and name.kind != "ACK":
            refusal = Refusal("", "MISSING", f"{missing} has not arrived, {name} waits for it")
            self.send("ACK", acks=[Acknowledgement(name.kind, expected, "REJECTED", "", (refusal,))])
        return [Alarm("gap", str(name), f"waits for {missing}")]

    def _quarantine(self, name: Name, content: bytes, reason: str, trouble: Trouble) -> Alarm:
        """Set a wrong file aside with its reason; nothing of it counts, nothing of it is lost."""
        path = self.folder / "in" / str(name)
        aside = f"{name}.{sha256(content)[:12]}"
        _put(self.folder / "quarantine", f"{aside}.reason.txt", f"{reason}\n".encode())
        path.replace(self.folder / "quarantine" / aside)
        if name.kind != "ACK":
            refusal = Refusal("", trouble.upper(), reason)
            self.send(
                "ACK",
                acks=[Acknowledgement(name.kind, name.sequence, "REJECTED", sha256(content), (refusal,))],
            )
        return Alarm(trouble, str(name), reason)

    def _acknowledge(self, file: ExchangeFile, content: bytes, refusals: Sequence[Refusal]) -> None:
        status: Literal["ACCEPTED", "ACCEPTED_WITH_ERRORS"] = (
            "ACCEPTED_WITH_ERRORS" if refusals else "ACCEPTED"
        )
        ack = Acknowledgement(file.name.kind, file.name.sequence, status, sha256(content), tuple(refusals))
        self.send("ACK", acks=[ack])

    def _acknowledge_accepted(self, judge: Judge) -> None:
        """Acknowledge what was accepted just before a crash."""
        told = {(ack.kind, ack.sequence) for ack in self._acks("sent") if ack.status != "REJECTED"}
        for file in [file for kind in _CONTENT for file in self.files("accepted", kind)]:
            name = file.name
            if (name.kind, name.sequence) not in told:
                content = (self.folder / "accepted" / str(name)).read_bytes()
                self._acknowledge(file, content, tuple(judge(file)))

    def _acks(self, place: Place) -> Iterator[Acknowledgement]:
        for file in self.files(place, "ACK"):
            yield from file.acknowledgements

    def _name(self, place: Place, kind: Kind, sequence: int) -> Name:
        ours = place == "sent"
        return Name(kind, self.me if ours else self.other, self.other if ours else self.me, sequence)

    def _waited(self, path: Path) -> timedelta:
        return self.now() - datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _put(folder: Path, name: str, content: bytes) -> None:
    """Write a draft, make it durable, and give it its name in one step."""
    draft = folder / f"{name}.part"
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / name)


def _refused(name: str, ack: Acknowledgement) -> list[Alarm]:
    """List what the other side has refused of a file: all of it, or some records."""
    if ack.status == "ACCEPTED":
        return []
    if ack.status == "REJECTED":
        return [Alarm("rejected", name, "; ".join(f"{one.code} {one.text}" for one in ack.refusals))]
    return [Alarm("refused", name, f"{one.record_id}: {one.code} {one.text}") for one in ack.refusals]
