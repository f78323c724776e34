"""List the movements that the books wait for at the bank: of runs, of gateways' payouts, of compensation to accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ticketing.db import Transaction
from ticketing.db.rights import payouts
from ticketing.db.settlement import bank, bank_words, runs
from ticketing.db.settlement.runs import Run
from ticketing.settlement.bank.matching import Expected
from ticketing.settlement.month import paid_positions
from ticketing.settlement.office import Office
from ticketing.settlement.payout import (
    DOMESTIC,
    Attempt,
    Due,
    attempt_of,
    due_date,
    end_to_end_id,
    is_carried,
    national_reference,
    payer_reference,
)

# So long after it was paid a transfer to a passenger may come back, and is known again.
_COMES_BACK_IN = timedelta(days=60)


def list_expected(tx: Transaction, office: Office, regions: Sequence[str]) -> list[Expected]:
    """List payments and receipts of runs, gateways' payouts on their way, and compensation that is paid to accounts, of some regions."""
    names = {account.party: account.name for account in bank.list_accounts_in_force(tx)}
    expected: list[Expected] = []
    for region in regions:
        days = office.terms(region).proposal_days
        expected += _of_runs(tx, region, names, days)
        expected += _payouts(tx, region, days)
        expected += _of_claims(tx, region, days, office.clock.now())
    return expected


@dataclass(frozen=True, slots=True)
class _Seen:
    """The debts of runs that the bank has settled, and what it has said of payments of theirs."""

    settled: set[tuple[str | None, str | None, str]]
    attempts: Mapping[tuple[str, str, str], Attempt]


def _of_runs(tx: Transaction, region: str, names: Mapping[str, str], days: int) -> list[Expected]:
    waiting = runs.list_runs_in_state(tx, region, ("exported", "sent", "reconciled"))
    ids = [run.id for run in waiting]
    attempts = attempt_of(bank_words.list_again(tx, ids), bank_words.list_refusals(tx, ids))
    seen = _Seen(bank.list_settled(tx, ids), attempts)
    expected: list[Expected] = []
    for run in waiting:
        for (operator, currency), amount in sorted(paid_positions(run.dataset).items()):
            wanted = _of_position(run, (operator, currency), amount, seen)
            wanted = replace(wanted, name=names.get(operator, ""), window_days=days)
            if not _is_in_file(tx, run, wanted):
                wanted = replace(wanted, batch="")
            expected.append(wanted)
            if amount > 0:
                expected.append(_back_of(wanted))
    return expected


def _is_in_file(tx: Transaction, run: Run, wanted: Expected) -> bool:
    """Tell whether a file carries a payment: some in kronor are made by hand."""
    if wanted.currency not in DOMESTIC or wanted.amount_minor > 0:
        return True
    due = Due(str(wanted.party), -wanted.amount_minor, wanted.currency)
    return is_carried(bank.list_bound_accounts(tx, run.id), due)


def _of_position(run: Run, position: tuple[str, str], amount: int, seen: _Seen) -> Expected:
    operator, currency = position
    attempt = seen.attempts.get((run.id, operator, currency), Attempt())
    reference = end_to_end_id(run, operator, currency, attempt.number)
    aliases: tuple[str, ...] = ()
    if amount < 0:
        aliases = (payer_reference(run, operator, currency), national_reference(run, operator, currency))
    return Expected(
        region=run.region,
        kind="payment" if amount > 0 else "receipt",
        reference=reference,
        run_id=run.id,
        party=operator,
        name="",
        amount_minor=-amount,
        currency=currency,
        due=due_date(run),
        window_days=0,
        open=(run.id, operator, currency) not in seen.settled,
        sent=run.state != "exported" or amount < 0,
        aliases=aliases,
        batch=attempt.batch_of(run, currency),
        note=attempt.refused,
    )


def _back_of(wanted: Expected) -> Expected:
    """A payment may come back while it stands as paid: then it is owed again."""
    return replace(
        wanted,
        kind="receipt",
        amount_minor=-wanted.amount_minor,
        open=not wanted.open,
        sent=True,
        comes_back=True,
        batch="",
        note="",
    )


def _payouts(tx: Transaction, region: str, days: int) -> list[Expected]:
    return [
        Expected(
            region=region,
            kind="payout",
            reference=payout.id,
            run_id=None,
            party=payout.id,
            name=payout.payer,
            amount_minor=payout.amount_minor,
            currency=payout.currency,
            due=payout.due,
            window_days=days,
            aliases=(payout.trace,) if payout.trace else (),
        )
        for payout in bank.list_payouts_in_transit(tx, region)
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
            wanted,
            kind="receipt",
            amount_minor=-wanted.amount_minor,
            open=("receipt", wanted.reference) not in seen,
            comes_back=True,
        )
        for wanted in paid
    ]
    return [*paid, *back]
