"""Take a run from calculated to sent: approve (another person, the same digest), reject, void, mark as sent."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ticketing.books import settling
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.settlement import bank, runs
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.settlement.month import converted, owed_positions, paid_positions
from ticketing.settlement.office import Office
from ticketing.settlement.payout import bank_accounts, payees
from ticketing.settlement.payout.sepa import CURRENCY, DOMESTIC
from ticketing.settlement.run_state import check_approver, check_step, checked_name, checked_reason

# Files by which money moves begin so.
PAYMENTS = "payments-"
_VOIDED = ".voided"
_CURRENCIES = (CURRENCY, *DOMESTIC)


def approve(office: Office, run_id: str, actor: str, seen_digest: str) -> Run:
    """Approve a calculated run; what it pays is moved to where the bank's lines will find it.

    Raises NotAllowed for whoever prepared it or entered an account that it pays to, Conflict for another digest.
    """
    now, actor = office.clock.now(), checked_name(actor)
    with office.database.write() as tx:
        run = hold(tx, run_id)
        editors = payees.editors(tx, run) if run.is_calculated else set()
        check_approver(run, actor, seen_digest, runs.digest_of(run), editors)
        payees.bind(tx, run)
        runs.insert_step(tx, run.id, state="approved", actor=actor, at=now, digest=run.digest)
        runs.set_state(tx, run.id, "approved")
        entry = settling.run_approved(
            run.id,
            owed_positions(run.dataset),
            paid_positions(run.dataset),
            converted=converted(run.dataset),
            region=run.region,
            at=now,
            note=asdict(approval_note(tx, run, actor)),
        )
        if entry:
            books.book(tx, entry, now)
        return hold(tx, run_id)


@dataclass(frozen=True, slots=True)
class ApprovalNote:
    """The note of an approval in the books: who prepared it, who approved what, and the digests of the accounts paid to."""

    prepared_by: str
    approved_by: str
    digest: str
    accounts: Mapping[str, str]


def approval_note(tx: Transaction, run: Run, approver: str) -> ApprovalNote:
    """Make the note of an approval by the accounts that the run is bound to."""
    bound = bank.list_bound_accounts(tx, run.id)
    accounts = {party: bank_accounts.digest_of(account) for party, account in sorted(bound.items())}
    return ApprovalNote(run.prepared_by, approver, run.digest, accounts)


def reject(office: Office, run_id: str, actor: str, reason: str) -> Run:
    """Send a calculated run back; closing the month again calculates the next version."""
    return _leave(office, run_id, "rejected", actor, reason)


def void(office: Office, run_id: str, actor: str, reason: str) -> Run:
    """Take a run back before its payments have left; what its approval booked is booked back.

    Its payment files are renamed, so that nobody takes them to the bank. Raises Conflict for a run that was sent,
    whose carried positions a later run has opened with, or of whose payments the bank has one already.
    """
    run = _leave(office, run_id, "voided", actor, reason)
    for path in (office.files / run.region / f"{run.period}-v{run.version}").glob(f"{PAYMENTS}*"):
        if path.suffix != _VOIDED:
            path.rename(path.with_name(f"{path.name}{_VOIDED}"))
    return run


def mark_sent(office: Office, run_id: str, actor: str, message_id: str) -> Run:
    """The payment file has been handed to the bank; `message_id` is the MsgId in it, so that the wrong file shows."""
    now, actor = office.clock.now(), checked_name(actor)
    with office.database.write() as tx:
        run = hold(tx, run_id)
        check_step(run, "sent")
        if message_id not in list_message_ids(run):
            # Not told: naming it is the proof that this very file was handed in.
            raise InvalidRequest.at(
                "message_id", "this run's payment file has another MsgId: read it in the file"
            )
        runs.insert_step(tx, run.id, state="sent", actor=actor, at=now, digest=run.digest, note=message_id)
        runs.set_state(tx, run.id, "sent")
        return hold(tx, run_id)


def list_message_ids(run: Run) -> list[str]:
    """List the MsgIds of a run's files, one for each currency."""
    return [message_id_in(message_id_of(run), currency) for currency in _CURRENCIES]


def message_id_of(run: Run) -> str:
    """The MsgId of a run's payment file: at most 35 characters, the same whenever it is written."""
    return f"{'SPECIMEN' if run.dataset.demo else 'TF'}-{run.period}-{run.id.replace('-', '')[-12:]}-{run.version}"


def message_id_in(message_id: str, currency: str) -> str:
    """The MsgId of a run's file in one currency: a bank takes an id once, so the files of one run have several."""
    return message_id if currency == CURRENCY else f"{message_id}{currency[0]}"


def hold(tx: Transaction, run_id: str) -> Run:
    """Read a run and keep it from other writers; raises NotFound."""
    found = runs.find_run(tx, run_id, hold=True)
    if found is None:
        raise NotFound(f"no settlement run {run_id}")
    return found


def _leave(office: Office, run_id: str, state: str, actor: str, reason: str) -> Run:
    now, actor, reason = office.clock.now(), checked_name(actor), checked_reason(reason)
    with office.database.write() as tx:
        run = hold(tx, run_id)
        check_step(run, state)
        later = runs.find_run_after(tx, run.region, run.period)
        if later is not None:
            raise Conflict(
                f"the run of {later.period} opened with what this one carried: void that one first"
            )
        settled = sorted(str(party) for _, party, _ in bank.list_settled(tx, [run.id]))
        if settled:
            raise Conflict(
                f"the bank has booked what {', '.join(settled)} paid for this run: it cannot be voided any more"
            )
        if run.state in {"approved", "exported"}:
            booked = books.find_entry_id(tx, "settlement_run", run.id, "run_approved")
            entry = settling.run_voided(
                run.id,
                owed_positions(run.dataset),
                paid_positions(run.dataset),
                converted=converted(run.dataset),
                region=run.region,
                at=now,
                reverses=booked,
            )
            if entry:
                books.book(tx, entry, now)
        runs.insert_step(tx, run.id, state=state, actor=actor, at=now, digest=run.digest, note=reason)
        runs.set_state(tx, run.id, state)
        return hold(tx, run_id)
