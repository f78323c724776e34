"""Export an approved run: every file from the one frozen dataset, written once, each with its SHA-256 kept.

statements/<operator>.csv|xlsx|pdf, vat.csv, vat-lines.csv, journal.csv|beancount|hledger, uic/<operator>.json,
payments-sepa.xml, payments-sek.xml, payments-dkk.xml, payments-other.csv, manifest.json.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from ticketing.db import Transaction
from ticketing.db.books import books, month_books
from ticketing.db.books.month_books import Balance
from ticketing.db.patience import take_time
from ticketing.db.settlement import runs
from ticketing.db.settlement.bank import BankAccount
from ticketing.db.settlement.runs import Run, RunFile
from ticketing.errors import Conflict, NotFound
from ticketing.progress import Far, Progress, Stages, silent, told, unnamed
from ticketing.settlement import payout
from ticketing.settlement.office import Office, plain_name
from ticketing.settlement.payout import PAYMENTS, first_files, hold_run, other_payments
from ticketing.settlement.run_state import check_step, checked_name
from ticketing.settlement.statement import lines, uic, vat
from ticketing.settlement.statement.as_csv import to_csv
from ticketing.settlement.statement.journal import FORMATS, Format, to_text
from ticketing.settlement.statement.lines import Line

_PART_BYTES = 64 * 1024


def export(
    office: Office,
    run_id: str,
    actor: str,
    folder: Path,
    *,
    language: str = "en",
    progress: Progress = silent,
    note: str = "",
) -> Run:
    """Write the files of an approved run into `folder/<region>/<period>-v<version>` and take it to exported.

    The files are written beside that folder and take its place only when they are what the books keep, so nobody
    finds half an export, and two at once make one. Exporting again restores the same files, and refuses with
    Conflict when one would differ. A run of pretended payments stays approved where specimens are not allowed.
    Raises Conflict for parties without an approved bank account, whose account has changed since the approval, or
    whom no SEPA credit transfer can pay.
    """
    now, actor = office.clock.now(), checked_name(actor)
    with office.database.read() as tx:
        run = hold_for_export(tx, run_id)
        if run.dataset.demo and not office.specimens:
            raise Conflict(
                "this run has demo payments: no money has moved, so nothing is paid out and it stays approved"
            )
        accounts = payout.accounts_of(tx, run)
    payments = _Payments(first_files(run, accounts), accounts)
    target = folder / plain_name(run.region) / f"{run.period}-v{run.version}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as place:
        draft = Path(place) / target.name
        written = _write_all(office, run, draft, payments, language=language, progress=progress)
        with office.database.write() as tx:
            held = hold_run(tx, run_id)
            if not _is_kept(tx, held, written):
                check_step(held, "exported")
                if payout.accounts_of(tx, held) != accounts:
                    raise Conflict(
                        "a bank account that this run pays to was changed meanwhile: export it again"
                    )
                payout.bind_accounts(tx, held)
                for name, (sha, size) in written.items():
                    runs.insert_file(tx, RunFile(run_id, name, sha, size, now))
                runs.insert_step(
                    tx, run_id, state="exported", actor=actor, at=now, digest=held.digest, note=note
                )
                runs.set_state(tx, run_id, "exported")
            _replace(draft, target, Path(place) / "before")
            return hold_run(tx, run_id)


def _is_kept(tx: Transaction, run: Run, written: Mapping[str, tuple[str, int]]) -> bool:
    """Tell whether these files were exported before; raises Conflict when one of them differs."""
    kept = {file.name: file.sha256 for file in runs.list_files(tx, run.id)}
    different = sorted(name for name, (sha, _) in written.items() if kept and kept.get(name) != sha)
    if different:
        first = next((name for name in different if name != "manifest.json"), different[0])
        raise Conflict(
            f"{first} is not what was exported before (in another language?): the files stay as they were"
        )
    return bool(kept)


def _replace(draft: Path, target: Path, before: Path) -> None:
    """Put a folder in the place of another one, which goes away with the folder of `before`."""
    if target.exists():
        target.rename(before)
    draft.rename(target)


def exported_parts(office: Office, run_id: str, name: str) -> Iterator[bytes]:
    """An exported file as it was written, part by part, whatever its size.

    Raises NotFound for a name that the run does not list, Conflict for a file that is no longer what was kept, and
    for the payments of a run that was voided.
    """
    with office.database.read() as tx:
        run = runs.find_run(tx, run_id)
        kept = {file.name: file for file in runs.list_files(tx, run_id)}
    path = (
        office.files / plain_name(run.region) / f"{run.period}-v{run.version}" / name
        if run and name in kept
        else None
    )
    if path is None or not path.is_file():
        raise NotFound(f"the run {run_id} has no exported file {name}")
    if run is not None and run.state == "voided" and name.startswith(PAYMENTS):
        raise Conflict("this run was voided: nothing is paid by its files")
    file = path.open("rb")
    if hashlib.file_digest(file, "sha256").hexdigest() != kept[name].sha256:
        file.close()
        raise Conflict(f"{name} is not what was exported")
    file.seek(0)
    return _parts(file)


def statement_parts(office: Office, run_id: str, party: str, form: str, *, language: str) -> Iterator[bytes]:
    """One statement as PDF or workbook, part by part, in bounded memory; raises NotFound for an unknown run or party."""
    with office.database.read() as tx:
        run = runs.find_run(tx, run_id)
    if run is None or run.state == "draft":
        raise NotFound(f"no settlement run {run_id}")
    write = _writer(form)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"statement.{form}"
        pay_to = payout.list_accounts_to_pay(office, run)
        write(path, run, party, lines.stream(office, run, party), language, pay_to=pay_to)
        return _parts(path.open("rb"))  # the file lives on, without a name, until it is closed


def _parts(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while part := file.read(_PART_BYTES):
            yield part


def hold_for_export(tx: Transaction, run_id: str) -> Run:
    """Read a run that may be exported: approved or further, and still what was approved."""
    run = hold_run(tx, run_id)
    if run.state not in {"approved", "exported", "sent", "reconciled"}:
        check_step(run, "exported")
    if runs.digest_of(run) != run.digest:
        raise Conflict("the dataset of this run is not what was approved: its digest differs")
    return run


@dataclass(frozen=True, slots=True)
class _File:
    """A file of an export: its name, what writing it takes beside the others, and how it is written."""

    name: str
    weight: int
    write: Callable[[Path, Far], None]


@dataclass(frozen=True, slots=True)
class _Payments:
    """The payment files of a run by name, and the accounts that they were made with."""

    files: Mapping[str, bytes]
    accounts: Mapping[str, BankAccount]


def _write_all(
    office: Office, run: Run, target: Path, payments: _Payments, *, language: str, progress: Progress
) -> dict[str, tuple[str, int]]:
    """Write every file; gives the SHA-256 and the size of each."""
    files = _files(office, run, payments, language)
    stages = Stages(progress, {file.name: file.weight for file in files})
    written: dict[str, tuple[str, int]] = {}
    for file in files:
        path = target / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        far = stages.begin(file.name)
        file.write(path, far)
        far(1, 1)
        written[file.name] = _kept(path)
    manifest = {
        "run": run.id,
        "region": run.region,
        "period": run.period,
        "version": run.version,
        "digest": run.digest,
        "demo": run.dataset.demo,
        "files": {name: {"sha256": sha, "bytes": size} for name, (sha, size) in sorted(written.items())},
    }
    path = target / "manifest.json"
    _write_text(path, [json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"])
    return {**written, path.name: _kept(path)}


def _files(office: Office, run: Run, payments: _Payments, language: str) -> list[_File]:
    counted = {party: lines.count(run, party) for party in lines.parties(run)}
    pay_to = payout.list_accounts_to_pay(office, run)
    report = vat.Report(office, run)
    return [
        *(
            file
            for party, count in counted.items()
            for file in _of_party(office, run, party, count, language=language, pay_to=pay_to)
        ),
        _text_file("vat-lines.csv", 6 * sum(counted.values()), report.lines),
        _text_file("vat.csv", 1, lambda _: report.summary()),
        *(_journal_file(office, run, form) for form in FORMATS),
        _text_file("payments-other.csv", 1, lambda _: other_payments(run, payments.accounts)),
        *(_bytes_file(name, content) for name, content in payments.files.items()),
    ]


def _writer(form: str) -> Callable[..., None]:
    """Write statements as a workbook or as PDF: each library is loaded when its first statement is written."""
    if form == "xlsx":
        from ticketing.settlement.statement.as_xlsx import write_xlsx  # noqa: PLC0415  see above

        return write_xlsx
    from ticketing.settlement.statement.as_pdf import write_pdf  # noqa: PLC0415  see above

    return write_pdf


def _of_party(
    office: Office, run: Run, party: str, count: int, *, language: str, pay_to: Mapping[str, str]
) -> list[_File]:
    """A party's statement in every form, and its UIC delivery: all from the same lines."""

    def read(far: Far) -> Iterator[Line]:
        return told(lines.stream(office, run, party), far, count)

    name = file_name(party)
    return [
        _text_file(f"statements/{name}.csv", 4 * count, lambda far: to_csv(run, party, read(far), language)),
        _File(
            f"statements/{name}.xlsx",
            9 * count,
            lambda path, far: _writer("xlsx")(path, run, party, read(far), language, pay_to=pay_to),
        ),
        _File(
            f"statements/{name}.pdf",
            3 * count,
            lambda path, far: _writer("pdf")(path, run, party, read(far), language, pay_to=pay_to),
        ),
        _text_file(f"uic/{name}.json", 5 * count, lambda far: uic.to_json(run, party, read(far))),
    ]


