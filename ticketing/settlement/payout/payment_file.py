"""By which files a run's money moves: a payment file for each currency, and a list of everything that they cannot carry."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tariffs.money import Money
from ticketing.db.settlement.bank import BankAccount
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, Fault
from ticketing.settlement.inert import row
from ticketing.settlement.month import SCHEME, next_business_day, paid_positions
from ticketing.settlement.payout import references
from ticketing.settlement.payout.sepa import CURRENCY, Party, Transfer, to_xml, why_not
from ticketing.settlement.payout.steps import message_id_in, message_id_of
from ticketing.settlement.terms import payment_date, terms_of


@dataclass(frozen=True, slots=True)
class Due:
    """One payment that a file carries; `attempt` is 0 for the first time."""

    party: str
    amount_minor: int
    currency: str
    attempt: int = 0


def list_due(run: Run) -> list[Due]:
    """List what a run pays to operators, in every currency."""
    return [
        Due(party, amount, currency)
        for (party, currency), amount in sorted(paid_positions(run.dataset).items())
        if amount > 0
    ]


def first_files(run: Run, accounts: Mapping[str, BankAccount]) -> dict[str, bytes]:
    """The files of a run by name; raises Conflict naming each party that cannot be paid in euro."""
    if not accounts:
        return {}
    due = [one for one in list_due(run) if is_carried(accounts, one)]
    return payment_files(
        run, accounts, due, message_id=message_id_of(run), at=run.created_at, day=due_date(run)
    )


def is_carried(accounts: Mapping[str, BankAccount], due: Due) -> bool:
    """Tell whether a file carries a payment: all in euro, and those in kronor whose payee and payer have a fitting account."""
    if due.currency == CURRENCY:
        return True
    payee, payer = accounts.get(due.party), payer_of(accounts, due.currency)
    return bool(payee and payer) and not any(
        why_not(_party(account), due.amount_minor, due.currency) for account in (payee, payer) if account
    )


def payer_of(accounts: Mapping[str, BankAccount], currency: str) -> BankAccount | None:
    """The scheme's account that pays in a currency: one of its own for that, else the one for all."""
    return accounts.get(f"{SCHEME}:{currency}") or accounts.get(SCHEME)


def file_part(currency: str) -> str:
    """The part of a file's name that tells its currency."""
    return "sepa" if currency == CURRENCY else currency.lower()


def payment_files(
    run: Run,
    accounts: Mapping[str, BankAccount],
    due: Sequence[Due],
    *,
    message_id: str,
    at: datetime,
    day: date,
) -> dict[str, bytes]:
    """One file for each currency; raises Conflict naming each party that it cannot pay."""
    payers = {payment.currency: payer_of(accounts, payment.currency) for payment in due}
    parties = [(SCHEME, payer, 0, currency) for currency, payer in payers.items()]
    parties += [(one.party, accounts.get(one.party), one.amount_minor, one.currency) for one in due]
    reasons = ((party, _why_not(account, amount, currency)) for party, account, amount, currency in parties)
    refused = [Fault(party, reason) for party, reason in reasons if reason]
    if refused:
        raise Conflict("; ".join(f"{fault.path}: {fault.message}" for fault in refused), refused)
    specimen = "SPECIMEN - NOT PAID " if run.dataset.demo else ""
    files: dict[str, bytes] = {}
    for currency, payer in sorted(payers.items()):
        transfers = [
            Transfer(
                _party(accounts[payment.party]),
                payment.amount_minor,
                end_to_end_id(run, payment.party, currency, payment.attempt),
                f"{specimen}{run.region} {run.period} {message_id}",
            )
            for payment in due
            if payment.currency == currency
        ]
        if payer is not None:
            own_id = message_id_in(message_id, currency)
            content = to_xml(own_id, _party(payer), transfers, at, day, currency=currency)
            files[f"payments-{file_part(currency)}.xml"] = content
    return files


def _why_not(account: BankAccount | None, amount_minor: int, currency: str) -> str | None:
    if account is None:
        return "has no approved bank account"
    return why_not(_party(account), amount_minor, currency)


def due_date(run: Run) -> date:
    """Return the due date of a run's payments: the agreed day of the next month, or later when it was calculated later."""
    agreed = payment_date(run.period, terms_of(run.dataset.terms).payment_day, next_business_day)
    return max(agreed, next_business_day(run.created_at.date()))


def end_to_end_id(run: Run, operator: str, currency: str = CURRENCY, attempt: int = 0) -> str:
    """The reference of one payment: at most 35 characters, the same whenever it is written, another for each attempt."""
    again = f"/{attempt}" if attempt else ""
    tail = hashlib.sha256(f"{run.id}/{operator}/{currency}{again}".encode()).hexdigest()[:8].upper()
    name = re.sub(r"[^A-Za-z0-9]", "", operator)[:12]
    return f"{run.period.replace('-', '')}-{name}-{tail}"


def national_reference(run: Run, operator: str, currency: str) -> str:
    """The reference that an operator enters when it pays the scheme, in the Finnish form: the month, then digits of the debt."""
    digest = hashlib.sha256(f"{run.id}/{operator}/{currency}".encode()).hexdigest()
    return references.national(int(run.period.replace("-", "")) * 10**10 + int(digest, 16) % 10**10)


def payer_reference(run: Run, operator: str, currency: str) -> str:
    """The same in the form that every bank of the world takes: RF (ISO 11649) over the Finnish one."""
    return references.rf(national_reference(run, operator, currency))


def other_payments(run: Run, accounts: Mapping[str, BankAccount]) -> Iterator[str]:
    """Payments that no file carries: other currencies, and what operators pay to the scheme, with its references."""
    yield row(["from", "to", "amount", "currency", "reference", "due", "finnish_reference"])
    for payment in run.dataset.payments:
        outgoing, currency = payment.debtor == SCHEME, payment.amount.currency
        operator = payment.creditor if outgoing else payment.debtor
        minor = abs(payment.amount.minor)
        if outgoing and is_carried(accounts, Due(operator, minor, currency)):
            continue
        reference, finnish = end_to_end_id(run, operator, currency), ""
        if not outgoing:
            reference = payer_reference(run, operator, currency)
            finnish = national_reference(run, operator, currency)
        yield row(
            [
                payment.debtor,
                payment.creditor,
                Money(minor, currency).text,
                currency,
                reference,
                due_date(run).isoformat(),
                finnish,
            ]
        )


def _party(account: BankAccount) -> Party:
    return Party(account.name, account.iban, account.bic, account.town, account.country)
