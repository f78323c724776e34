"""Exchange files with the bank by a folder: what the bank puts into `in` is taken, payment files go to `out`, each once.

A program of the bank, or a person, carries the files. A file is taken when it is whole: its name ends in .xml and it has
not changed for a while. It then lies in `done`, or in `refused` with its reason beside it. A payment file is claimed in
`handed` before it appears in `out`: it is never handed over twice, also where the process dies between the two.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ticketing.db import Transaction
from ticketing.db.settlement import bank_words, runs
from ticketing.errors import InvalidRequest, ThroughfareError
from ticketing.settlement.bank import pain002
from ticketing.settlement.bank.answers import take_answer
from ticketing.settlement.bank.camt import MAX_BYTES
from ticketing.settlement.bank.camt_xml import parsed
from ticketing.settlement.bank.matching import CERTAIN
from ticketing.settlement.bank.reconcile import take_statement
from ticketing.settlement.inert import plain
from ticketing.settlement.office import Office
from ticketing.settlement.payout import PAYMENTS, again_files, message_id_again

SETTLED_SECONDS = 10
_REASON = ".txt"
# The longest name that file systems keep; and how much of a name and of a reason is told on a line.
_MOST_BYTES, _NAME_LETTERS, _REASON_LETTERS = 255, 100, 500
_PARTS = ("in", "out", "done", "refused", "handed")


@dataclass(frozen=True, slots=True)
class Moved:
    """The end of one file: `taken`, `refused` or `handed`, in a few words."""

    name: str
    what: str
    detail: str


def exchange(
    office: Office, region: str, folder: Path, by: str, *, settled_seconds: int = SETTLED_SECONDS
) -> list[Moved]:
    """Take every whole file of `in`, then hand over the payment files of exported runs."""
    for part in _PARTS:
        (folder / part).mkdir(parents=True, exist_ok=True)
    moved = [_take(office, region, path, folder, by) for path in _whole(folder / "in", settled_seconds)]
    return [*moved, *_hand_over(office, region, folder)]


def take_file(office: Office, region: str, content: bytes, by: str) -> tuple[int, list[str]]:
    """Take in one file of the bank, a statement or an answer to payments; answers how much is new, and what a person should read."""
    if len(content) > MAX_BYTES:
        raise InvalidRequest.at("file", f"longer than {MAX_BYTES:,} bytes")
    if is_answer(content):
        answered = take_answer(office, region, content, by)
        notes = [f"{one.party or 'unknown'} {one.reference}: {one.because}" for one in answered]
        return sum(one.is_new for one in answered), notes or ["an answer of the bank that refuses nothing"]
    taken = take_statement(office, region, content, by)
    waiting = [
        finding
        for finding in taken.findings
        if finding.verdict not in CERTAIN and finding.line.id in taken.lines
    ]
    return taken.new, [*taken.notes, *(f"{finding.line.id[-8:]}: {finding.because}" for finding in waiting)]


def is_answer(content: bytes) -> bool:
    """Tell whether a file is an answer to payments; raises InvalidRequest for what is no XML."""
    root, _ = parsed(content)
    return bool(pain002.MESSAGE.fullmatch(root.tag))


def _whole(place: Path, settled_seconds: int) -> Iterator[Path]:
    """The files that nobody writes any more, by name; links and hidden files are none."""
    for path in sorted(place.iterdir()):
        is_file = path.is_file() and not path.is_symlink() and not path.name.startswith(".")
        if (
            is_file
            and path.suffix.casefold() == ".xml"
            and time.time() - path.stat().st_mtime >= settled_seconds
        ):
            yield path


def _take(office: Office, region: str, path: Path, folder: Path, by: str) -> Moved:
    """Take one file; one that cannot even be read or moved is told, and keeps no other from its way."""
    name = plain(path.name, _NAME_LETTERS)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Moved(name, "refused", f"it cannot be read: {error.strerror}")
    try:
        new, notes = take_file(office, region, content, by)
    except ThroughfareError as error:
        _move(path, folder / "refused", reason=error.detail)
        return Moved(name, "refused", plain(error.detail, _REASON_LETTERS))
    _move(path, folder / "done")
    return Moved(name, "taken", "; ".join([f"{new} new", *map(plain, notes)]))


def _move(path: Path, place: Path, *, reason: str = "") -> None:
    """Move a file to a place, with a reason beside it; another round may have moved it first."""
    target = _free(place, path.name)
    if reason:
        target.with_name(f"{target.name}{_REASON}").write_text(f"{reason}\n", encoding="utf-8")
    with contextlib.suppress(FileNotFoundError):
        path.rename(target)


def _free(place: Path, name: str) -> Path:
    """A path in a folder that no file has yet: a bank may give two files one name, and one that leaves no room for more."""
    stem, suffix, number = Path(name).stem, Path(name).suffix, 1
    while len(os.fsencode(f"{stem}-00000{suffix}{_REASON}")) > _MOST_BYTES:
        stem = stem[:-1]
    target = place / f"{stem}{suffix}"
    while target.exists():
        number += 1
        target = place / f"{stem}-{number}{suffix}"
    return target


def _hand_over(office: Office, region: str, folder: Path) -> Iterator[Moved]:
    with office.database.read() as tx:
        waiting = runs.list_runs_in_state(tx, region, ("exported", "sent", "reconciled"))
        again = {run.id: _numbers(tx, run.id) for run in waiting}
        voided = runs.list_runs_in_state(tx, region, ("voided",))
    for run in voided:
        for path in (folder / "out").glob(f"{message_id_again(run, 0)}-*.xml"):
            path.rename(_free(folder / "refused", path.name))
            yield Moved(path.name, "taken back", "the run was voided before the bank took the file")
    for run in waiting:
        files: dict[str, bytes] = {}
        if run.state == "exported":
            place = office.files / run.region / f"{run.period}-v{run.version}"
            files = {
                f"{message_id_again(run, 0)}-{path.name}": path.read_bytes()
                for path in sorted(place.glob(f"{PAYMENTS}*.xml"))
            }
        for number in again[run.id]:
            for name, content in again_files(office, run.id, number).items():
                files[f"{message_id_again(run, number)}-{name}"] = content
        for name, content in files.items():
            yield from _hand(folder, name, content)


def _numbers(tx: Transaction, run_id: str) -> list[int]:
    """The numbers of a run's files of payments made again."""
    return sorted({payment.number for payment in bank_words.list_again(tx, [run_id])})


def _hand(folder: Path, name: str, content: bytes) -> Iterator[Moved]:
    """Hand a file over once, whoever else tries: where one was claimed and never handed over, a person looks."""
    claim, record = folder / "handed" / f".{name}.claimed", folder / "handed" / name
    if record.exists():
        return
    try:
        with claim.open("xb") as file:
            file.write(content)
    except FileExistsError:
        yield Moved(
            name, "stuck", f"claimed and not handed over: ask the bank, then remove {claim.name} from handed"
        )
        return
    part = folder / "out" / f".{name}.part"
    part.write_bytes(content)
    part.rename(folder / "out" / name)
    claim.rename(record)
    yield Moved(name, "handed", f"{len(content):,} bytes")
