"""Reconcile: import the bank's statement, book what matches for certain, show the rest, let a person book it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from ticketing.books import accounts, settling
from ticketing.db import Transaction, bank, books, runs
from ticketing.db.bank import BankLine, BankMatch
from ticketing.db.books import Account
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.progress import Progress, Stages, silent, told
from ticketing.settlement import camt
from ticketing.settlement.calculate import paid_positions
from ticketing.settlement.export import end_to_end_id
from ticketing.settlement.matching import CERTAIN, Expected, Finding, match, missing
from ticketing.settlement.office import Office
from ticketing.settlement.positions import SCHEME
from ticketing.settlement.run_state import checked_name
from ticketing.settlement.steps import checked_reason

Way = Literal["payment", "receipt", "payout", "suspense", "bank_fee"]
WAYS: tuple[Way, ...] = ("payment", "receipt", "payout", "suspense", "bank_fee")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a line is booked as, by whom and why."""

    way: Way
    wanted: Expected | None
    by: str
    reason: str
    at: datetime


def import_statement(
    office: Office, region: str, content: bytes, by: str, progress: Progress = silent
) -> tuple[int, list[Finding]]:
    """Store the lines of a camt.053 file and book those that match for certain; answers (new lines, findings).

    A line that was imported before is not stored again. Raises InvalidRequest for a file with faults, or for an
    account that is not the scheme's.
    """
    now, by = office.clock.now(), checked_name(by)
    stages = Stages(progress, {"storing lines": 1, "booking lines": 2})
    found = camt.read(content)
    with office.database.write() as tx:
        _queue(tx, region, now)
        own = {account.iban for account in bank.list_accounts(tx) if account.party == SCHEME}
        stranger = next((line.iban for line in found if line.iban not in own), None)
        if stranger:
            raise InvalidRequest.at("file", f"{stranger} is not an account of the scheme")
        new = sum(
            bank.insert_line(tx, BankLine(region=region, imported_at=now, **asdict(line)))
            for line in told(found, stages.begin("storing lines"), len(found), every=100)
        )
        findings = _findings(tx, region)
        for finding in told(findings, stages.begin("booking lines"), len(findings), every=100):
            if finding.verdict in CERTAIN and finding.expected:
                decided = Decision(finding.expected.kind, finding.expected, by, finding.because, now)
                _book(tx, region, finding.line, decided)
        _finish_runs(tx, region, by, now)
    return new, findings


def review(office: Office, region: str) -> tuple[list[Finding], list[Expected]]:
    """Every line that is not booked with the reason why, and what was sent or is due and is on no line."""
    with office.database.read() as tx:
        findings = _findings(tx, region)
        return findings, missing(findings, _expected(tx, region))


def list_booked(office: Office, region: str, limit: int = 50) -> list[tuple[BankLine, BankMatch]]:
    """The lines that were booked last, each with what it was booked as, by whom and why."""
    with office.database.read() as tx:
        return bank.list_matches(tx, region, limit)


def book_line(
    office: Office, region: str, line_id: str, way: Way, *, by: str, reason: str, reference: str | None = None
) -> BankMatch:
    """Book a line that did not match, as a person decides.

    `payment`, `receipt` and `payout` name the expected `reference` (or take what the line looks like); a difference
    goes to suspense, where it stays visible. `suspense` and `bank_fee` book the line as it is.
    """
    now, by, reason = office.clock.now(), checked_name(by), checked_reason(reason)
    if way not in WAYS:
        raise InvalidRequest.at("as", f"may be {', '.join(WAYS)}")
    with office.database.write() as tx:
        _queue(tx, region, now)
        finding = next((found for found in _findings(tx, region) if found.line.id.startswith(line_id)), None)
        if finding is None or not line_id:
            raise NotFound(f"no line {line_id} that waits to be booked")
        wanted = None
        if way in {"payment", "receipt", "payout"}:
            wanted = finding.expected
            if reference is not None:
                wanted = next((one for one in _expected(tx, region) if one.reference == reference), None)
            if wanted is None or wanted.kind != way or not wanted.open:
                raise Conflict(f"there is no open {way} {reference or 'for this line'}: name its reference")
            if wanted.currency != finding.line.currency:
                raise Conflict(
                    f"the line is in {finding.line.currency}, {wanted.reference} in {wanted.currency}"
                )
            if not wanted.sent:
                raise Conflict("the run is exported and not marked as sent: mark it first")
        made = _book(tx, region, finding.line, Decision(way, wanted, by, reason, now))
        _finish_runs(tx, region, by, now)
    return made


