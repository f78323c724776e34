"""Take a ticket's allocation back: the capped targets of docs/settlement.md, each vector by its own rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, TypeVar

from tariffs.apportion import reverse
from tariffs.money import half_up
from ticketing.books import postings
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.as_priced import key_of
from ticketing.db.books.books import Share, Tax
from ticketing.db.sale.orders import Refund
from ticketing.frozen import Again, LineDocument, name_of
from ticketing.purchase.refund.wanted import change_of, take_back_change

_BASIS = 10_000
_SHARE_SUMS = ("gross_minor", "vat_minor", "fee_minor", "net_minor")
_WHOLE = 100
_TAX_SUMS = ("gross_minor", "vat_minor")
R = TypeVar("R", Share, Tax)


@dataclass(frozen=True, slots=True)
class Reversal:
    """The negative rows that take back part of an allocation."""

    shares: tuple[Share, ...]
    taxes: tuple[Tax, ...]


def reverse_lines(tx: Transaction, refund: Refund, region: str, now: datetime) -> None:
    """Book the reversal of every line of a refund, as its document has them: one of each ticket."""
    by_ticket: dict[str, list[LineDocument]] = {}
    for line in refund.document.lines:
        by_ticket.setdefault(line.jti, []).append(line)
    for jti, lines in by_ticket.items():
        _reverse_ticket(tx, refund, jti, lines, region=region, now=now)


def _reverse_ticket(
    tx: Transaction, refund: Refund, jti: str, lines: Sequence[LineDocument], *, region: str, now: datetime
) -> None:
    back = rows_back(tx, refund.seq, lines)
    books.allocate(tx, [*back.shares, *back.taxes], now, now)
    entry = postings.refund_decided(
        refund.id, jti, region=region, shares=back.shares, taxes=back.taxes, at=now
    )
    if entry:
        books.book(tx, entry, now)


def rows_back(tx: Transaction, seq: int, lines: Sequence[LineDocument]) -> Reversal:
    """The rows that a refund's lines of one ticket take back; none of one that cost nothing and gave nobody anything."""
    ordered = in_turn(lines)
    jti, amount = ordered[0].jti, sum(line.amount_minor for line in ordered)
    shares, taxes = books.list_shares(tx, jti), books.list_taxes(tx, jti)
    if amount == 0 and not ordered[-1].left and not any(row.gross_minor for row in shares):
        return Reversal((), ())
    return take_back(shares, taxes, amount, seq, ordered)


def in_turn(lines: Sequence[LineDocument]) -> list[LineDocument]:
    """Put the lines that a refund has of one ticket in order: what comes back of an earlier one goes before the rest."""
    return sorted(lines, key=lambda line: line.again is None)


def take_back(
    shares: Sequence[Share],
    taxes: Sequence[Tax],
    amount: int,
    seq: int,
    lines: Sequence[LineDocument] = (),
) -> Reversal:
    """Reverse `amount` minor units of a ticket whose rows so far are given. Pure.

    Gross by operator and by tax row follow the capped rule on their own keys; VAT follows its row's gross and
    rate; what an operator gets back of VAT and fee follows the same rule on what was withheld from it.
    A full refund is the exact mirror. A ticket that cost nothing because somebody else pays for it goes back by
    the percentage of its line. Where a refund's line gives legs back, or an operator keeps a fee, the rows go to
    what is wanted then (`wanted`). A line that gives back more of an earlier one (`again`) takes the difference, and
    several `lines` of one refund are taken one after the other (`in_turn`), each on what the ones before have left.
    """
    if len(lines) > 1:
        return _of_several(shares, taxes, seq, lines)
    line = lines[0] if lines else None
    if line is not None and line.again is not None:
        return _more_of(shares, taxes, amount, seq, line.again)
    change = change_of(shares, taxes, line)
    if change:
        return Reversal(*take_back_change(shares, taxes, change, seq))
    return _in_proportion(shares, taxes, amount, seq, percent=line.percent if line else _WHOLE)


