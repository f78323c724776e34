"""Find the payees of a run: the bank accounts that were in force when it was approved, and no others after that.

Whoever approves a run has read whom it pays; an account that is changed between the approval and the export would
take the money elsewhere without anybody having seen it.
"""

from collections.abc import Mapping

from ticketing.db import Transaction
from ticketing.db.settlement import bank, runs
from ticketing.db.settlement.bank import BankAccount
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, Fault, NotAllowed
from ticketing.settlement.month import SCHEME, paid_positions, payouts
from ticketing.settlement.office import Office
from ticketing.settlement.payout.sepa import CURRENCY, DOMESTIC
from ticketing.settlement.run_state import is_same_person
from ticketing.settlement.terms import parties_of

# A run of these states was exported: nothing is bound to it any more.
_EXPORTED = frozenset({"exported", "sent", "reconciled", "voided"})


def paid_to(run: Run) -> list[str]:
    """The parties whose bank accounts a run needs: who is paid in euro, and the scheme that pays them."""
    due = payouts(run.dataset, CURRENCY)
    return [SCHEME, *due] if due else []


def _may_be_paid_to(run: Run) -> list[str]:
    """The parties that a file pays where they have an account, and a person where they have none: who is paid in kronor."""
    due = {currency: payouts(run.dataset, currency) for currency in DOMESTIC}
    payees = {party for parties in due.values() for party in parties}
    payers = {f"{SCHEME}:{currency}" for currency, parties in due.items() if parties}
    return sorted({SCHEME, *payees, *payers} - {*paid_to(run)}) if payees else []


def _paid_by_debtors(run: Run) -> set[str]:
    """The scheme's accounts that a debtor of a run pays to."""
    debts = {due.amount.currency for due in run.dataset.payments if due.creditor == SCHEME}
    return {SCHEME, *(f"{SCHEME}:{currency}" for currency in debts)} if debts else set()


def editors(tx: Transaction, run: Run) -> set[str]:
    """List the people who entered the accounts in force of a run's parties and of the scheme."""
    parties = {SCHEME, *(operator for operator, _ in paid_positions(run.dataset))}
    return {account.entered_by for party, account in _in_force(tx).items() if party in parties}


def bind(tx: Transaction, run: Run) -> None:
    """Bind a run to the accounts that are in force now; a party without one is bound when it has one."""
    bound = bank.list_bound_accounts(tx, run.id)
    for party, account in _in_force(tx).items():
        if party in {*paid_to(run), *_may_be_paid_to(run), *_paid_by_debtors(run)} and party not in bound:
            bank.bind_account(tx, run.id, account)


def _refuse_own_accounts(tx: Transaction, run: Run, found: Mapping[str, BankAccount | None]) -> None:
    """Raise NotAllowed where whoever approved a run has entered an account that it pays to."""
    approvals = (step.actor for step in reversed(runs.list_steps(tx, run.id)) if step.state == "approved")
    approver = next(approvals, "")
    for party, account in found.items():
        if account and is_same_person(account.entered_by, approver):
            raise NotAllowed(
                f"{approver} has approved this run and entered the bank account of {party} that it pays to"
            )


def list_payees(office: Office, run: Run) -> dict[str, BankAccount]:
    """The account that each party of a run is paid to: the one at its approval, before that the one in force."""
    with office.database.read() as tx:
        return {**_in_force(tx), **bank.list_bound_accounts(tx, run.id)}


def list_accounts_to_pay(office: Office, run: Run) -> dict[str, str]:
    """The scheme's account that a debtor of a run pays to, by currency; a currency without one is left out.

    It is the one that `[parties.scheme]` named when the month was closed, else the one that the run is bound to. What was
    exported says the same whenever it is written; before that, the account in force counts, to which the export binds it.
    """
    with office.database.read() as tx:
        bound = bank.list_bound_accounts(tx, run.id)
        known = bound if run.state in _EXPORTED else {**_in_force(tx), **bound}
    scheme = parties_of(run.dataset.terms).get(SCHEME)
    debts = {due.amount.currency for due in run.dataset.payments if due.creditor == SCHEME}
    if scheme and scheme.account:
        return dict.fromkeys(debts, scheme.account)
    accounts = {currency: known.get(f"{SCHEME}:{currency}") or known.get(SCHEME) for currency in debts}
    return {currency: account.iban for currency, account in accounts.items() if account}


def accounts_of(tx: Transaction, run: Run) -> dict[str, BankAccount]:
    """The account of each party that a run pays to.

    Raises Conflict naming the parties without an account, or whose account has changed since the approval of a run
    that is not exported yet; NotAllowed where whoever approved the run has entered the account.
    """
    bound, in_force, wanted = bank.list_bound_accounts(tx, run.id), _in_force(tx), paid_to(run)
    # One who is paid in kronor and had no account at the approval is paid by hand: the files of a run stay as they were.
    wanted += [party for party in _may_be_paid_to(run) if party in bound]
    accounts = {party: bound.get(party) or in_force.get(party) for party in wanted}
    _refuse(
        [party for party, account in accounts.items() if account is None],
        "no approved bank account of {}",
        "has no approved bank account",
    )
    if run.state == "approved":
        _refuse(
            [party for party in wanted if party in bound and in_force[party].id != bound[party].id],
            "the bank account of {} was changed after this run was approved: void the run and close the month again",
            "was changed after the approval",
        )
        _refuse_own_accounts(tx, run, accounts)
    return {party: account for party, account in accounts.items() if account}


def _in_force(tx: Transaction) -> dict[str, BankAccount]:
    return {account.party: account for account in bank.list_accounts_in_force(tx)}


def _refuse(parties: list[str], detail: str, each: str) -> None:
    if parties:
        raise Conflict(detail.format(", ".join(parties)), [Fault(party, each) for party in parties])
