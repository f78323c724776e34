"""The files of a file exchange: written and read, byte by byte; a file is whole and right or it is not used. Pure.

`H` row: kind, version, sender, receiver, sequence, created_at. `D` rows: records. `A` and `E` rows:
acknowledgements and the records they refuse. `T` row: number of rows, sums by currency, SHA-256 of all bytes
before it. UTF-8, LF, comma, RFC 4180 quoting, times in UTC with Z, amounts in minor units.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Literal, get_args

Kind = Literal["MANIFEST", "ALLOTMENT", "EVENTS", "CORRECTION", "ACK"]
Action = Literal["ADD", "CHANGE", "CANCEL"]
Status = Literal["ACCEPTED", "ACCEPTED_WITH_ERRORS", "REJECTED"]
KINDS: tuple[Kind, ...] = get_args(Kind)
VERSION = "1"
MAX_BYTES, MAX_ROWS, _MAX_CELL = 20_000_000, 200_000, 500
_NAME = re.compile(
    r"(MANIFEST|ALLOTMENT|EVENTS|CORRECTION|ACK)_([a-z0-9]{1,12})_([a-z0-9]{1,12})_([0-9]{8})\.csv"
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Incomplete(Exception):
    """The trailer is not there: the file is still being written, or was cut."""


class Broken(Exception):
    """The file breaks the format; the message says where."""


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a file's name."""

    kind: Kind
    sender: str
    receiver: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.kind}_{self.sender}_{self.receiver}_{self.sequence:08}.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row about places: `place` is foot, car or cabin, or the kind of an event."""

    record_id: str
    action: Action
    ticket_id: str
    trip_id: str
    service_date: date
    from_stop: str
    to_stop: str
    category: str
    place: str
    seats: int
    amount_minor: int = 0
    currency: str = "XXX"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that was not accepted, and why."""

    record_id: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The acknowledgement of one file by the other side."""

    kind: Kind
    sequence: int
    status: Status
    sha256: str
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class ExchangeFile:
    """A file's content; acknowledgements are in files of the kind ACK alone."""

    name: Name
    created_at: datetime
    records: tuple[Record, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()


def parse_name(text: str) -> Name | None:
    """Read a file's name; None when it is none of ours (a draft, a stranger)."""
    found = _NAME.fullmatch(text)
    return Name(_kind(found[1]), found[2], found[3], int(found[4])) if found else None


def sha256(content: bytes) -> str:
    """The hash by which two files are the same."""
    return hashlib.sha256(content).hexdigest()


def write(file: ExchangeFile) -> bytes:
    """The bytes of a file; cells that a spreadsheet would run are disarmed with an apostrophe."""
    name = file.name
    created = file.created_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    rows: list[list[str]] = [
        ["H", name.kind, VERSION, name.sender, name.receiver, str(name.sequence), created]
    ]
    rows += [["D", *_cells(record)] for record in file.records]
    for ack in file.acknowledgements:
        rows.append(["A", ack.kind, str(ack.sequence), ack.status, ack.sha256])
        rows += [["E", refused.record_id, refused.code, refused.text] for refused in ack.refusals]
    body = _csv([list(map(_disarmed, row)) for row in rows])
    trailer = ["T", str(len(rows) - 1), _sums(file.records), sha256(body)]
    return body + _csv([trailer])


def read(name: Name, content: bytes) -> ExchangeFile:
    """Read a whole file; raises Incomplete without its trailer, Broken for anything else that is wrong."""
    if len(content) > MAX_BYTES:
        raise Broken(f"the file has more than {MAX_BYTES} bytes")
    body, trailer = _split(content)
    rows = _rows(body)
    if not rows or rows[0][:1] != ["H"] or len(rows[0]) < 7:  # noqa: PLR2004  the cells of a header
        raise Broken("row 1: the header is missing")
    _check_header(name, rows[0])
    created = _instant(rows[0][6])
    records = tuple(_record(row, at) for at, row in enumerate(rows, 1) if row[0] == "D")
    acks = _acknowledgements(rows)
    strangers = {row[0] for row in rows[1:]} - {"D", "A", "E"}
    if strangers:
        raise Broken(f"rows of the kind {min(strangers)!r} mean nothing")
    if (name.kind == "ACK") == bool(records):
        raise Broken("acknowledgements and records do not mix, and neither file is empty")
    times = Counter(one.record_id for one in records)
    twice = [record_id for record_id, count in times.items() if count > 1]
    if twice:
        raise Broken(f"the record {twice[0]!r} is in the file twice")
    _check_trailer(trailer, body, rows, records)
    return ExchangeFile(name, created, records, acks)


def _split(content: bytes) -> tuple[bytes, list[str]]:
    """The bytes before the trailer, and the trailer."""
    if not content.endswith(b"\n"):
        raise Incomplete
    start = content.rfind(b"\n", 0, -1) + 1
    last = content[start:]
    if not last.startswith(b"T,"):
        raise Incomplete
    return content[:start], _rows(last)[0]


def _check_header(name: Name, header: Sequence[str]) -> None:
    told = (header[1], header[3], header[4], header[5])
    if told != (name.kind, name.sender, name.receiver, str(name.sequence)):
        raise Broken("row 1: the header and the name of the file disagree")
    if header[2] != VERSION:
        raise Broken(f"row 1: version {header[2]!r} is not known")


def _check_trailer(
    trailer: Sequence[str], body: bytes, rows: Sequence[Sequence[str]], records: Sequence[Record]
) -> None:
    if len(trailer) < 4 or not _SHA256.fullmatch(trailer[3]):  # noqa: PLR2004  the cells of a trailer
        raise Broken("the trailer cannot be read")
    if trailer[1] != str(len(rows) - 1):
        raise Broken(f"the trailer counts {trailer[1]} rows, there are {len(rows) - 1}")
    if trailer[2] != _sums(records):
        raise Broken(f"the trailer's sum is {trailer[2]!r}, the rows add up to {_sums(records)!r}")
    if trailer[3] != sha256(body):
        raise Broken("the trailer's hash is not that of the rows")


def _record(row: Sequence[str], at: int) -> Record:
    wanted = fields(Record)
    cells = [_armed(cell) for cell in row[1 : len(wanted) + 1]]  # further cells are for later versions
    if len(cells) < len(wanted):
        raise Broken(f"row {at}: {len(wanted)} cells are needed, there are {len(cells)}")
    named = dict(zip((one.name for one in wanted), cells, strict=True))
    if not named["record_id"] or not named["trip_id"]:
        raise Broken(f"row {at}: record_id and trip_id are needed")
    if named["action"] not in get_args(Action):
        raise Broken(f"row {at}: {named['action']!r} is no action")
    if not _CURRENCY.fullmatch(named["currency"]):
        raise Broken(f"row {at}: {named['currency']!r} is no currency")
    try:
        day = date.fromisoformat(named["service_date"])
    except ValueError as error:
        raise Broken(f"row {at}: {named['service_date']!r} is no date") from error
    seats, amount = (_whole(named[name], name, at) for name in ("seats", "amount_minor"))
    if seats < 0:
        raise Broken(f"row {at}: seats cannot be negative")
    texts = {name: named[name] for name in ("record_id", "ticket_id", "trip_id", "from_stop", "to_stop")}
    return Record(
        action=named["action"],  # type: ignore[arg-type]  # one of them, as checked
        service_date=day,
        category=named["category"],
        place=named["place"],
        seats=seats,
        amount_minor=amount,
        currency=named["currency"],
        **texts,
    )


def _acknowledgements(rows: Sequence[Sequence[str]]) -> tuple[Acknowledgement, ...]:
    acknowledgements: list[tuple[Acknowledgement, list[Refusal]]] = []
    for at, row in enumerate(rows, 1):
        if row[0] == "A":
            if len(row) < 5 or row[1] not in KINDS or row[3] not in get_args(Status):  # noqa: PLR2004  its cells
                raise Broken(f"row {at}: the acknowledgement cannot be read")
            sequence = _whole(row[2], "sequence", at)
            acknowledgements.append((Acknowledgement(_kind(row[1]), sequence, row[3], row[4]), []))  # type: ignore[arg-type]
        elif row[0] == "E":
            if not acknowledgements or len(row) < 4:  # noqa: PLR2004  its cells
                raise Broken(f"row {at}: a refusal belongs to an acknowledgement and has three cells")
            acknowledgements[-1][1].append(Refusal(_armed(row[1]), row[2], _armed(row[3])))
    return tuple(replace(ack, refusals=tuple(refusals)) for ack, refusals in acknowledgements)


def _rows(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Broken("the file is not UTF-8") from error
    if "\0" in text or "\r" in text:
        raise Broken("the file has U+0000 or carriage returns")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Broken(f"the file is no CSV: {error}") from error
    if len(rows) > MAX_ROWS:
        raise Broken(f"the file has more than {MAX_ROWS} rows")
    for at, row in enumerate(rows, 1):
        if not row:
            raise Broken(f"row {at} is empty")
        if any(len(cell) > _MAX_CELL for cell in row):
            raise Broken(f"row {at}: a cell has more than {_MAX_CELL} characters")
    return rows


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _cells(record: Record) -> list[str]:
    values = [getattr(record, one.name) for one in fields(Record)]
    return [value.isoformat() if isinstance(value, date) else str(value) for value in values]


def _sums(records: Sequence[Record]) -> str:
    sums: Counter[str] = Counter()
    for record in records:
        sums[record.currency] += record.amount_minor
    return ";".join(f"{currency}:{minor}" for currency, minor in sorted(sums.items()))


def _disarmed(cell: str) -> str:
    """A cell that a spreadsheet would run, or that looks disarmed already, gets an apostrophe; numbers do not."""
    dangerous = cell.startswith((*_FORMULA, "'")) and not _WHOLE.fullmatch(cell)
    return f"'{cell}" if dangerous else cell


def _armed(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")) else cell


def _whole(text: str, name: str, at: int) -> int:
    if not _WHOLE.fullmatch(text):
        raise Broken(f"row {at}: {name} is {text!r}, not a whole number")
    return int(text)


def _instant(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Broken(f"row 1: {text!r} is no time like 2026-10-13T04:30:00Z") from error


def _kind(text: str) -> Kind:
    return next(kind for kind in KINDS if kind == text)
