"""Reconcile: import the bank's statement, book what matches for certain, show the rest, let a person book it.

The scheme has its bank account for all regions together. So a line is held against what every region waits for, and
booked where it belongs; one that waits is seen, and booked by a person, from any region.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from tariffs.money import Money
from ticketing.books import accounts, settling
from ticketing.db import Transaction
from ticketing.db.books.books import Account
from ticketing.db.rights import payouts
from ticketing.db.settlement import bank, runs
from ticketing.db.settlement.bank import BankLine, BankMatch
from ticketing.errors import Conflict, InvalidRequest
from ticketing.progress import Progress, Stages, silent, told
from ticketing.settlement.bank import camt
from ticketing.settlement.bank.matching import CERTAIN, Expected, Finding, match, missing
from ticketing.settlement.bank.trail import WAYS, Way, kind_of, queue, source_of, the_only, write_entry
from ticketing.settlement.month import SCHEME, paid_positions
from ticketing.settlement.office import Office
from ticketing.settlement.payout import due_date, end_to_end_id
from ticketing.settlement.run_state import checked_name, checked_reason

# An exchange that differs by more than this part from what was converted is not that exchange.
_MOST_FX_DIFFERENCE = 10
_FX_CLEARING = "fx_clearing"
# The name of a payout at the bank: the one gateway that pays out.
_GATEWAY = "Stripe"
# So long after it was paid a transfer to a passenger may come back, and is known again.
_COMES_BACK_IN = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Decision:
    """The booking of a line, with its author and reason; of an exchange also the balance of `fx_clearing`."""

    way: Way
    wanted: Expected | None
    by: str
    reason: str
    at: datetime
    converted_minor: int = 0


def import_statement(
    office: Office, region: str, content: bytes, by: str, progress: Progress = silent
) -> tuple[int, list[Finding]]:
    """Store the lines of a camt.053 file and book those that match for certain; answers (new lines, findings).

    What matches is booked in its own region; a line that matches nowhere is kept for `region`. One that was imported
    before is not stored again. Raises InvalidRequest for a file with faults, or for an account that is not the scheme's.
    """
    now, by = office.clock.now(), checked_name(by)
    stages = Stages(progress, {"storing lines": 1, "booking lines": 2})
    statement = camt.read(content)
    with office.database.write() as tx:
        regions = queue(tx, office.served(region), now)
        own = {account.iban for account in bank.list_accounts(tx) if account.party == SCHEME}
        stranger = next((line.iban for line in statement if line.iban not in own), None)
        if stranger:
            raise InvalidRequest.at("file", f"{stranger} is not an account of the scheme")
        lines = [BankLine(region=region, imported_at=now, **asdict(line)) for line in statement]
        new = sum(
            bank.insert_line(tx, line)
            for line in told(
                _at_home(lines, _expected(tx, office, regions)),
                stages.begin("storing lines"),
                len(lines),
                every=100,
            )
        )
        findings = _findings(tx, office, regions)
        for finding in told(findings, stages.begin("booking lines"), len(findings), every=100):
            if finding.verdict in CERTAIN and finding.expected:
                decided = Decision(finding.expected.kind, finding.expected, by, finding.because, now)
                _book(tx, finding.expected.region, finding.line, decided)
        _finish_runs(tx, regions, by, now)
    return new, findings


def review(office: Office, region: str) -> tuple[list[Finding], list[Expected]]:
    """Every line that is not booked with the reason why, and what a region has sent or is due and is on no line."""
    with office.database.read() as tx:
        regions = sorted({office.served(region), *bank.list_regions(tx)})
        findings = _findings(tx, office, regions)
        return findings, missing(findings, _expected(tx, office, [region]))


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
                expected = _expected(tx, office, regions)
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
        _finish_runs(tx, regions, by, now)
    return booking


def _at_home(lines: list[BankLine], expected: list[Expected]) -> list[BankLine]:
    """Lines in the region whose movement they are for certain, the others where they were imported."""
    return [
        replace(found.line, region=found.expected.region)
        if found.verdict in CERTAIN and found.expected
        else found.line
        for found in match(lines, expected)
    ]


def _findings(tx: Transaction, office: Office, regions: Sequence[str]) -> list[Finding]:
    return match(bank.list_open_lines(tx), _expected(tx, office, regions))


def _expected(tx: Transaction, office: Office, regions: Sequence[str]) -> list[Expected]:
    """Payments and receipts of runs, gateways' payouts on their way, and compensation that is paid to accounts, of some regions."""
    names = {account.party: account.name for account in bank.list_accounts_in_force(tx)}
    expected: list[Expected] = []
    for region in regions:
        days = office.terms(region).proposal_days
        expected += _of_runs(tx, region, names, days)
        expected += _payouts(tx, region, days)
        expected += _of_claims(tx, region, days, office.clock.now())
    return expected