def _queue(tx: Transaction, region: str, now: datetime) -> None:
    """One at a time: two clerks with the same file must not book the same line."""
    books.lock_period(tx, region, books.month_of(now))


def _findings(tx: Transaction, region: str) -> list[Finding]:
    return match(bank.list_open_lines(tx, region), _expected(tx, region))


def _expected(tx: Transaction, region: str) -> list[Expected]:
    """Payments and receipts of exported and sent runs, and gateways' payouts on their way."""
    found = runs.list_runs_in_state(tx, region, ("exported", "sent", "reconciled"))
    settled = bank.list_settled(tx, [run.id for run in found])
    names = {account.party: account.name for account in bank.list_accounts_in_force(tx)}
    expected = [
        Expected(
            kind="payment" if amount > 0 else "receipt",
            reference=end_to_end_id(run, operator, currency),
            run_id=run.id,
            party=operator,
            name=names.get(operator, ""),
            amount_minor=-amount,
            currency=currency,
            open=(run.id, operator, currency) not in settled,
            sent=run.state != "exported" or amount < 0,
        )
        for run in found
        for (operator, currency), amount in sorted(paid_positions(run.document).items())
    ]
    return expected + [
        Expected("payout", payout, None, payout, "", amount, currency)
        for payout, currency, amount in bank.list_payouts_in_transit(tx, region)
    ]


_KINDS: dict[Way, str] = {
    "payment": "run_paid", "receipt": "run_received", "payout": "payout_arrived",
    "suspense": "suspense", "bank_fee": "bank_fee",
}  # fmt: skip


def _book(tx: Transaction, region: str, line: BankLine, decided: Decision) -> BankMatch:
    wanted = decided.wanted
    expected = wanted.amount_minor if wanted else 0 if decided.way == "suspense" else line.amount_minor
    note = {"reason": decided.reason, "by": decided.by, "currency": line.currency}
    entry = settling.bank_movement(
        _KINDS[decided.way], line.id, _account(decided, line), region=region, expected=expected,
        booked=line.amount_minor, at=decided.at, note=note,
    )  # fmt: skip
    if entry:
        books.book(tx, entry, decided.at)
    made = BankMatch(
        line.id, decided.way, wanted.run_id if wanted else None, wanted.party if wanted else None,
        line.amount_minor, decided.reason, decided.by, decided.at,
    )  # fmt: skip
    bank.insert_match(tx, made)
    return made


def _account(decided: Decision, line: BankLine) -> Account | None:
    if decided.way == "payment":
        return accounts.netting_clearing(line.currency)
    if decided.way == "receipt" and decided.wanted:
        return accounts.operator_receivable(str(decided.wanted.party), line.currency)
    if decided.way == "payout":
        return accounts.in_transit(line.currency)
    return accounts.bank_fee(line.currency) if decided.way == "bank_fee" else None


def _finish_runs(tx: Transaction, region: str, by: str, now: datetime) -> None:
    """A sent run whose every payment and receipt is on the bank's lines is reconciled."""
    for run in runs.list_runs_in_state(tx, region, ("sent",)):
        settled = bank.list_settled(tx, [run.id])
        if {(run.id, *key) for key in paid_positions(run.document)} <= settled:
            runs.insert_step(tx, run.id, state="reconciled", actor=by, at=now, digest=run.digest)
            runs.set_state(tx, run.id, "reconciled")
