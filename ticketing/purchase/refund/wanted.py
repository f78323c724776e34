"""Keep the rest of a ticket booked when legs of it, or its remainder, are given back. Pure.

The wanted state is what the rest costs alone by the same tariff, and what is kept by the conditions: a fee for the
operator that asks for it, and beyond it each operator whose legs go keeps its part (docs/settlement.md). What goes
back is the booked state less the wanted one, row by row. An operator whose leg was cheaper inside a through fare gets
the price of its own ticket, so its row may rise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tariffs.apportion import by_weights
from tariffs.money import half_up
from ticketing.db.books.as_priced import share_as_priced, tax_as_priced
from ticketing.db.books.books import Share, Tax
from ticketing.frozen import LineDocument, PriceShare, PriceTax

_BASIS = 10_000
_SALE = "sale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A ticket before and after: the rows of its price by operator and by tax row, and what is kept by the conditions."""

    was_shares: Mapping[str, PriceShare]
    was_taxes: Mapping[str, PriceTax]
    left_shares: Mapping[str, PriceShare]
    left_taxes: Mapping[str, PriceTax]
    kept: int
    fees: Mapping[str, int]
    concerned: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Amounts:
    """Gross of a share with the VAT and the fee in it, in minor units."""

    gross: int = 0
    vat: int = 0
    fee: int = 0


_ZERO = _Amounts()


def change_of(shares: Sequence[Share], taxes: Sequence[Tax], line: LineDocument | None) -> Change | None:
    """Read the changes of one line of a refund; None for a whole ticket without fees, whose rows go back in proportion."""
    if line is None or not (line.was or line.left or line.fees):
        return None
    was_shares = (
        line.was.shares if line.was else [share_as_priced(row) for row in shares if row.kind == _SALE]
    )
    was_taxes = line.was.taxes if line.was else [tax_as_priced(row) for row in taxes if row.kind == _SALE]
    left_shares, left_taxes = (line.left.shares, line.left.taxes) if line.left else ((), ())
    return Change(
        was_shares=_by_operator(was_shares),
        was_taxes=_by_name(was_taxes),
        left_shares=_by_operator(left_shares),
        left_taxes=_by_name(left_taxes),
        kept=_gross(was_shares) - _gross(left_shares) - line.amount_minor,
        fees=line.fees,
        concerned=frozenset(line.operators),
    )


def take_back_change(
    shares: Sequence[Share], taxes: Sequence[Tax], change: Change, seq: int
) -> tuple[tuple[Share, ...], tuple[Tax, ...]]:
    """The rows that bring a ticket from what it was to what is wanted; rows without any change are left out."""
    kept_tax = _kept_taxes(change)
    kept_share = _kept_shares(change, sum(vat for _, vat in kept_tax.values()))
    return _share_rows(shares[0], shares, change, kept_share, seq), _tax_rows(taxes[0], change, kept_tax, seq)


def _kept_taxes(change: Change) -> dict[str, tuple[int, int]]:
    """Tax the kept amount as the transport it was: gross and VAT by tax row."""
    at_stake = {
        name: Fraction(max(0, row.gross_minor - _tax_amounts(change.left_taxes, name)[0]))
        for name, row in change.was_taxes.items()
    }
    gross = _split(change.kept, at_stake)
    rates = {name: row.key.rate_bp for name, row in change.was_taxes.items()}
    return {
        name: (part, half_up(Fraction(part * rates[name], _BASIS + rates[name])))
        for name, part in gross.items()
    }


def _kept_shares(change: Change, vat: int) -> dict[str, _Amounts]:
    """Share the kept amount among operators: each gets its fee first, then its part by the worth of its legs."""
    stakes = {name: _more(change, name).gross for name in change.was_shares}
    own = {name: part for name, part in stakes.items() if name in change.concerned}
    beyond = {name: max(0, part - change.fees.get(name, 0)) for name, part in own.items()}
    weights = next((found for found in (beyond, own) if any(found.values())), stakes)
    gross = _split(change.kept - sum(change.fees.values()), _fractions(weights))
    for name, fee in change.fees.items():
        gross[name] = gross.get(name, 0) + fee
    withheld = {name: _more(change, name).vat for name in gross}
    vats = _split(vat, _fractions(withheld if any(withheld.values()) else gross))
    kept = {}
    for name, part in gross.items():
        fee = half_up(Fraction(_more(change, name).fee * part, stakes[name])) if stakes[name] else 0
        kept[name] = _Amounts(part, vats.get(name, 0), fee)
    return kept


