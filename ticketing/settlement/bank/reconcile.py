"""Reconcile: import the bank's statement, book what matches for certain, show the rest, let a person book it.

The scheme has its bank account for all regions together. So a line is held against what every region waits for, and
booked where it belongs; one that waits is seen, and booked by a person, from any region.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from tariffs.money import Money
from ticketing.books import accounts, settling
from ticketing.db import Transaction
from ticketing.db.books.books import Account
from ticketing.db.settlement import bank, bank_words, runs
from ticketing.db.settlement.bank import BankLine, BankMatch
from ticketing.errors import Conflict, InvalidRequest
from ticketing.progress import Far, Progress, Stages, silent, told
from ticketing.settlement.bank import camt
from ticketing.settlement.bank.expected import list_expected
from ticketing.settlement.bank.matching import CERTAIN, Expected, Finding, match, missing
from ticketing.settlement.bank.trail import WAYS, Way, kind_of, queue, source_of, the_only, write_entry
from ticketing.settlement.month import SCHEME, paid_positions
from ticketing.settlement.office import Office
from ticketing.settlement.payout import forms_of
from ticketing.settlement.run_state import checked_name, checked_reason

# An exchange that differs by more than this part from what was converted is not that exchange.
_MOST_FX_DIFFERENCE = 10
_FX_CLEARING = "fx_clearing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The booking of a line, with its author and reason; of an exchange also the balance of `fx_clearing`."""

    way: Way
    wanted: Expected | None
    by: str
    reason: str
    at: datetime
    converted_minor: int = 0
    batch: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of taking in a file of the bank; `findings` are of every line that is open, `lines` those of the file.

    `notes` name what was left out, or is not proven.
    """

    new: int
    findings: list[Finding]
    notes: list[str]
    lines: frozenset[str]


def import_statement(
    office: Office, region: str, content: bytes, by: str, progress: Progress = silent
) -> tuple[int, list[Finding]]:
    """Store the lines of a camt.053 file and book those that match for certain; answers (new lines, findings).

    What matches is booked in its own region; a line that matches nowhere is kept for `region`. One that was imported
    before is not stored again. Raises InvalidRequest for a file with faults, or for an account that is not the scheme's.
    """
    taken = take_statement(office, region, content, by, progress)
    return taken.new, taken.findings


def take_statement(
    office: Office, region: str, content: bytes, by: str, progress: Progress = silent
) -> Taken:
    """Do the same, and tell beside it what was left out of the file and why.

    A report (camt.052) or a notification (camt.054) books nothing and is not stored: its findings tell early what the statement will bring.
    """
    now, by = office.clock.now(), checked_name(by)
    stages = Stages(progress, {"storing lines": 1, "booking lines": 2})
    with office.database.read() as tx:
        own = _own_accounts(tx)
    file = camt.read_file(content, own)
    _check_accounts(file, own)
    notes = list(_notes(file))
    lines = [BankLine(region=office.served(region), imported_at=now, **asdict(line)) for line in file.lines]
    ids = frozenset(line.id for line in lines)
    if file.kind != "statement":
        with office.database.read() as tx:
            expected = list_expected(tx, office, sorted({region, *bank.list_regions(tx)}))
        return Taken(0, match(lines, expected), notes, ids)
    with office.database.write() as tx:
        regions = queue(tx, office.served(region), now)
        new = sum(
            bank.insert_line(tx, line)
            for line in told(
                _at_home(lines, list_expected(tx, office, regions)),
                stages.begin("storing lines"),
                len(lines),
                every=100,
            )
        )
        for statement in file.statements:
            for balances in statement.balances:
                bank_words.insert_balance(tx, _kept(statement, balances, region, now))
        findings = _book_certain(tx, office, regions, by, stages.begin("booking lines"))
        _settle_runs(tx, regions, by, now)
    return Taken(new, findings, notes, ids)


def _own_accounts(tx: Transaction) -> dict[str, str]:
    """The scheme's accounts by each form in which a bank may name them."""
    own = [one.iban for one in bank.list_accounts(tx) if one.party.partition(":")[0] == SCHEME]
    return {form: account for account in own for form in forms_of(account)}


def _check_accounts(file: camt.File, own: Mapping[str, str]) -> None:
    """Raise InvalidRequest where none of a file's accounts is the scheme's."""
    if not own or not any(statement.is_own for statement in file.statements):
        stranger = next((statement.account for statement in file.statements if statement.account), "it")
        raise InvalidRequest.at("file", f"{stranger} is not an account of the scheme")