def _in_proportion(
    shares: Sequence[Share], taxes: Sequence[Tax], amount: int, seq: int, *, percent: int
) -> Reversal:
    """Take an amount back from every row by what it has; of what cost nothing the percentage."""
    gross = _booked(shares, "gross_minor")
    weights = {share.operator: Fraction(share.gross_minor) for share in shares if share.kind == "sale"}
    whole = sum(gross.values())
    part = Fraction(amount, whole) if whole else Fraction(percent, _WHOLE)
    back = _gross_reversal(gross, weights, amount, part)
    tax_back, vat_back = _tax_reversal(taxes, amount)
    withheld = _booked(shares, "vat_minor")
    vat = reverse(withheld, {name: Fraction(part) for name, part in withheld.items()}, sum(vat_back.values()))
    fees = _booked(shares, "fee_minor")
    fee_amount = half_up(sum(fees.values()) * part)
    fee = reverse(fees, {name: Fraction(part) for name, part in fees.items()}, fee_amount)
    return Reversal(
        tuple(
            replace(
                share,
                kind="refund",
                seq=seq,
                gross_minor=-back[share.operator],
                vat_minor=-vat[share.operator],
                fee_minor=-fee[share.operator],
                net_minor=-(back[share.operator] - vat[share.operator] - fee[share.operator]),
            )
            for share in shares
            if share.kind == "sale"
        ),
        tuple(
            replace(
                tax,
                kind="refund",
                seq=seq,
                gross_minor=-tax_back[_tax_name(tax)],
                vat_minor=-vat_back[_tax_name(tax)],
            )
            for tax in taxes
            if tax.kind == "sale"
        ),
    )


def _more_of(shares: Sequence[Share], taxes: Sequence[Tax], amount: int, seq: int, again: Again) -> Reversal:
    """Take the difference that an earlier line gives back when its amount rises."""
    before_shares = [row for row in shares if row.seq < again.seq]
    before_taxes = [row for row in taxes if row.seq < again.seq]
    less, more = (
        take_back(before_shares, before_taxes, minor, seq, [replace(again.line, amount_minor=minor)])
        for minor in (again.from_minor, again.from_minor + amount)
    )
    return _joined(more, less, -1)


def _of_several(
    shares: Sequence[Share], taxes: Sequence[Tax], seq: int, lines: Sequence[LineDocument]
) -> Reversal:
    """Take back several lines of one ticket in one refund: one row for each operator and each VAT."""
    made = Reversal((), ())
    for line in lines:
        so_far = [*shares, *made.shares], [*taxes, *made.taxes]
        made = _joined(made, take_back(*so_far, line.amount_minor, seq, [line]), 1)
    return made


def _joined(one: Reversal, other: Reversal, sign: int) -> Reversal:
    """The rows of one and of another reversal, added (1) or taken off (-1), key by key."""
    return Reversal(
        _summed(one.shares, other.shares, sign, lambda row: row.operator, _SHARE_SUMS),
        _summed(one.taxes, other.taxes, sign, _tax_name, _TAX_SUMS),
    )


def _summed(
    one: Sequence[R], other: Sequence[R], sign: int, key: Callable[[R], str], sums: Sequence[str]
) -> tuple[R, ...]:
    found: dict[str, Any] = {key(row): row for row in one}
    for row in other:
        have = found.get(key(row))
        parts = {part: (getattr(have, part) if have else 0) + sign * getattr(row, part) for part in sums}
        found[key(row)] = replace(have or row, **parts)
    return tuple(found[name] for name in sorted(found))


def _gross_reversal(
    gross: dict[str, int], weights: dict[str, Fraction], amount: int, part: Fraction
) -> dict[str, int]:
    """The capped rule; what a bearer gave to a discount goes back to it in the same proportion."""
    bearers = {name: -gross[name] for name, weight in weights.items() if weight < 0}
    if not bearers:
        return reverse(gross, weights, amount)
    operators = {name: part for name, part in gross.items() if name not in bearers}
    borne = half_up(sum(bearers.values()) * part)
    back = reverse(operators, {name: weights[name] for name in operators}, amount + borne)
    returned = reverse(bearers, {name: -weights[name] for name in bearers}, borne)
    return back | {name: -part for name, part in returned.items()}


def _tax_reversal(taxes: Sequence[Tax], amount: int) -> tuple[dict[str, int], dict[str, int]]:
    gross: dict[str, int] = {}
    vat: dict[str, int] = {}
    for tax in taxes:
        name = _tax_name(tax)
        gross[name] = gross.get(name, 0) + tax.gross_minor
        vat[name] = vat.get(name, 0) + tax.vat_minor
    sales = {_tax_name(tax): tax for tax in taxes if tax.kind == "sale"}
    back = reverse(gross, {key: Fraction(tax.gross_minor) for key, tax in sales.items()}, amount)
    kept = {
        key: half_up(Fraction((gross[key] - back[key]) * tax.rate_bp, _BASIS + tax.rate_bp))
        for key, tax in sales.items()
    }
    return back, {key: vat[key] - min(vat[key], kept[key]) for key in sales}


def _tax_name(row: Tax) -> str:
    return name_of(key_of(row))


def _booked(shares: Sequence[Share], name: str) -> dict[str, int]:
    """Sum the amounts booked so far by operator, reversals included."""
    found: dict[str, int] = {}
    for share in shares:
        found[share.operator] = found.get(share.operator, 0) + getattr(share, name)
    return found