def _journal_file(office: Office, run: Run, form: Format) -> _File:
    return _text_file(
        f"journal.{FORMATS[form]}",
        2 * run.dataset.postings,
        lambda far: journal(office, run.region, run.period, form, far=far),
    )


def _text_file(name: str, weight: int, parts: Callable[[Far], Iterable[str]]) -> _File:
    """A file whose text is written as it comes, in bounded memory."""
    return _File(name, weight, lambda path, far: _write_text(path, parts(far)))


def _write_text(path: Path, parts: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(parts)


def _kept(path: Path) -> tuple[str, int]:
    """The SHA-256 and the size of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def journal(
    office: Office, region: str, period: str, form: Format, *, until: str = "", far: Far = silent
) -> Iterator[str]:
    """The general journal of a month, or of all months until another one, entry by entry, in bounded memory.

    What is asserted at its end is what these months have moved on each account.
    """
    months = [period]
    while months[-1] < until:
        months.append(books.next_month(months[-1]))
    with office.database.read() as tx:
        take_time(tx)
        moved: dict[str, Balance] = {}
        for month in months:
            for line in month_books.balances(tx, region, month):
                known = moved.get(line.account_id)
                amount = line.amount_minor + (known.amount_minor if known else 0)
                moved[line.account_id] = replace(line, amount_minor=amount)
        stages = Stages(unnamed(far), dict.fromkeys(months, 1))
        lines_of = (month_books.stream_journal(tx, region, month, stages.begin(month)) for month in months)
        end = f"{books.next_month(months[-1])}-01"
        yield from to_text(form, end, list(moved.values()), chain.from_iterable(lines_of))


def file_name(party: str) -> str:
    """A party's name as a file's: letters, digits, dot, dash and underscore only."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", party).lstrip(".") or "_"


def _bytes_file(name: str, content: bytes) -> _File:
    def write(path: Path, _: Far) -> None:
        path.write_bytes(content)

    return _File(name, 1, write)
