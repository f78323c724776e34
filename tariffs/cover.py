"""Choose how to pay for all runs: each by itself, caps counted in, or by agreements over disjoint stretches."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tariffs import caps as capping
from tariffs.agreements import FILE, Agreement, Run, Terms
from tariffs.agreements.shares import PRO_RATA, Claim, bear, share
from tariffs.apportion import by_weights
from tariffs.book import TariffBook
from tariffs.caps import Tap
from tariffs.memo import Memo, remembered
from tariffs.money import Money
from tariffs.parts import Bought, Part, step
from tariffs.party import Passenger

# The agreements that cover a stretch, by the run before which it ends: where it starts, and the agreement.
Covering = Mapping[int, Sequence[tuple[int, Agreement]]]
# Cheapest first; ties: the agreements' priority, fewer tickets, then product ids.
_Rank = tuple[int, int, int, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agreed:
    """An agreement on the runs from `start` to before `end`; it is written out as a part only where it wins."""

    agreement: Agreement
    terms: Terms
    start: int
    end: int
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to have paid up to one run; `taps` are its own rides that count towards caps."""

    rank: _Rank
    parts: tuple[Part | _Agreed, ...]
    taps: tuple[Tap, ...]


_NOTHING = _Way((0, 0, 0, ()), (), ())


def covering(book: TariffBook, runs: Sequence[Run], breaks: Collection[int], memo: Memo) -> Covering:
    """Find the agreements that cover each stretch of a journey; none reaches over the beginning of one of `breaks`."""
    found: dict[int, list[tuple[int, Agreement]]] = {}
    for end in range(1, len(runs) + 1):
        for start in range(end):
            if not any(start < at < end for at in breaks):
                stretch = runs[start:end]
                asked = _between(book, stretch, memo)
                found.setdefault(end, []).extend((start, one) for one in asked if one.covers(stretch))
    return found


def _between(book: TariffBook, runs: Sequence[Run], memo: Memo) -> tuple[Agreement, ...]:
    """The agreements between the operators of some runs, in this order."""
    operators = tuple(run.operator for run in runs)
    return remembered(
        memo.agreements,
        (book.version, operators),
        lambda: tuple(one for one in book.agreements if one.may_cover(operators)),
    )


def cheapest_cover(
    book: TariffBook,
    runs: Sequence[Run],
    singles: Sequence[Part],
    passenger: Passenger,
    *,
    agreed: Covering,
    channel: str | None,
    currency: str,
    pinned: frozenset[int] = frozenset(),
) -> tuple[Part, ...]:
    """The exact minimum over all covers of the runs by singles and by agreements on the stretches that these cover.

    A dearer agreement is never applied unless it is compulsory, and none takes a use of a carnet. `pinned` runs are paid as they are (a group
    has bought them). What a single costs under caps depends on the singles before it, so one way is kept for
    each set of them.
    """
    frontier: list[list[_Way]] = [[_NOTHING]]
    for end in range(1, len(runs) + 1):
        ways: list[_Way] = []
        alone = True
        for start, agreement in agreed[end]:
            if not pinned.isdisjoint(range(start, end)):
                continue
            best_terms = _on_terms(
                agreement,
                runs,
                singles,
                (start, end),
                rider=passenger.rider,
                channel=channel,
                currency=currency,
            )
            if best_terms is not None:
                ways += [_by_agreement(way, best_terms) for way in frontier[start]]
                # The last run of a compulsory one cannot be bought alone.
                alone = alone and not agreement.compulsory
        if alone:
            ways += [_alone(book, way, singles[end - 1], passenger) for way in frontier[end - 1]]
        frontier.append(_best(ways, needed=bool(book.caps)))
    won = min(frontier[-1], key=lambda way: way.rank)
    return tuple(
        part if isinstance(part, Part) else _written_out(part, runs, singles, currency) for part in won.parts
    )