def _share_rows(
    like: Share, shares: Sequence[Share], change: Change, kept: Mapping[str, _Amounts], seq: int
) -> tuple[Share, ...]:
    rules = {row.operator: row.rule for row in shares if row.kind == _SALE}
    rows = []
    for name in sorted({*change.was_shares, *change.left_shares}):
        back = _less(
            _less(_of(change.was_shares, name), _of(change.left_shares, name)), kept.get(name, _ZERO)
        )
        if back != _ZERO:
            rule = rules.get(name) or _rule_of(change, name)
            rows.append(
                replace(
                    like,
                    operator=name,
                    kind="refund",
                    seq=seq,
                    rule=rule,
                    gross_minor=-back.gross,
                    vat_minor=-back.vat,
                    fee_minor=-back.fee,
                    net_minor=-(back.gross - back.vat - back.fee),
                )
            )
    return tuple(rows)


def _rule_of(change: Change, name: str) -> str:
    """The rule of a party that the sale did not have: it came with what an earlier refund, or this one, leaves."""
    row = change.left_shares.get(name) or change.was_shares[name]
    return row.rule


def _tax_rows(like: Tax, change: Change, kept: Mapping[str, tuple[int, int]], seq: int) -> tuple[Tax, ...]:
    rows = []
    for name in sorted({*change.was_taxes, *change.left_taxes}):
        was, left = _tax_amounts(change.was_taxes, name), _tax_amounts(change.left_taxes, name)
        kept_gross, kept_vat = kept.get(name, (0, 0))
        gross, vat = was[0] - left[0] - kept_gross, was[1] - left[1] - kept_vat
        if gross or vat:
            row = change.was_taxes.get(name) or change.left_taxes[name]
            rows.append(
                replace(
                    like,
                    kind="refund",
                    seq=seq,
                    gross_minor=-gross,
                    vat_minor=-vat,
                    member_state=row.key.member_state,
                    mode=row.key.mode,
                    scope=row.key.scope,
                    treatment=row.key.treatment,
                    rate_bp=row.key.rate_bp,
                    verified=int(row.key.verified),
                    distance_m=row.distance_m,
                )
            )
    return tuple(rows)


def _more(change: Change, name: str) -> _Amounts:
    """Count what an operator has more now than by what is left, each amount at least nothing."""
    more = _less(_of(change.was_shares, name), _of(change.left_shares, name))
    return _Amounts(max(0, more.gross), max(0, more.vat), max(0, more.fee))


def _of(rows: Mapping[str, PriceShare], name: str) -> _Amounts:
    row = rows.get(name)
    return _Amounts(row.gross_minor, row.vat_minor, row.fee_minor) if row else _ZERO


def _less(one: _Amounts, other: _Amounts) -> _Amounts:
    return _Amounts(one.gross - other.gross, one.vat - other.vat, one.fee - other.fee)


def _tax_amounts(rows: Mapping[str, PriceTax], name: str) -> tuple[int, int]:
    row = rows.get(name)
    return (row.gross_minor, row.vat_minor) if row else (0, 0)


def _fractions(parts: Mapping[str, int]) -> dict[str, Fraction]:
    return {name: Fraction(part) for name, part in parts.items()}


def _split(amount: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    return by_weights(amount, weights) if amount else {}


def _gross(shares: Sequence[PriceShare]) -> int:
    return sum(row.gross_minor for row in shares)


def _by_operator(rows: Sequence[PriceShare]) -> dict[str, PriceShare]:
    return {row.operator: row for row in rows}


def _by_name(rows: Sequence[PriceTax]) -> dict[str, PriceTax]:
    return {row.name: row for row in rows}
