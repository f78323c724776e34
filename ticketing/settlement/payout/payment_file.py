"""By which files a run's money moves: the SEPA credit transfer, and a list of everything that it cannot carry."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date

from tariffs.money import Money
from ticketing.db.settlement.bank import BankAccount
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, Fault
from ticketing.settlement.inert import row
from ticketing.settlement.month import SCHEME, next_business_day, payouts
from ticketing.settlement.payout.sepa import CURRENCY, Party, Transfer, to_xml, why_not
from ticketing.settlement.payout.steps import message_id_of
from ticketing.settlement.terms import payment_date, terms_of


def sepa_file(run: Run, accounts: Mapping[str, BankAccount]) -> bytes | None:
    """The SEPA file, or None when nobody is paid in euro; raises Conflict naming each party that it cannot pay."""
    if not accounts:
        return None
    due = payouts(run.dataset, CURRENCY)
    refused = [
        Fault(party, reason)
        for party, account in sorted(accounts.items())
        if (reason := why_not(_party(account), due.get(party, 0)))
    ]
    if refused:
        raise Conflict("; ".join(f"{fault.path}: {fault.message}" for fault in refused), refused)
    specimen = "SPECIMEN - NOT PAID " if run.dataset.demo else ""
    transfers = [
        Transfer(
            _party(accounts[operator]),
            amount,
            end_to_end_id(run, operator),
            f"{specimen}{run.region} {run.period} {message_id_of(run)}",
        )
        for operator, amount in due.items()
    ]
    return to_xml(message_id_of(run), _party(accounts[SCHEME]), transfers, run.created_at, due_date(run))


def due_date(run: Run) -> date:
    """Return the due date of a run's payments: the agreed day of the next month, or later when it was calculated later."""
    agreed = payment_date(run.period, terms_of(run.dataset.terms).payment_day, next_business_day)
    return max(agreed, next_business_day(run.created_at.date()))


def end_to_end_id(run: Run, operator: str, currency: str = CURRENCY) -> str:
    """The reference of one payment: at most 35 characters, the same whenever it is written."""
    tail = hashlib.sha256(f"{run.id}/{operator}/{currency}".encode()).hexdigest()[:8].upper()
    name = re.sub(r"[^A-Za-z0-9]", "", operator)[:12]
    return f"{run.period.replace('-', '')}-{name}-{tail}"


def other_payments(run: Run) -> Iterator[str]:
    """Payments that no SEPA file carries: other currencies, and what operators pay to the scheme."""
    yield row(["from", "to", "amount", "currency", "reference", "due"])
    for payment in run.dataset.payments:
        outgoing, currency = payment.debtor == SCHEME, payment.amount.currency
        if not outgoing or currency != CURRENCY:
            operator = payment.creditor if outgoing else payment.debtor
            yield row(
                [
                    payment.debtor,
                    payment.creditor,
                    Money(abs(payment.amount.minor), currency).text,
                    currency,
                    end_to_end_id(run, operator, currency),
                    due_date(run).isoformat(),
                ]
            )


def _party(account: BankAccount) -> Party:
    return Party(account.name, account.iban, account.bic, account.town, account.country)