def _on_terms(
    agreement: Agreement,
    runs: Sequence[Run],
    singles: Sequence[Part],
    stretch: tuple[int, int],
    *,
    rider: str,
    channel: str | None,
    currency: str,
) -> _Agreed | None:
    """An agreement on a stretch; None where it has no price, takes a use or is not cheaper, and is not compulsory."""
    start, end = stretch
    apart = singles[start:end]
    if not agreement.compulsory and any(part.uses for part in apart):
        return None
    costs = [part.cost for part in apart]
    terms = agreement.terms(runs[start:end], costs, rider, channel, currency)
    if terms is None or not (agreement.compulsory or terms.cost < sum(costs)):
        return None
    products = _products(agreement, apart)
    return _Agreed(agreement=agreement, terms=terms, start=start, end=end, products=products)


def _products(agreement: Agreement, apart: Sequence[Part]) -> tuple[str, ...]:
    """List the products that are bought under an agreement."""
    own = tuple(item.fare_product_id for part in apart for item in part.bought)
    if agreement.kind == "revenue_share":
        return own
    return (*own, agreement.id) if agreement.kind == "supplement" else (agreement.id,)


def _by_agreement(way: _Way, agreed: _Agreed) -> _Way:
    cost, priority, items, products = way.rank
    rank = (
        cost + agreed.terms.cost,
        priority - agreed.agreement.priority,
        items + len(agreed.products),
        (*products, *agreed.products),
    )
    return _Way(rank, (*way.parts, agreed), way.taps)


def _by_single(way: _Way, single: Part, taps: tuple[Tap, ...]) -> _Way:
    cost, priority, items, products = way.rank
    bought = [item.fare_product_id for item in single.bought]
    rank = (cost + single.cost, priority, items + len(bought), (*products, *bought))
    return _Way(rank, (*way.parts, single), taps)


def _best(ways: Sequence[_Way], *, needed: bool) -> list[_Way]:
    """The cheapest way for each set of rides that count towards caps; without caps, the cheapest of all."""
    if not needed:
        return [min(ways, key=lambda way: way.rank)]
    best: dict[tuple[str, ...], _Way] = {}
    for way in ways:
        key = tuple(tap.id for tap in way.taps)
        known = best.setdefault(key, way)
        if known is not way and way.rank < known.rank:
            best[key] = way
    return list(best.values())


def _alone(book: TariffBook, way: _Way, single: Part, passenger: Passenger) -> _Way:
    """Buy one run by itself: at what caps leave of its price."""
    if single.tap is None or not any(cap.covers(single.tap) for cap in book.caps):
        return _by_single(way, single, way.taps)
    taps = (*way.taps, single.tap)
    charge = capping.rate([*passenger.paid, *taps], book.caps)[single.tap.id]
    capped = single if charge.cap is None else _capped(single, charge.amount, charge.cap)
    return _by_single(way, capped, taps)


def _capped(single: Part, amount: Money, cap: str) -> Part:
    """A part at what a cap leaves of it, its items lowered pro rata; what was below 0 costs nothing any more."""
    before = Money(single.cost, single.currency)
    because = f"capped by {cap}: {amount} instead of {before}"
    prices = {str(at): max(0, item.price.minor) for at, item in enumerate(single.bought)}
    lowered = by_weights(amount.minor, prices)
    bought = tuple(
        replace(item, price=Money(lowered[str(at)], single.currency), because=f"{item.because}; {because}")
        for at, item in enumerate(single.bought)
    )
    explained = step(
        "cap",
        legs=[leg for item in single.bought for leg in item.legs],
        rule=(capping.FILE, 0, cap),
        product=cap,
        amount=amount,
        before=before.text,
    )
    discount = single.cost - amount.minor
    gross = tuple(sorted(bear(_summed(single.gross), discount, (PRO_RATA,)).items()))
    return replace(
        single,
        cost=amount.minor,
        bought=bought,
        gross=gross,
        rule=f"{single.rule}, cap {cap}",
        derivation=(*single.derivation, explained),
    )


