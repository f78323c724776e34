"""Pay again what the bank has returned or refused: the payments of one run, in a file of their own, in one step.

A payment that is made again has a reference of its own, so that the bank's lines of both are told apart. Where the bank
has named the account as the reason, another account must be in force, which two people have seen.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ticketing.db import Transaction
from ticketing.db.settlement import bank, bank_words, runs
from ticketing.db.settlement.bank import BankAccount
from ticketing.db.settlement.bank_words import PaidAgain, Refusal
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, Fault, NotAllowed, NotFound
from ticketing.settlement.month import SCHEME, next_business_day, paid_positions
from ticketing.settlement.office import Office
from ticketing.settlement.payout.payment_file import Due, file_part, payment_files
from ticketing.settlement.payout.steps import hold, message_id_in, message_id_of
from ticketing.settlement.run_state import checked_name, checked_reason, is_same_person

# The bank refuses the account itself (ISO 20022 external status reason codes): the same account would be refused again.
_OF_ACCOUNT = frozenset({"AC01", "AC02", "AC03", "AC04", "AC06", "AC13", "AC14", "BE01", "RC01", "RC04"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """The present attempt to pay a debt: its number, the file that carries it, and the bank's refusal of it."""

    number: int = 0
    file: int = 0
    refused: str = ""

    def batch_of(self, run: Run, currency: str) -> str:
        """The MsgId of the file with which this attempt goes."""
        return message_id_in(message_id_again(run, self.file), currency)


@dataclass(frozen=True, slots=True)
class Again:
    """A payment of a run that is open again, with the reason."""

    party: str
    currency: str
    amount_minor: int
    attempt: Attempt
    because: str


def attempt_of(
    again: Iterable[PaidAgain], refusals: Iterable[Refusal]
) -> Mapping[tuple[str, str, str], Attempt]:
    """The present attempt of each debt that was paid again or refused, by run, party and currency."""
    attempts = {(one.run_id, one.party, one.currency): Attempt(one.attempt, one.number) for one in again}
    for refusal in refusals:
        key = refusal.run_id, refusal.party, refusal.currency
        present = attempts.get(key, Attempt())
        if refusal.attempt == present.number:
            attempts[key] = replace(present, refused=f"{refusal.code} {refusal.words}".strip())
    return attempts


def message_id_again(run: Run, number: int) -> str:
    """The MsgId of a run's file of payments made again; that of the first file for number 0."""
    return f"{message_id_of(run)}R{number}" if number else message_id_of(run)


def list_again(office: Office, run_id: str) -> list[Again]:
    """List the payments of a run that the bank has returned or refused and that nobody has made again."""
    with office.database.read() as tx:
        run = runs.find_run(tx, run_id)
        if run is None:
            raise NotFound(f"no settlement run {run_id}")
        return open_again(tx, run)


def open_again(tx: Transaction, run: Run) -> list[Again]:
    """List the payments of a run that are open again."""
    attempts = attempt_of(bank_words.list_again(tx, [run.id]), bank_words.list_refusals(tx, [run.id]))
    settled = bank.list_settled(tx, [run.id])
    refused = Counter((refusal.party, refusal.currency) for refusal in bank_words.list_refusals(tx, [run.id]))
    returned: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line, step in bank.list_returns(tx, run.id):
        returned[str(step.party), line.currency].append(step.reason)
    owed: list[Again] = []
    for (party, currency), amount in sorted(paid_positions(run.dataset).items()):
        attempt = attempts.get((run.id, party, currency), Attempt())
        reasons = returned[party, currency]
        # Every attempt so far was refused, or was paid and came back.
        is_open = len(reasons) + refused[party, currency] > attempt.number
        if amount > 0 and is_open and (run.id, party, currency) not in settled:
            because = attempt.refused or (reasons[-1] if reasons else "")
            owed.append(Again(party, currency, amount, attempt, because))
    return owed