def _of_runs(tx: Transaction, region: str, names: Mapping[str, str], days: int) -> list[Expected]:
    waiting = runs.list_runs_in_state(tx, region, ("exported", "sent", "reconciled"))
    settled = bank.list_settled(tx, [run.id for run in waiting])
    return [
        Expected(
            region=region,
            kind="payment" if amount > 0 else "receipt",
            reference=end_to_end_id(run, operator, currency),
            run_id=run.id,
            party=operator,
            name=names.get(operator, ""),
            amount_minor=-amount,
            currency=currency,
            due=due_date(run),
            window_days=days,
            open=(run.id, operator, currency) not in settled,
            sent=run.state != "exported" or amount < 0,
        )
        for run in waiting
        for (operator, currency), amount in sorted(paid_positions(run.dataset).items())
    ]


def _payouts(tx: Transaction, region: str, days: int) -> list[Expected]:
    return [
        Expected(
            region=region,
            kind="payout",
            reference=payout,
            run_id=None,
            party=payout,
            name=_GATEWAY,
            amount_minor=amount,
            currency=currency,
            due=sent_at.date(),
            window_days=days,
        )
        for payout, currency, amount, sent_at in bank.list_payouts_in_transit(tx, region)
    ]


def _of_claims(tx: Transaction, region: str, days: int, now: datetime) -> list[Expected]:
    """Compensation that was released to the bank, and the same that may come back."""
    at_bank = payouts.list_at_bank(tx, region, now - _COMES_BACK_IN)
    seen = payouts.list_seen(tx, [part.id for part, _, _ in at_bank])
    paid = [
        Expected(
            region=region,
            kind="payment",
            reference=part.id,
            run_id=None,
            party=part.id,
            name=name,
            amount_minor=-part.amount_minor,
            currency=part.currency,
            due=run.due,
            window_days=days,
            open=("payment", part.id) not in seen,
        )
        for part, run, name in at_bank
    ]
    back = [
        replace(
            one,
            kind="receipt",
            amount_minor=-one.amount_minor,
            open=("receipt", one.reference) not in seen,
            comes_back=True,
        )
        for one in paid
    ]
    return [*paid, *back]


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
        run_id=wanted.run_id if wanted else None,
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
    return booking


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
    if decided.way == "payment":
        return accounts.netting_clearing(line.currency)
    if decided.way == "receipt" and decided.wanted:
        return accounts.operator_receivable(str(decided.wanted.party), line.currency)
    if decided.way == "payout":
        return accounts.in_transit(line.currency)
    if decided.way == "fx":
        return accounts.fx_clearing(line.currency)
    return accounts.bank_fee(line.currency) if decided.way == "bank_fee" else None


def _finish_runs(tx: Transaction, regions: Sequence[str], by: str, now: datetime) -> None:
    """A sent run whose every payment and receipt is on the bank's lines is reconciled."""
    for run in (run for region in regions for run in runs.list_runs_in_state(tx, region, ("sent",))):
        settled = bank.list_settled(tx, [run.id])
        if {(run.id, *key) for key in paid_positions(run.dataset)} <= settled:
            runs.insert_step(tx, run.id, state="reconciled", actor=by, at=now, digest=run.digest)
            runs.set_state(tx, run.id, "reconciled")
