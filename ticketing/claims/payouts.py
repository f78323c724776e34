"""Pay compensation to bank accounts: one person prepares a file of transfers, another one releases it, the bank's lines settle it.

A transfer is booked when it is released, in the transaction that confirms the refunds which it pays. So a claim is paid once,
whoever else pays its refunds, and whenever a program dies.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from throughfare_gate.ids import new_id
from ticketing.books import payouts as postings
from ticketing.claims.settling import CURRENCY, account_of, failed_of, mark_of, settle
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.documents import digest
from ticketing.db.people import audit_trail
from ticketing.db.rights import claims, payouts
from ticketing.db.rights.claims import Claim
from ticketing.db.rights.payouts import ClaimAccount, Payout, PayoutRun
from ticketing.db.sale import gateway_events, orders
from ticketing.db.settlement import bank
from ticketing.db.settlement.bank import BankAccount
from ticketing.errors import Conflict, NotAllowed, NotFound
from ticketing.purchase.refund import elsewhere
from ticketing.purchase.till import locked
from ticketing.settlement.month import SCHEME, next_business_day
from ticketing.settlement.office import Office
from ticketing.settlement.payout import Party, Transfer, digest_of, to_xml, why_not
from ticketing.settlement.run_state import checked_name, checked_reason, is_same_person

_AT_ONCE = 1000
_RUNS_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutLine:
    """One transfer of a run with its payee; the account is there as its hint alone."""

    payout: Payout
    holder: str
    hint: str


def list_waiting(office: Office, region: str) -> list[Claim]:
    """List the claims of a region that the next run pays."""
    with office.database.read() as tx:
        return payouts.list_payable(tx, office.served(region), _AT_ONCE)


def list_runs(office: Office, region: str) -> list[tuple[PayoutRun, list[Payout]]]:
    """List the runs of a region with their transfers, newest first."""
    with office.database.read() as tx:
        found = payouts.list_runs(tx, office.served(region), _RUNS_SHOWN)
        return [(run, payouts.list_of_run(tx, run.id)) for run in found]


def get_run(office: Office, run_id: str) -> tuple[PayoutRun, list[PayoutLine]]:
    """Read a run with its transfers; raises NotFound."""
    with office.database.read() as tx:
        run = _required(payouts.find_run(tx, run_id))
        parts = payouts.list_of_run(tx, run.id)
        return run, [_line(part, _payee(tx, part)) for part in parts]


def prepare(office: Office, region: str, by: str) -> PayoutRun:
    """Put all open transfers of a region into a run that another person releases.

    Raises Conflict where nothing waits, the scheme has no approved account, or the money is pretended and this deployment
    makes no specimens.
    """
    now, by, region = office.clock.now(), checked_name(by), office.served(region)
    with office.database.write() as tx:
        payer = _payer(tx)
        run_id = new_id()
        parts = [_part(tx, run_id, claim, now) for claim in _held_payable(tx, region)]
        if not parts:
            raise Conflict("no compensation waits for a transfer")
        demo = any(_is_demo(tx, part.claim_id) for part in parts)
        if demo and not office.specimens:
            raise Conflict("these payments were pretended, and this deployment makes no specimens")
        run = PayoutRun(
            id=run_id,
            region=region,
            state="prepared",
            demo=int(demo),
            payer_id=payer.id,
            due=next_business_day(now.date()),
            digest=_digest(tx, payer, parts),
            prepared_by=by,
            prepared_at=now,
        )
        payouts.insert_run(tx, run, parts)
        audit_trail.note(tx, by, "payouts_prepared", run.id, at=now)
    return run


def release(office: Office, run_id: str, by: str, seen_digest: str) -> PayoutRun:
    """Release a run, as another person than the one who prepared it: its file may go to the bank from now on.

    Raises NotAllowed for whoever prepared it or entered the account that pays, Conflict for another digest and where a claim is
    not owed any more.
    """
    now, by = office.clock.now(), checked_name(by)
    with office.database.write() as tx:
        run = _prepared(tx, run_id)
        payer, parts = _payer(tx), payouts.list_of_run(tx, run_id)
        _check_releaser(run, payer, by)
        if run.payer_id != payer.id:
            raise Conflict(
                "the account of the scheme has changed since: withdraw this run and prepare another"
            )
        if run.digest != _digest(tx, payer, parts):
            raise Conflict("the transfers of this run are not those that were prepared: its digest differs")
        if seen_digest != run.digest:
            raise Conflict(f"this is not the digest of the run: the run has {run.digest[:12]}…")
        for part in _in_order(tx, parts):
            _send(tx, run, part, by, now)
        payouts.decide_run(tx, run_id, "released", by, now)
        audit_trail.note(tx, by, "payouts_released", run_id, at=now)
        return _required(payouts.find_run(tx, run_id))


def withdraw(office: Office, run_id: str, by: str, reason: str) -> PayoutRun:
    """Take a run back that nobody has released; its claims wait for the next one."""
    now, by, reason = office.clock.now(), checked_name(by), checked_reason(reason)
    with office.database.write() as tx:
        run = _prepared(tx, run_id)
        payouts.decide_run(tx, run.id, "withdrawn", by, now)
        audit_trail.note(tx, by, "payouts_withdrawn", run.id, at=now, detail=reason)
        return _required(payouts.find_run(tx, run_id))


def refuse(office: Office, payout_id: str, by: str, reason: str) -> Payout:
    """Take a released transfer back that the bank has refused before it booked anything; the holder is asked for another account.

    Raises NotAllowed for whoever released it, Conflict where a line of the bank shows it.
    """
    now, by, reason = office.clock.now(), checked_name(by), checked_reason(reason)
    with office.database.write() as tx:
        claim = claims.find_claim(tx, _released(tx, payout_id).claim_id)
        if claim is None:
            raise NotFound("there is no such transfer")
        locked(tx, claim.order_id)
        part = _released(tx, payout_id)
        run = _required(payouts.find_run(tx, part.run_id))
        if is_same_person(run.decided_by or "", by):
            raise NotAllowed(f"{by} has released this transfer: another person takes it back")
        if payouts.list_seen(tx, [part.id]):
            raise Conflict("a line of the bank shows this transfer: its return will show there too")
        settle(tx, claims.find_claim(tx, claim.id) or claim, now, refused=part)
        audit_trail.note(tx, by, "payout_refused", part.id, at=now, detail=reason)
    return part


def payouts_file(office: Office, run_id: str) -> bytes:
    """Write the file of a released run for the bank (pain.001.001.09): the same bytes each time, kept nowhere.

    Raises Conflict for a run that is not released, and once its accounts are erased.
    """
    with office.database.read() as tx:
        run = _required(payouts.find_run(tx, run_id))
        if run.state != "released":
            raise Conflict(f"the run is {run.state}: another person releases it first")
        payer = bank.find_account(tx, run.payer_id)
        paid = [(part, _payee(tx, part)) for part in payouts.list_of_run(tx, run_id)]
    if payer is None or any(payee.iban is None for _, payee in paid):
        raise Conflict("accounts of this run have been erased: its file cannot be written again")
    specimen = "SPECIMEN - NOT PAID " if run.demo else ""
    transfers = [
        Transfer(
            Party(str(payee.holder), str(payee.iban), "", "", str(payee.iban)[:2]),
            part.amount_minor,
            part.id,
            f"{specimen}Compensation {part.claim_id}",
        )
        for part, payee in paid
    ]
    return to_xml(message_id(run), _party(payer), transfers, run.prepared_at, run.due)


def message_id(run: PayoutRun) -> str:
    """Name the file of a run for the bank: at most 35 characters, the same whenever it is written."""
    return f"{'SPECIMEN' if run.demo else 'TF'}-C-{run.id.replace('-', '')[-20:]}"


def _payer(tx: Transaction) -> BankAccount:
    payer = next((one for one in bank.list_accounts_in_force(tx) if one.party == SCHEME), None)
    if payer is None:
        raise Conflict("the scheme has no approved bank account: enter it, and have it approved")
    why = why_not(_party(payer))
    if why is not None:
        raise Conflict(f"the scheme: {why}")
    return payer


def _held_payable(tx: Transaction, region: str) -> list[Claim]:
    """Read the claims that wait for a transfer, and hold their orders in one order: two who prepare make one transfer."""
    waiting = payouts.list_payable(tx, region, _AT_ONCE)
    for order_id in sorted({one.order_id for one in waiting}):
        locked(tx, order_id)
    still = {one.id for one in payouts.list_payable(tx, region, _AT_ONCE)}
    return [one for one in waiting if one.id in still and failed_of(tx, one)]


def _part(tx: Transaction, run_id: str, claim: Claim, now: datetime) -> Payout:
    account = account_of(tx, claim.id)
    attempt = len(payouts.list_of_claim(tx, claim.id)) + 1
    name = claim.id.replace("-", "")
    return Payout(
        id=name if attempt == 1 else f"{name}-{attempt}",
        run_id=run_id,
        claim_id=claim.id,
        attempt=attempt,
        account_seq=account.seq if account else 0,
        amount_minor=sum(one.amount_minor for one in failed_of(tx, claim)),
        currency=CURRENCY,
        state="prepared",
        changed_at=now,
    )


def _is_demo(tx: Transaction, claim_id: str) -> bool:
    claim = claims.find_claim(tx, claim_id)
    paid = orders.list_payments_of(tx, orders.list_replaced(tx, claim.order_id)) if claim else []
    return any(one.gateway == "demo" for one in paid)


def _check_releaser(run: PayoutRun, payer: BankAccount, by: str) -> None:
    if is_same_person(run.prepared_by, by):
        raise NotAllowed(f"{by} has prepared this run: another person releases it")
    if is_same_person(payer.entered_by, by):
        raise NotAllowed(f"{by} has entered the account that pays: another person releases it")


def _in_order(tx: Transaction, parts: Iterable[Payout]) -> list[Payout]:
    """Hold the orders of all transfers, in one order, before anything is booked."""
    found = [(claims.find_claim(tx, part.claim_id), part) for part in parts]
    for order_id in sorted({claim.order_id for claim, _ in found if claim}):
        locked(tx, order_id)
    return [part for _, part in found]


def _send(tx: Transaction, run: PayoutRun, part: Payout, by: str, now: datetime) -> None:
    """Confirm the refunds that a transfer pays, and book it; the caller holds the order."""
    claim = claims.find_claim(tx, part.claim_id)
    owed = failed_of(tx, claim) if claim else []
    if sum(one.amount_minor for one in owed) != part.amount_minor:
        raise Conflict(
            f"claim {part.claim_id} is not owed so any more: withdraw this run and prepare another"
        )
    for refund in owed:
        orders.update_refund(tx, refund.id, "confirmed", mark_of(part.id, refund), now)
        gateway_events.resolve_alert_of(tx, elsewhere.FAILED, refund.id, by, now)
    entry = postings.compensation_sent(
        part.id,
        region=run.region,
        amount=part.amount_minor,
        currency=part.currency,
        at=now,
        claim=part.claim_id,
        by=by,
    )
    if entry is None or not books.book(tx, entry, now):
        raise Conflict(f"the transfer {part.id} is in the books already")


def _prepared(tx: Transaction, run_id: str) -> PayoutRun:
    run = _required(payouts.find_run(tx, run_id, hold=True))
    if run.state != "prepared":
        raise Conflict(f"the run is {run.state} and stays so")
    return run


def _released(tx: Transaction, payout_id: str) -> Payout:
    part = payouts.find_payout(tx, payout_id)
    if part is None:
        raise NotFound("there is no such transfer")
    if part.state != "released":
        raise Conflict(f"this transfer is {part.state}")
    return part


def _required(run: PayoutRun | None) -> PayoutRun:
    if run is None:
        raise NotFound("there is no such run of transfers")
    return run


def _digest(tx: Transaction, payer: BankAccount, parts: Iterable[Payout]) -> str:
    """Bind who pays whom how much."""
    paid = sorted((part.id, part.amount_minor, part.account_seq, part.claim_id) for part in parts)
    accounts = {one.claim_id: one for part in paid for one in payouts.list_accounts(tx, part[3])}
    payees = [[accounts[part[3]].holder, accounts[part[3]].iban] for part in paid]
    return digest([digest_of(payer), paid, payees])


def _payee(tx: Transaction, part: Payout) -> ClaimAccount:
    return next(one for one in payouts.list_accounts(tx, part.claim_id) if one.seq == part.account_seq)


def _line(part: Payout, payee: ClaimAccount) -> PayoutLine:
    return PayoutLine(payout=part, holder=payee.holder or "", hint=payee.hint)


def _party(account: BankAccount) -> Party:
    return Party(account.name, account.iban, account.bic, account.town, account.country)