def _notes(file: camt.File) -> Iterator[str]:
    """Tell what a clerk should know of a file beside its lines."""
    for statement in file.statements:
        name = f"{file.kind} {statement.name} of {statement.account}"
        if not statement.is_own:
            yield f"{name}: left out, it is not an account of the scheme"
        elif file.kind == "statement" and not statement.balances:
            yield f"{name}: the bank tells no balances, so nothing proves that no entry is missing"
    if file.kind != "statement":
        yield f"a {file.kind} tells early and books nothing: import the statement (camt.053) when it comes"


def _kept(
    statement: camt.Statement, balances: camt.Balances, region: str, now: datetime
) -> bank_words.DayBalance:
    days = [line.booking_date for line in statement.lines if line.booking_date]
    return bank_words.DayBalance(
        iban=statement.account,
        currency=balances.currency,
        statement_id=statement.name,
        day=balances.day or max(days, default=now.date().isoformat()),
        opening_minor=balances.opening_minor,
        closing_minor=balances.closing_minor,
        region=region,
        imported_at=now,
    )


def _book_certain(
    tx: Transaction, office: Office, regions: Sequence[str], by: str, far: Far
) -> list[Finding]:
    """Book what matches for certain, until nothing more does: a payment that is booked may come back on the next line."""
    now, judged = office.clock.now(), dict[str, Finding]()
    while True:
        findings = _findings(tx, office, regions)
        judged |= {finding.line.id: finding for finding in findings}
        certain = [finding for finding in findings if finding.verdict in CERTAIN]
        if not certain:
            return list(judged.values())
        for finding in told(certain, far, len(certain), every=100):
            kind: Way = "bank_fee" if finding.verdict == "fee" else "payment"
            if finding.expected:
                kind = finding.expected.kind
            decided = Decision(
                way=kind,
                wanted=finding.expected,
                by=by,
                reason=finding.because,
                at=now,
                batch=finding.batch,
            )
            _book(tx, finding.home, finding.line, decided)


def review(office: Office, region: str) -> tuple[list[Finding], list[Expected]]:
    """Every line that is not booked with the reason why, and what a region has sent or is due and is on no line."""
    with office.database.read() as tx:
        regions = sorted({office.served(region), *bank.list_regions(tx)})
        findings = _findings(tx, office, regions)
        return findings, missing(findings, list_expected(tx, office, [region]))


def list_converted(office: Office, region: str) -> list[Money]:
    """List the amounts that runs of a region have converted and the bank has not exchanged yet: negative for money that leaves."""
    with office.database.read() as tx:
        return [Money(amount, name) for name, amount in bank.sum_purpose(tx, region, _FX_CLEARING).items()]


def list_booked(office: Office, limit: int = 50) -> list[tuple[BankLine, BankMatch]]:
    """The steps that were taken last with lines: booked as what, taken back, cleared; by whom and why."""
    with office.database.read() as tx:
        return bank.list_matches(tx, limit)


def _required(wanted: Expected | None, line: BankLine, way: Way, reference: str | None) -> Expected:
    """Require the expected booking of a line; raises Conflict where it is not open, in another currency or not sent."""
    if wanted is None or wanted.kind != way or not wanted.open:
        raise Conflict(f"there is no open {way} {reference or 'for this line'}: name its reference")
    if wanted.currency != line.currency:
        raise Conflict(f"the line is in {line.currency}, {wanted.reference} in {wanted.currency}")
    if not wanted.sent:
        raise Conflict("the run is exported and not marked as sent: mark it first")
    return wanted


def book_line(
    office: Office, region: str, line_id: str, way: Way, *, by: str, reason: str, reference: str | None = None
) -> BankMatch:
    """Book a line that did not match, as a person decides.

    `payment`, `receipt` and `payout` name the expected `reference` (or take what the line looks like); a difference
    goes to suspense, where it stays visible. They are booked in the region that expects them. `suspense` and
    `bank_fee` book the line as it is, in `region`. `fx` settles what the runs of `region` have converted in the line's
    currency; a difference is the exchange's (account `fx_difference`).
    """
    now, by, reason = office.clock.now(), checked_name(by), checked_reason(reason)
    if way not in WAYS:
        raise InvalidRequest.at("as", f"may be {', '.join(WAYS)}")
    with office.database.write() as tx:
        regions = queue(tx, office.served(region), now)
        finding = the_only(
            [
                one
                for one in _findings(tx, office, regions)
                if one.line.id.endswith(line_id) or one.line.id.startswith(line_id)
            ],
            line_id,
        )
        wanted = None
        if way in {"payment", "receipt", "payout"}:
            wanted = finding.expected
            if reference is not None:
                expected = list_expected(tx, office, regions)
                named = [one for one in expected if one.reference == reference]
                wanted = next((one for one in named if one.kind == way), None)
            wanted = _required(wanted, finding.line, way, reference)
        home = wanted.region if wanted else region
        converted = _converted(tx, region, finding.line) if way == "fx" else 0
        booking = _book(
            tx,
            home,
            finding.line,
            Decision(way=way, wanted=wanted, by=by, reason=reason, at=now, converted_minor=converted),
        )
        _settle_runs(tx, regions, by, now)
    return booking


