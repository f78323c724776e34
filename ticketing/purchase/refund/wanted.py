"""What stays booked of a ticket when legs of it, or what is left of it, are given back. Pure.

The wanted state is what the rest costs alone by the same tariff, and what is kept by the conditions: a fee for the
operator that asks for it, and beyond it each operator whose legs go keeps its part (docs/settlement.md). What goes
back is the booked state less the wanted one, row by row. An operator whose leg was cheaper inside a through fare gets
the price of its own ticket, so its row may rise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from tariffs.apportion import by_weights
from tariffs.money import half_up
from ticketing.db.books.books import Share, Tax

_BASIS = 10_000
_TAX_KEY = ("member_state", "mode", "scope", "treatment", "rate_bp", "verified")
_NONE: Mapping[str, Any] = {"shares": (), "taxes": ()}
_ZERO = {"gross_minor": 0, "vat_minor": 0, "fee_minor": 0, "net_minor": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A ticket before and after: the rows of its price as a quote has them, and what is kept by the conditions."""

    was_shares: Mapping[str, Mapping[str, Any]]
    was_taxes: Mapping[str, Mapping[str, Any]]
    left_shares: Mapping[str, Mapping[str, Any]]
    left_taxes: Mapping[str, Mapping[str, Any]]
    kept: int
    fees: Mapping[str, int]
    concerned: frozenset[str]


def change_of(shares: Sequence[Share], taxes: Sequence[Tax], line: Mapping[str, Any] | None) -> Change | None:
    """What one line of a refund changes; None for a whole ticket without fees, whose rows go back in proportion.

    `line["was"]` is what earlier lines had left of the ticket (None: all of it), `line["left"]` what this one leaves.
    """
    if line is None or not (line.get("was") or line.get("left") or line.get("fees")):
        return None
    was = line.get("was") or {
        "shares": [_plain(row) for row in shares if row.kind == "sale"],
        "taxes": [_plain(row) for row in taxes if row.kind == "sale"],
    }
    left = line.get("left") or _NONE
    worth = gross_of(was["shares"]) - gross_of(left["shares"])
    return Change(
        was_shares=_by_operator(was["shares"]),
        was_taxes=_by_key(was["taxes"]),
        left_shares=_by_operator(left["shares"]),
        left_taxes=_by_key(left["taxes"]),
        kept=worth - line["amount_minor"],
        fees=line.get("fees") or {},
        concerned=frozenset(line["operators"]),
    )


def take_back_change(
    shares: Sequence[Share], taxes: Sequence[Tax], change: Change, seq: int
) -> tuple[tuple[Share, ...], tuple[Tax, ...]]:
    """The rows that bring a ticket from what it was to what is wanted; rows without any change are left out."""
    kept_tax = _kept_taxes(change)
    kept_share = _kept_shares(change, sum(vat for _, vat in kept_tax.values()))
    return _share_rows(shares[0], shares, change, kept_share, seq), _tax_rows(taxes[0], change, kept_tax, seq)


def gross_of(rows: Sequence[Mapping[str, Any]]) -> int:
    """What rows come to, in minor units."""
    return sum(int(row["gross_minor"]) for row in rows)


