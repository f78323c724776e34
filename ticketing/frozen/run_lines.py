"""The lines of a settlement run's dataset: sums, payments, what was carried and by which rates. Amounts are Money."""

from collections.abc import Mapping
from dataclasses import dataclass

from tariffs.money import Money, MoneyError, parse
from tariffs.taxes import TaxKey
from ticketing.frozen.fields import (
    Document,
    Unreadable,
    as_it_is,
    document,
    part,
    text,
    text_or_none,
    texts,
    whole,
    wholes_by_name,
)

_MONEY = frozenset({"amount", "currency"})
_SUM = frozenset({"operator", "lines", "gross", "vat", "fee", "net", "currency"})
_OTHER = _MONEY | {"operator", "kind"}
_TAX = frozenset(
    {"member_state", "mode", "scope", "treatment", "rate_bp", "verified", "gross", "vat", "currency"}
)
_ACCOUNT = _MONEY | {"account_id", "purpose", "operator", "member_state"}
_PARTY = _MONEY | {"operator"}
_OPENING = _PARTY | {"from_run", "from_period"}
_PAYMENT = _MONEY | {"from", "to"}
_CONVERSION = frozenset({"operator", "from", "to", "rate", "day"})
_WAITING = _PARTY | {"because"}
_POOL = frozenset({"taps", "taps_to_date", "rest_minor", "currency"})
_RATE = frozenset({"target", "rate", "day", "days"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareSum:
    """The sum of a party's shares in a currency, over so many lines."""

    operator: str
    lines: int
    gross: Money
    vat: Money
    fee: Money
    net: Money


@dataclass(frozen=True, slots=True)
class OtherSum:
    """The sum that entries of one kind give a party without an allocation: pools, guarantees, corrections, compensation."""

    operator: str
    kind: str
    amount: Money


@dataclass(frozen=True, slots=True)
class TaxSum:
    """The VAT of a month in one row. `verified` is 1 where the rate is, as the books count it."""

    key: TaxKey
    gross: Money
    vat: Money


@dataclass(frozen=True, slots=True)
class AccountSum:
    """The balance that one account's postings of the month come to."""

    account_id: str
    purpose: str
    operator: str | None
    member_state: str | None
    amount: Money


@dataclass(frozen=True, slots=True)
class PartyAmount:
    """The amount that a party is owed; below zero where it owes."""

    operator: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Opening:
    """The amount that an earlier run has carried forward to this one."""

    operator: str
    amount: Money
    from_run: str
    from_period: str


@dataclass(frozen=True, slots=True)
class RunPayment:
    """A payment from one party to another."""

    debtor: str
    creditor: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Conversion:
    """A position before and after; `rate` is exact, so anybody can do it again."""

    operator: str
    source: Money
    target: Money
    rate: str
    day: str


@dataclass(frozen=True, slots=True)
class Unconverted:
    """A position that stays in its currency although the terms would have it in another, and why."""

    operator: str
    amount: Money
    because: str


@dataclass(frozen=True, slots=True)
class PoolCount:
    """The rides that a pool was shared by: this month's and all to date; `rest_minor` found no ride."""

    taps: Mapping[str, int]
    taps_to_date: Mapping[str, int]
    rest_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class KeptRate:
    """The rate of a currency into `target`; `days` are those of an average."""

    target: str
    rate: str
    day: str
    days: tuple[str, ...] = ()


def _amount(found: Document, name: str = "amount") -> Money:
    try:
        return parse(text(found, name), text(found, "currency"))
    except MoneyError as error:
        raise Unreadable(name, str(error)) from None


def read_money(found: object) -> Money:
    """Read an amount."""
    return _amount(document(found, _MONEY))


def read_sum(raw: object) -> ShareSum:
    """Read what shares come to."""
    line = document(raw, _SUM)
    return ShareSum(
        operator=text(line, "operator"),
        lines=whole(line, "lines"),
        gross=_amount(line, "gross"),
        vat=_amount(line, "vat"),
        fee=_amount(line, "fee"),
        net=_amount(line, "net"),
    )


def write_sum(line: ShareSum) -> dict[str, object]:
    """Write what shares come to."""
    return {
        "operator": line.operator,
        "lines": line.lines,
        "gross": line.gross.text,
        "vat": line.vat.text,
        "fee": line.fee.text,
        "net": line.net.text,
        "currency": line.gross.currency,
    }


def read_other(found: object) -> OtherSum:
    """Read what other entries come to."""
    line = document(found, _OTHER)
    return OtherSum(text(line, "operator"), text(line, "kind"), _amount(line))


def write_other(line: OtherSum) -> dict[str, object]:
    """Write what other entries come to."""
    return {"operator": line.operator, "kind": line.kind, **line.amount.as_dict()}


def read_tax(raw: object) -> TaxSum:
    """Read a row of VAT."""
    line = document(raw, _TAX)
    key = TaxKey(
        member_state=text(line, "member_state"),
        mode=text(line, "mode"),
        scope=text(line, "scope"),
        treatment=text(line, "treatment"),
        rate_bp=whole(line, "rate_bp"),
        verified=whole(line, "verified") == 1,
    )
    return TaxSum(key, _amount(line, "gross"), _amount(line, "vat"))


def write_tax(line: TaxSum) -> dict[str, object]:
    """Write a row of VAT."""
    return {
        "member_state": line.key.member_state,
        "mode": line.key.mode,
        "scope": line.key.scope,
        "treatment": line.key.treatment,
        "rate_bp": line.key.rate_bp,
        "verified": int(line.key.verified),
        "gross": line.gross.text,
        "vat": line.vat.text,
        "currency": line.gross.currency,
    }


def read_account(found: object) -> AccountSum:
    """Read the balance of an account."""
    line = document(found, _ACCOUNT)
    return AccountSum(
        text(line, "account_id"),
        text(line, "purpose"),
        text_or_none(line, "operator"),
        text_or_none(line, "member_state"),
        _amount(line),
    )


def write_account(line: AccountSum) -> dict[str, object]:
    """Write the balance of an account."""
    return {
        "account_id": line.account_id,
        "purpose": line.purpose,
        "operator": line.operator,
        "member_state": line.member_state,
        **line.amount.as_dict(),
    }


def read_party(found: object) -> PartyAmount:
    """Read what a party is owed."""
    line = document(found, _PARTY)
    return PartyAmount(text(line, "operator"), _amount(line))


def write_party(line: PartyAmount) -> dict[str, object]:
    """Write what a party is owed."""
    return {"operator": line.operator, **line.amount.as_dict()}


def read_opening(found: object) -> Opening:
    """Read what was carried in."""
    line = document(found, _OPENING)
    return Opening(text(line, "operator"), _amount(line), text(line, "from_run"), text(line, "from_period"))


def write_opening(line: Opening) -> dict[str, object]:
    """Write what was carried in."""
    told = {"from_run": line.from_run, "from_period": line.from_period}
    return {"operator": line.operator, **line.amount.as_dict(), **told}


def read_payment(found: object) -> RunPayment:
    """Read a payment."""
    line = document(found, _PAYMENT)
    return RunPayment(text(line, "from"), text(line, "to"), _amount(line))


def write_payment(line: RunPayment) -> dict[str, object]:
    """Write a payment."""
    return {"from": line.debtor, "to": line.creditor, **line.amount.as_dict()}


def read_conversion(found: object) -> Conversion:
    """Read a conversion."""
    line = document(found, _CONVERSION)
    return Conversion(
        text(line, "operator"),
        part(line, "from", read_money),
        part(line, "to", read_money),
        text(line, "rate"),
        text(line, "day"),
    )


def write_conversion(line: Conversion) -> dict[str, object]:
    """Write a conversion."""
    return {
        "operator": line.operator,
        "from": line.source.as_dict(),
        "to": line.target.as_dict(),
        "rate": line.rate,
        "day": line.day,
    }


def read_waiting(found: object) -> Unconverted:
    """Read a position that stays in its currency."""
    line = document(found, _WAITING)
    return Unconverted(text(line, "operator"), _amount(line), text(line, "because"))


def write_waiting(line: Unconverted) -> dict[str, object]:
    """Write a position that stays in its currency."""
    return {"operator": line.operator, **line.amount.as_dict(), "because": line.because}


def read_pools(found: object) -> Mapping[str, PoolCount]:
    """Read the counts of pools, by their names."""
    named = as_it_is(found)
    return {name: part(named, name, _pool) for name in named}


def _pool(found: object) -> PoolCount:
    pool = document(found, _POOL)
    return PoolCount(
        part(pool, "taps", wholes_by_name),
        part(pool, "taps_to_date", wholes_by_name),
        whole(pool, "rest_minor"),
        text(pool, "currency"),
    )


def write_pools(pools: Mapping[str, PoolCount]) -> dict[str, object]:
    """Write the counts of pools."""
    return {
        name: {
            "taps": dict(pool.taps),
            "taps_to_date": dict(pool.taps_to_date),
            "rest_minor": pool.rest_minor,
            "currency": pool.currency,
        }
        for name, pool in pools.items()
    }


def read_rates(found: object) -> Mapping[str, KeptRate]:
    """Read rates, by currency."""
    named = as_it_is(found)
    return {name: part(named, name, _rate) for name in named}


def _rate(found: object) -> KeptRate:
    rate = document(found, _RATE)
    days = texts(rate, "days") if "days" in rate else ()
    return KeptRate(text(rate, "target"), text(rate, "rate"), text(rate, "day"), days)


def write_rate(rate: KeptRate) -> dict[str, object]:
    """Write a rate."""
    return {
        "target": rate.target,
        "rate": rate.rate,
        "day": rate.day,
        **({"days": list(rate.days)} if rate.days else {}),
    }
