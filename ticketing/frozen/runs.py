"""The document of a settlement run: what a month came to, who pays whom, and what it was decided by."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tariffs.money import Money
from ticketing.frozen.fields import (
    Document,
    Unreadable,
    as_it_is,
    document,
    part,
    part_or_none,
    rows,
    rows_or_none,
    text,
    truth,
    whole,
)
from ticketing.frozen.run_lines import (
    AccountSum,
    Conversion,
    KeptRate,
    Opening,
    OtherSum,
    PartyAmount,
    PoolCount,
    RunPayment,
    ShareSum,
    TaxSum,
    Unconverted,
    read_account,
    read_conversion,
    read_money,
    read_opening,
    read_other,
    read_party,
    read_payment,
    read_pools,
    read_rates,
    read_sum,
    read_tax,
    read_waiting,
    write_account,
    write_conversion,
    write_opening,
    write_other,
    write_party,
    write_payment,
    write_pools,
    write_rate,
    write_sum,
    write_tax,
    write_waiting,
)

_DATASET = frozenset(
    {
        "period",
        "region",
        "demo",
        "operators",
        "other",
        "taxes",
        "accounts",
        "postings",
        "pools",
        "opening",
        "terms",
        "books",
        "rates",
        "rates_from",
        "unconverted",
        "positions",
        "conversions",
        "payments",
        "carried",
        "gross",
        "net",
    }
)
_ENDING = frozenset({"pools", "terms"})


@dataclass(frozen=True, slots=True)
class Ending:
    """The facts by which the end of a month was decided, in a run that is not calculated yet."""

    pools: Mapping[str, PoolCount]
    terms: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """The inputs of a run's outputs. `terms` are read by settlement, `books` is the hash of their chain.

    A party is an operator, the `scheme`, who sells, or who bears a discount.
    """

    period: str
    region: str
    demo: bool
    operators: tuple[ShareSum, ...]
    other: tuple[OtherSum, ...]
    taxes: tuple[TaxSum, ...]
    accounts: tuple[AccountSum, ...]
    postings: int
    pools: Mapping[str, PoolCount]
    opening: tuple[Opening, ...]
    terms: Document
    books: str
    positions: tuple[PartyAmount, ...]
    conversions: tuple[Conversion, ...]
    payments: tuple[RunPayment, ...]
    carried: tuple[PartyAmount, ...]
    gross: tuple[Money, ...]
    net: tuple[Money, ...]
    rates: Mapping[str, KeptRate] = field(default_factory=dict)
    rates_from: Document = field(default_factory=dict)
    unconverted: tuple[Unconverted, ...] = ()


# A draft has nothing, then what its month ended by; the proof of the books reports an unreadable one.
RunDocument = Dataset | Ending | Unreadable | None


def read_run(found: object) -> RunDocument:
    """Read the document of a run; a fault is a value, so that runs can be listed beside it."""
    try:
        known = as_it_is(found)
        if not known:
            return None
        return _ending(known) if known.keys() <= _ENDING else _dataset(known)
    except Unreadable as fault:
        return fault


def write_run(run: RunDocument) -> dict[str, object]:
    """Write the document of a run; raises Unreadable for one that could not be read."""
    if isinstance(run, Unreadable):
        raise run
    if run is None:
        return {}
    if isinstance(run, Ending):
        return {"pools": write_pools(run.pools), "terms": run.terms}
    return _written(run)


def _written(run: Dataset) -> dict[str, object]:
    return {
        "period": run.period,
        "region": run.region,
        "demo": run.demo,
        "operators": list(map(write_sum, run.operators)),
        "other": list(map(write_other, run.other)),
        "taxes": list(map(write_tax, run.taxes)),
        "accounts": list(map(write_account, run.accounts)),
        "postings": run.postings,
        "pools": write_pools(run.pools),
        "opening": list(map(write_opening, run.opening)),
        "terms": run.terms,
        "books": run.books,
        "rates": {name: write_rate(rate) for name, rate in run.rates.items()},
        **({"rates_from": run.rates_from} if run.rates_from else {}),
        **({"unconverted": list(map(write_waiting, run.unconverted))} if run.unconverted else {}),
        "positions": list(map(write_party, run.positions)),
        "conversions": list(map(write_conversion, run.conversions)),
        "payments": list(map(write_payment, run.payments)),
        "carried": list(map(write_party, run.carried)),
        "gross": list(map(Money.as_dict, run.gross)),
        "net": list(map(Money.as_dict, run.net)),
    }


def _ending(found: Document) -> Ending:
    return Ending(part(found, "pools", read_pools), part(found, "terms", as_it_is))


def _dataset(raw: Document) -> Dataset:
    run = document(raw, _DATASET)
    return Dataset(
        period=text(run, "period"),
        region=text(run, "region"),
        demo=truth(run, "demo"),
        operators=rows(run, "operators", read_sum),
        other=rows(run, "other", read_other),
        taxes=rows(run, "taxes", read_tax),
        accounts=rows(run, "accounts", read_account),
        postings=whole(run, "postings"),
        pools=part(run, "pools", read_pools),
        opening=rows(run, "opening", read_opening),
        terms=part(run, "terms", as_it_is),
        books=text(run, "books"),
        positions=rows(run, "positions", read_party),
        conversions=rows(run, "conversions", read_conversion),
        payments=rows(run, "payments", read_payment),
        carried=rows(run, "carried", read_party),
        gross=rows(run, "gross", read_money),
        net=rows(run, "net", read_money),
        rates=part(run, "rates", read_rates),
        rates_from=part_or_none(run, "rates_from", as_it_is) or {},
        unconverted=rows_or_none(run, "unconverted", read_waiting),
    )