def _summed(pairs: Sequence[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for party, amount in pairs:
        found[party] = found.get(party, 0) + amount
    return found


def _written_out(agreed: _Agreed, all_runs: Sequence[Run], singles: Sequence[Part], currency: str) -> Part:
    """An agreement's price, as one ticket over the runs; a share of a line's income and a supplement leave the tickets alone."""
    agreement, terms = agreed.agreement, agreed.terms
    runs, apart = all_runs[agreed.start : agreed.end], singles[agreed.start : agreed.end]
    amount, before = Money(terms.cost, currency), Money(sum(part.cost for part in apart), currency)
    legs = tuple(leg for run in runs for leg in run.legs)
    explained = step(
        "agreement",
        legs=legs,
        rule=(FILE, agreement.row, agreement.name),
        product=agreement.id,
        amount=amount,
        before=before.text,
        alternatives=[{"product": "singles", "amount": before.text, "why_not": _why_not(agreement)}],
    )
    expiries = [part.expires_at for part in apart if part.expires_at]
    return Part(
        cost=terms.cost,
        currency=currency,
        bought=_bought(agreement, apart, amount, before, legs),
        gross=tuple(sorted(_gross(agreement, terms, runs, apart))),
        rule=f"agreement {agreement.name}, {', '.join(share.method for share in agreement.steps)}",
        derivation=(*(done for part in apart for done in part.derivation), explained),
        expires_at=min(expiries, default=None),
        uses=tuple(use for part in apart for use in part.uses),
    )


def _bought(
    agreement: Agreement, apart: Sequence[Part], amount: Money, before: Money, legs: tuple[int, ...]
) -> tuple[Bought, ...]:
    """The tickets: that of the agreement, those of the operators, or these and a supplement."""
    own = tuple(item for part in apart for item in part.bought)
    match agreement.kind:
        case "revenue_share":
            return own
        case "supplement":
            return (*own, _ticket(agreement, amount - before, legs, f"supplement {agreement.name}"))
        case _:
            because = f"agreement {agreement.name}: {amount} instead of {before} bought apart"
            return (_ticket(agreement, amount, legs, because),)


def _ticket(agreement: Agreement, price: Money, legs: tuple[int, ...], because: str) -> Bought:
    return Bought(
        seller=agreement.id,
        fare_product_id=agreement.id,
        rider_category_id=None,
        fare_media_id=None,
        price=price,
        legs=legs,
        because=because,
    )


def _gross(
    agreement: Agreement, terms: Terms, runs: Sequence[Run], apart: Sequence[Part]
) -> Iterator[tuple[str, int]]:
    """Sum the gross of each party: an operator's own stays with it, the rest follows the steps, a discount its bearers.

    Where somebody bears the discount, the steps share the undiscounted price. An operator that rode keeps its row
    where it gets 0.00: its stretch is taxed, so its VAT needs the row to be withheld from.
    """
    rode = {run.operator for run in runs}
    claims = [Claim(run.operator, part.cost, run.metres) for run, part in zip(runs, apart, strict=True)]
    claims += [Claim(party, 0, 0) for party in agreement.parties if party not in rode]
    discount = max(0, sum(part.cost for part in apart) - terms.cost)
    borne = agreement.bearers[0] != PRO_RATA and discount > 0
    gross = dict.fromkeys(sorted(rode), 0) | dict(terms.own)
    rest = terms.cost + (discount if borne else 0) - sum(terms.own.values())
    if rest:
        for operator, amount in share(rest, _sharing(agreement, claims), agreement.steps).items():
            gross[operator] = gross.get(operator, 0) + amount
    for party, amount in (bear(gross, discount, agreement.bearers) if borne else gross).items():
        if amount or party in terms.own or party in rode:
            yield party, amount


def _sharing(agreement: Agreement, claims: Sequence[Claim]) -> list[Claim]:
    """List the parties of the split: the added operators of an add-on, all operators otherwise."""
    added = {element.operator for element in agreement.pattern if element.add_on}
    return [claim for claim in claims if not added or claim.operator in added]


def _why_not(agreement: Agreement) -> str:
    return "the agreement is compulsory" if agreement.compulsory else "dearer"