def _at_home(lines: list[BankLine], expected: list[Expected]) -> list[BankLine]:
    """Lines in the region whose movement they are for certain, the others where they were imported; a fee goes with its payment."""
    homed: list[BankLine] = []
    for finding in match(lines, expected):
        home = homed[-1].region if finding.verdict == "fee" and homed else finding.home
        homed.append(replace(finding.line, region=home))
    return homed


def _findings(tx: Transaction, office: Office, regions: Sequence[str]) -> list[Finding]:
    return match(bank.list_open_lines(tx), list_expected(tx, office, regions))


def _book(tx: Transaction, region: str, line: BankLine, decided: Decision) -> BankMatch:
    wanted = decided.wanted
    expected = (
        wanted.amount_minor
        if wanted
        else {"suspense": 0, "fx": decided.converted_minor}.get(decided.way, line.amount_minor)
    )
    note = {"reason": decided.reason, "by": decided.by, "currency": line.currency}
    booking = BankMatch(
        line_id=line.id,
        kind=decided.way,
        run_id=_run_of(decided),
        party=wanted.party if wanted else None,
        amount_minor=line.amount_minor,
        reason=decided.reason,
        actor=decided.by,
        at=decided.at,
        seq=len(bank.list_trail(tx, line.id)) + 1,
    )
    entry = settling.bank_movement(
        kind_of(booking),
        source_of(booking),
        _account(decided, line),
        region=region,
        expected=expected,
        booked=line.amount_minor,
        at=decided.at,
        note=note,
        rest=accounts.fx_difference(line.currency) if decided.way == "fx" else None,
    )
    write_entry(tx, entry, decided.at)
    bank.insert_match(tx, booking)
    parts = [
        bank_words.BatchPart(
            line_id=line.id,
            seq=booking.seq,
            party=str(part.party),
            currency=part.currency,
            run_id=str(part.run_id),
            amount_minor=part.amount_minor,
        )
        for part in decided.batch
    ]
    bank_words.insert_parts(tx, parts)
    return booking


def _run_of(decided: Decision) -> str | None:
    """The run whose payment or payments a booking is."""
    if decided.batch:
        return decided.batch[0].run_id
    return decided.wanted.run_id if decided.wanted else None


def _converted(tx: Transaction, region: str, line: BankLine) -> int:
    """Return the balance of `fx_clearing` in a line's currency; raises Conflict where the line is not the exchange of all of it."""
    stands = bank.sum_purpose(tx, region, _FX_CLEARING).get(line.currency, 0)
    if abs(line.amount_minor - stands) * _MOST_FX_DIFFERENCE > abs(stands) or not stands:
        raise Conflict(
            f"{Money(stands, line.currency)} was converted by the runs of {region} and waits for its exchange: "
            f"{Money(line.amount_minor, line.currency)} is not that (a tenth of it may differ)"
        )
    return stands


def _account(decided: Decision, line: BankLine) -> Account | None:
    if decided.way in {"payment", "receipt"} and decided.wanted and decided.wanted.run_id is None:
        return accounts.refund_transfer(line.currency)
    back = decided.way == "receipt" and decided.wanted and decided.wanted.comes_back
    if decided.way == "payment" or back:
        return accounts.netting_clearing(line.currency)
    if decided.way == "receipt" and decided.wanted:
        return accounts.operator_receivable(str(decided.wanted.party), line.currency)
    if decided.way == "payout":
        return accounts.in_transit(line.currency)
    if decided.way == "fx":
        return accounts.fx_clearing(line.currency)
    return accounts.bank_fee(line.currency) if decided.way == "bank_fee" else None


def _settle_runs(tx: Transaction, regions: Sequence[str], by: str, now: datetime) -> None:
    """A sent run whose every payment and receipt is on the bank's lines is reconciled; one whose payment came back is open again."""
    for run in (
        run for region in regions for run in runs.list_runs_in_state(tx, region, ("sent", "reconciled"))
    ):
        settled = bank.list_settled(tx, [run.id])
        is_settled = {(run.id, *key) for key in paid_positions(run.dataset)} <= settled
        if is_settled == (run.state == "reconciled"):
            continue
        state, note = ("reconciled", "") if is_settled else ("sent", "a payment came back from the bank")
        runs.insert_step(tx, run.id, state=state, actor=by, at=now, digest=run.digest, note=note)
        runs.set_state(tx, run.id, state)