def pay_again(office: Office, run_id: str, by: str, reason: str) -> tuple[int, Mapping[str, bytes]]:
    """Make the payments of a run that came back or were refused once more; answers the number of the file and its forms.

    Raises Conflict where nothing is open again, where a payee has no account that this can be paid to, or still the one
    that the bank has refused; NotAllowed for whoever entered an account that is paid to.
    """
    now, by, reason = office.clock.now(), checked_name(by), checked_reason(reason)
    with office.database.write() as tx:
        run = hold(tx, run_id)
        owed = open_again(tx, run)
        if run.state not in {"sent", "reconciled"} or not owed:
            raise Conflict("the bank has returned or refused no payment of this run that is open")
        accounts = {account.party: account for account in bank.list_accounts_in_force(tx)}
        _check(tx, run, owed, accounts, by)
        number = 1 + max((one.number for one in bank_words.list_again(tx, [run.id])), default=0)
        for payment in owed:
            again = PaidAgain(
                run_id=run.id,
                party=payment.party,
                currency=payment.currency,
                attempt=payment.attempt.number + 1,
                number=number,
                account_id=accounts[payment.party].id,
                actor=by,
                reason=reason,
                at=now,
            )
            bank_words.insert_again(tx, again)
    return number, again_files(office, run_id, number)


def list_files_again(office: Office, run_id: str) -> list[int]:
    """List the numbers of a run's files of payments made again."""
    with office.database.read() as tx:
        return sorted({payment.number for payment in bank_words.list_again(tx, [run_id])})


def again_name(number: int, currency: str) -> str:
    """The name of a file of payments made again."""
    return f"payments-again-{number}-{file_part(currency)}.xml"


def again_files(office: Office, run_id: str, number: int) -> Mapping[str, bytes]:
    """The files of payments made again, by name; the same bytes whenever they are asked for. Raises NotFound."""
    with office.database.read() as tx:
        run = runs.find_run(tx, run_id)
        again = [one for one in bank_words.list_again(tx, [run_id]) if one.number == number]
        if run is None or not again:
            raise NotFound(f"the run {run_id} has no payments made again with the number {number}")
        accounts = {one.party: bank.find_account(tx, one.account_id) for one in again}
        in_force = {one.party: one for one in bank.list_accounts_in_force(tx)}
        payers = {
            party: account
            for party, account in (in_force | bank.list_bound_accounts(tx, run_id)).items()
            if party.partition(":")[0] == SCHEME
        }
    positions = paid_positions(run.dataset)
    due = [Due(one.party, positions[one.party, one.currency], one.currency, one.attempt) for one in again]
    known = {party: account for party, account in accounts.items() if account}
    day = next_business_day(again[0].at.date())
    files = payment_files(
        run, {**known, **payers}, due, message_id=message_id_again(run, number), at=again[0].at, day=day
    )
    return {
        name.replace("payments-", f"payments-again-{number}-", 1): content for name, content in files.items()
    }


def _check(
    tx: Transaction, run: Run, owed: Iterable[Again], accounts: Mapping[str, BankAccount], by: str
) -> None:
    paid_to = _paid_to(tx, run)
    faults = []
    for payment in owed:
        account = accounts.get(payment.party)
        if account is None:
            faults.append(Fault(payment.party, "has no approved bank account"))
        elif is_same_person(account.entered_by, by):
            raise NotAllowed(
                f"{by} has entered the bank account of {payment.party}: another person pays again"
            )
        elif account.id == paid_to.get(payment.party) and _names_account(payment.because):
            faults.append(
                Fault(
                    payment.party,
                    f"{payment.because}: enter another bank account first, and have it approved",
                )
            )
    if SCHEME not in accounts:
        faults.append(Fault(SCHEME, "has no approved bank account"))
    if faults:
        raise Conflict("; ".join(f"{fault.path}: {fault.message}" for fault in faults), faults)


def _names_account(because: str) -> bool:
    words = because.replace(":", " ").replace(",", " ").split()
    return any(word in _OF_ACCOUNT for word in words)


def _paid_to(tx: Transaction, run: Run) -> dict[str, str]:
    """The account to which each party was paid last."""
    bound = {party: account.id for party, account in bank.list_bound_accounts(tx, run.id).items()}
    return bound | {one.party: one.account_id for one in bank_words.list_again(tx, [run.id])}