def gross_sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Gross by operator of the shares of a price, as a quote has them."""
    return {name: row["gross_minor"] for name, row in _by_operator(rows).items()}


def tax_key(row: Tax | Mapping[str, Any]) -> str:
    """What makes a tax row the same row; `verified` is a truth value in a quote and a number in the books."""
    *named, verified = (row[name] if isinstance(row, Mapping) else getattr(row, name) for name in _TAX_KEY)
    return " ".join([*map(str, named), str(int(bool(verified)))])


def _kept_taxes(change: Change) -> dict[str, tuple[int, int]]:
    """What is kept is taxed as the transport it was: gross and VAT by tax row."""
    at_stake = {
        key: Fraction(max(0, row["gross_minor"] - _minor(change.left_taxes, key, "gross_minor")))
        for key, row in change.was_taxes.items()
    }
    gross = _split(change.kept, at_stake)
    rates = {key: row["rate_bp"] for key, row in change.was_taxes.items()}
    return {
        key: (part, half_up(Fraction(part * rates[key], _BASIS + rates[key]))) for key, part in gross.items()
    }


def _kept_shares(change: Change, vat: int) -> dict[str, dict[str, int]]:
    """What each operator keeps: its fee first, then its part by what its legs were worth."""
    stakes = {name: _more(change, name, "gross_minor") for name in change.was_shares}
    own = {name: part for name, part in stakes.items() if name in change.concerned}
    beyond = {name: max(0, part - change.fees.get(name, 0)) for name, part in own.items()}
    weights = next((found for found in (beyond, own) if any(found.values())), stakes)
    gross = _split(change.kept - sum(change.fees.values()), _fractions(weights))
    for name, fee in change.fees.items():
        gross[name] = gross.get(name, 0) + fee
    withheld = {name: _more(change, name, "vat_minor") for name in gross}
    vats = _split(vat, _fractions(withheld if any(withheld.values()) else gross))
    kept = {}
    for name, part in gross.items():
        fee = half_up(Fraction(_more(change, name, "fee_minor") * part, stakes[name])) if stakes[name] else 0
        kept[name] = {"gross_minor": part, "vat_minor": vats.get(name, 0), "fee_minor": fee}
    return kept


def _share_rows(
    like: Share, shares: Sequence[Share], change: Change, kept: Mapping[str, Mapping[str, int]], seq: int
) -> tuple[Share, ...]:
    rules = {row.operator: row.rule for row in shares if row.kind == "sale"}
    rows = []
    for name in sorted({*change.was_shares, *change.left_shares}):
        gross, vat, fee = (
            _minor(change.was_shares, name, part)
            - _minor(change.left_shares, name, part)
            - kept.get(name, _ZERO)[part]
            for part in ("gross_minor", "vat_minor", "fee_minor")
        )
        if gross or vat or fee:
            rule = rules.get(name) or _rule_of(change, name)
            rows.append(
                replace(
                    like,
                    operator=name,
                    kind="refund",
                    seq=seq,
                    rule=rule,
                    gross_minor=-gross,
                    vat_minor=-vat,
                    fee_minor=-fee,
                    net_minor=-(gross - vat - fee),
                )
            )
    return tuple(rows)


def _rule_of(change: Change, name: str) -> str:
    """The rule of a party that the sale did not have: it came with what an earlier refund, or this one, leaves."""
    row = change.left_shares.get(name) or change.was_shares[name]
    return str(row["rule"])


def _tax_rows(like: Tax, change: Change, kept: Mapping[str, tuple[int, int]], seq: int) -> tuple[Tax, ...]:
    rows = []
    for key in sorted({*change.was_taxes, *change.left_taxes}):
        was, left = change.was_taxes.get(key), change.left_taxes.get(key)
        kept_gross, kept_vat = kept.get(key, (0, 0))
        gross = (
            _minor(change.was_taxes, key, "gross_minor")
            - _minor(change.left_taxes, key, "gross_minor")
            - kept_gross
        )
        vat = (
            _minor(change.was_taxes, key, "vat_minor")
            - _minor(change.left_taxes, key, "vat_minor")
            - kept_vat
        )
        if gross or vat:
            facts = {name: (was or left or {})[name] for name in (*_TAX_KEY, "distance_m")}
            facts["verified"] = int(bool(facts["verified"]))
            rows.append(replace(like, kind="refund", seq=seq, gross_minor=-gross, vat_minor=-vat, **facts))
    return tuple(rows)


def _more(change: Change, name: str, part: str) -> int:
    """What an operator has more now than by what is left."""
    return max(0, _minor(change.was_shares, name, part) - _minor(change.left_shares, name, part))


def _fractions(parts: Mapping[str, int]) -> dict[str, Fraction]:
    return {name: Fraction(part) for name, part in parts.items()}


def _split(amount: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    return by_weights(amount, weights) if amount else {}


def _minor(rows: Mapping[str, Mapping[str, Any]], key: str, name: str) -> int:
    return int(rows[key][name]) if key in rows else 0


def _by_operator(rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {row["operator"]: row for row in rows}


def _by_key(rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {tax_key(row): row for row in rows}


def _plain(row: Share | Tax) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
