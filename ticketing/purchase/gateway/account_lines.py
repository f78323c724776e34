"""Decide what a line of the gateway's account is in our books: an entry, a movement of a sale, or a named difference. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tariffs.money import Money
from ticketing.books import accounts, gateway_account, postings
from ticketing.books.gateway_account import LineFacts
from ticketing.db.books.books import Entry
from ticketing.payments import BalanceLine

# `booked`: by entries of its own; `sale`: by the entries of its payment; `named`: money on suspense that a person assigns;
# `waits`: of a payment that is not ours, or not yet; `before`: of the time before the books, which begin without it.
Verdict = Literal["booked", "sale", "named", "waits", "before"]
OF_SALES = ("charge", "refund", "dispute")


@dataclass(frozen=True, slots=True)
class Judged:
    """A line with its verdict, the reason, and the entries that it needs."""

    verdict: Verdict
    because: str
    entries: tuple[Entry, ...] = ()


def judge(line: BalanceLine, facts: LineFacts, currency: str | None, before: Iterable[BalanceLine]) -> Judged:
    """Judge a line; `currency` is that of its payment, None where there is none of ours; `before` are other lines of that payment."""
    if line.kind in OF_SALES:
        return _of_sale(line, facts, currency, before)
    entry = _entry_of(line, facts)
    if line.kind == "other":
        because = f"{line.category}: {Money(line.net_minor, line.amount.currency)} {line.description}".strip()
        return Judged("named", because, _some(entry))
    return Judged("booked", line.category, _some(entry))


def _of_sale(
    line: BalanceLine, facts: LineFacts, currency: str | None, before: Iterable[BalanceLine]
) -> Judged:
    if currency is None:
        because = (
            f"{line.amount} ({line.kind}) of {line.charge_id or line.source}, which is no payment of ours"
        )
        return Judged("waits", because)
    if line.amount.currency == currency:
        return Judged("sale", line.category)
    settled, fee = line.amount, Money(line.fee_minor, line.amount.currency)
    if line.exchanged is None:
        # A line in another currency that is no exchange of the payment's amount: the fee of a dispute, say.
        other = (
            accounts.dispute_fee(settled.currency)
            if line.kind == "dispute"
            else accounts.suspense(settled.currency)
        )
        net = Money(line.net_minor, settled.currency)
        entry = gateway_account.moved_against(facts, "gateway_fee", other, net)
        verdict: Verdict = "booked" if line.kind == "dispute" else "named"
        return Judged(verdict, f"{net} of a payment in {currency}, without a rate", _some(entry))
    account = accounts.dispute_fee if line.kind == "dispute" else accounts.psp_fee
    entries = [
        gateway_account.exchanged(facts, line.exchanged, settled),
        gateway_account.moved_against(facts, "gateway_fee", account(settled.currency), -fee),
        _ended(line, facts, before),
    ]
    return Judged("booked", f"{line.exchanged} as {settled}", tuple(entry for entry in entries if entry))


def _ended(line: BalanceLine, facts: LineFacts, before: Iterable[BalanceLine]) -> Entry | None:
    """The difference of two rates, once nothing of a payment is left that was exchanged."""
    lines = {one.id: one for one in (*before, line) if one.exchanged is not None}.values()
    taken = sum(one.exchanged.minor for one in lines if one.exchanged)
    settled = sum(one.amount.minor for one in lines)
    if taken or not settled:
        return None
    return gateway_account.exchange_ended(facts, Money(settled, line.amount.currency))


def _entry_of(line: BalanceLine, facts: LineFacts) -> Entry | None:
    currency = line.amount.currency
    net = Money(line.net_minor, currency)
    if line.kind in {"payout", "topup"}:
        return _payout(line, facts)
    account = {
        "fee": accounts.psp_fee,
        "tax": accounts.psp_tax,
        "reserve": accounts.psp_reserve,
    }.get(line.kind, accounts.suspense)(currency)
    kind = line.kind if line.kind != "other" else "unknown"
    return gateway_account.moved_against(facts, f"gateway_{kind}", account, net)


def _payout(line: BalanceLine, facts: LineFacts) -> Entry | None:
    """Money to the bank, or back: a payout by its id, whoever tells of it first; a top-up is a payout the other way."""
    wanted = {
        "region": facts.region,
        "gateway": facts.gateway,
        "currency": line.amount.currency,
        "at": facts.at,
    }
    if is_back(line.category):
        return postings.payout_failed(line.source, amount=line.net_minor, **wanted)  # type: ignore[arg-type]
    return postings.payout_sent(line.source, amount=-line.net_minor, **wanted)  # type: ignore[arg-type]


def is_back(category: str) -> bool:
    """Tell whether a line takes a payout back."""
    return category in {"payout_reversal", "payout_failure", "payout_cancel", "topup_reversal"}


def _some(entry: Entry | None) -> tuple[Entry, ...]:
    return (entry,) if entry else ()
