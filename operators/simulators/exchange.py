"""A simulator of an operator that has nothing but files: it allots seats, reads manifests and acknowledges. A stand-in.

`turn` is one visit of its clerk to the folder. The HTTP server is for inspection and fault plans alone;
`POST /_turn` makes a visit. It writes and reads the files by the format, never through the connector.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Literal

from operators.exchange.folder import STAND_IN
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
from operators.exchange.manifest import CLOSING
from operators.fault_plan import Fault
from operators.gtfs.timetable import Timetable
from operators.simulators.server import Answer, Route, Simulator

_MAX_TEXT = 400


@dataclass(slots=True, kw_only=True)
class _Desk:
    """The knowledge of the operator: our tickets by record, files by number, and messages to come."""

    manifest: dict[str, Record] = field(default_factory=dict)
    void: set[str] = field(default_factory=set)
    read: dict[tuple[Kind, int], str] = field(default_factory=dict)
    written: Counter[str] = field(default_factory=Counter)
    answered: dict[tuple[Kind, int], tuple[Refusal, ...]] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    acknowledged: dict[tuple[Kind, int], str] = field(default_factory=dict)
    held_back: list[tuple[str, bytes]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)


class ExchangeSimulator(Simulator):
    """One operator's clerk at the folder of an exchange."""

    name = "an operator that exchanges files"

    def __init__(
        self, now: Callable[[], datetime], folder: Path, me: str, other: str = "throughfare"
    ) -> None:
        super().__init__()
        self.now, self.folder, self._me, self._other = now, folder, me, other
        self.desk = _Desk()
        # It keeps its files, so that it continues with the next number after a restart.
        self._written, self._read = folder / "simulator" / "written", folder / "simulator" / "read"
        for place in (folder / "in", folder / "out", self._written, self._read):
            place.mkdir(parents=True, exist_ok=True)
        (folder / STAND_IN).touch()
        self._restore()

    def routes(self) -> list[Route]:
        """A visit on demand."""
        return [Route("turn", "POST", "/_turn", lambda _: Answer(200, {"read": self.turn()}))]

    def state(self) -> dict[str, Any]:
        """The manifest as the operator has it, and the files."""
        return {
            "manifest": [
                {
                    "record_id": one.record_id,
                    "trip_id": one.trip_id,
                    "date": str(one.service_date),
                    "category": one.category,
                    "place": one.place,
                    "seats": one.seats,
                }
                for one in self.desk.manifest.values()
            ],
            "seats": dict(self.seats()),
            "closed": self.desk.closed,
            "read": [f"{kind} {number}" for kind, number in sorted(self.desk.read)],
            "acknowledged": [
                f"{kind} {number} {told}" for (kind, number), told in sorted(self.desk.acknowledged.items())
            ],
            "troubles": self.desk.troubles,
        }

    def seats(self) -> Counter[str]:
        """Seats sold by us, by trip and day, as the operator has them."""
        found: Counter[str] = Counter()
        for record in self.desk.manifest.values():
            found[f"{record.trip_id} {record.service_date}"] += record.seats
        return found

    def allot(self, trip_id: str, day: date, seats: Mapping[str, int], *, record: str = "") -> None:
        """Let the other side sell seats of a sailing."""
        self.say(
            "ALLOTMENT",
            [
                _row(f"{record or trip_id}-{day}-{place}", trip_id, day, place, number)
                for place, number in seats.items()
            ],
        )

    def allot_days(self, timetable: Timetable, first: date, seats: Mapping[str, int], days: int = 14) -> None:
        """Let the other side sell seats on every trip of some days, in one file."""
        wanted = [first + timedelta(days=offset) for offset in range(-1, days)]
        trips = {
            trip.trip_id: timetable.services[trip.service]
            for pattern in timetable.patterns
            for trip in pattern.trips
        }
        running = [(day, trip) for day, trip in product(wanted, sorted(trips)) if trips[trip].runs_on(day)]
        self.say(
            "ALLOTMENT",
            [
                _row(f"{trip}-{day}-{place}", trip, day, place, number)
                for day, trip in running
                for place, number in seats.items()
            ],
        )

    def report(
        self, trip_id: str, day: date, event: Literal["CANCELLATION", "DELAY"], minutes: int = 0
    ) -> None:
        """Tell a cancellation or a delay."""
        self.say("EVENTS", [_row(f"{trip_id}-{day}-{event}", trip_id, day, event, minutes)])

    def cancel_sailing(self, trip_id: str, day: date) -> None:
        """Tell a cancellation by file."""
        self.report(trip_id, day, "CANCELLATION")

    def say(self, kind: Kind, records: Sequence[Record] = (), acks: Sequence[Acknowledgement] = ()) -> Name:
        """Write a file with the next number, with its fault."""
        with self.lock:
            self.desk.written[kind] += 1
            name = Name(kind, self._me, self._other, self.desk.written[kind])
            content = write(ExchangeFile(name, self.now(), tuple(records), tuple(acks)))
            _put(self._written, str(name), content)
            self._deliver(name, content, self.plan.next(kind.lower()))
            return name

    def turn(self) -> int:
        """Read what has come, acknowledge it, and let go of what was held back; answers how many files were read."""
        with self.lock:
            late, self.desk.held_back = self.desk.held_back, []
            for held_back, content in late:
                _put(self.folder / "in", held_back, content)
            incoming = (parse_name(path.name) for path in (self.folder / "out").iterdir())
            names = [
                name for name in incoming if name and (name.sender, name.receiver) == (self._other, self._me)
            ]
            for name in sorted(names, key=lambda one: (one.kind, one.sequence)):
                self._take(name)
            return len(names)

    def _restore(self) -> None:
        for name in filter(None, (parse_name(path.name) for path in self._written.iterdir())):
            self.desk.written[name.kind] = max(self.desk.written[name.kind], name.sequence)
        known = filter(None, (parse_name(path.name) for path in self._read.iterdir()))
        for name in sorted(known, key=lambda one: (one.kind, one.sequence)):
            content = (self._read / str(name)).read_bytes()
            self.desk.read[name.kind, name.sequence] = sha256(content)
            self.desk.answered[name.kind, name.sequence] = self._enter(read(name, content), None)

    def _take(self, name: Name) -> None:
        path = self.folder / "out" / str(name)
        content = path.read_bytes()
        fault = self.plan.next("read")
        try:
            file = read(name, content)
        except (Broken, Incomplete) as error:
            self.desk.troubles.append(f"{name}: {error!r}")
            return
        path.replace(self._read / str(name))
        key = (name.kind, name.sequence)
        if self.desk.read.setdefault(key, sha256(content)) != sha256(content):
            self.desk.troubles.append(f"{name}: another content under the same number")
            return
        if name.kind == "ACK":
            for ack in file.acknowledgements:
                self.desk.acknowledged[ack.kind, ack.sequence] = ack.status
            return
        if key not in self.desk.answered:  # the same file again is acknowledged again, and nothing else
            self.desk.answered[key] = self._enter(file, fault)
        if fault and fault.kind == "hang_after":
            return  # the clerk forgets to acknowledge
        earlier = self.desk.answered[key]
        status: Literal["ACCEPTED", "ACCEPTED_WITH_ERRORS"] = (
            "ACCEPTED_WITH_ERRORS" if earlier else "ACCEPTED"
        )
        self.say("ACK", acks=[Acknowledgement(name.kind, name.sequence, status, sha256(content), earlier)])

    def _enter(self, file: ExchangeFile, fault: Fault | None) -> tuple[Refusal, ...]:
        """Enter a manifest in the ledger; answers what is refused."""
        if file.records and file.records[0].place == CLOSING:
            return self._close(file.records[0], file.records[1:])
        return tuple(filter(None, (self._apply(record, fault) for record in file.records)))

    def _close(self, closing: Record, rows: Sequence[Record]) -> tuple[Refusal, ...]:
        """Hold the full manifest against the ledger. Where they differ it is told, and the manifest counts."""
        sailing = (closing.trip_id, closing.service_date)
        ledger, full = self.desk.manifest, {row.record_id: row for row in rows}
        mine = {key: row for key, row in ledger.items() if (row.trip_id, row.service_date) == sailing}
        for key in mine.keys() - full.keys():
            del ledger[key]
        ledger.update(full)
        self.desk.closed[f"{closing.trip_id} {closing.service_date}"] = closing.seats
        if mine == full and closing.seats == sum(row.seats for row in rows):
            return ()
        differ = sorted(key for key in mine.keys() | full.keys() if mine.get(key) != full.get(key))
        return (Refusal(closing.record_id, "DIFFERS", f"not as told before: {' '.join(differ)}"[:_MAX_TEXT]),)

    def _apply(self, record: Record, fault: Fault | None) -> Refusal | None:
        if fault and fault.kind == "refuse":
            return Refusal(record.record_id, fault.detail or "OVERBOOKED", "the simulator was told to refuse")
        if record.action == "CANCEL":
            self.desk.manifest.pop(record.record_id, None)
            self.desk.void.add(record.record_id)
        elif record.record_id not in self.desk.void:
            self.desk.manifest[record.record_id] = record
        return None

    def _deliver(self, name: Name, content: bytes, fault: Fault | None) -> None:
        inbox = self.folder / "in"
        kind = fault.kind if fault else ""
        if kind == "late":
            self.desk.held_back.append((str(name), content))
        elif kind == "truncated":
            (inbox / str(name)).write_bytes(content[: len(content) // 2])
        elif kind == "malformed":
            _put(inbox, str(name), content.replace(b"\nT,", b"\nT,9"))
        else:
            _put(inbox, str(name), content)
        if kind == "duplicate":
            self.desk.held_back.append((str(name), content))
        elif kind == "wrong_identity":  # the same number again, with another content
            changed = read(name, content)
            other = replace(
                changed, records=tuple(replace(row, seats=row.seats + 1) for row in changed.records)
            )
            self.desk.held_back.append((str(name), write(other)))


def _row(record: str, trip: str, day: date, place: str, seats: int) -> Record:
    return Record(
        record_id=record,
        action="ADD",
        ticket_id="",
        trip_id=trip,
        service_date=day,
        from_stop="",
        to_stop="",
        category="",
        place=place,
        seats=seats,
    )


def _put(folder: Path, name: str, content: bytes) -> None:
    draft = folder / f"{name}.part"
    draft.write_bytes(content)
    draft.replace(folder / name)
