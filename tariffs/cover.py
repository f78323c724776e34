"""Choose how to pay for all runs: each by itself, caps counted in, or by agreements over disjoint stretches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tariffs import caps as capping
from tariffs.agreements import FILE, Agreement, Run, Terms
from tariffs.agreements.shares import PRO_RATA, Claim, bear, share
from tariffs.apportion import by_weights
from tariffs.book import TariffBook
from tariffs.caps import Tap
from tariffs.money import Money
from tariffs.parts import Bought, Part, step
from tariffs.party import Passenger


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to have paid up to one run; `taps` are its own rides that count towards caps."""

    parts: tuple[Part, ...]
    taps: tuple[Tap, ...]

    @property
    def rank(self) -> tuple[int, int, int, tuple[str, ...]]:
        """Cheapest first; ties: the agreements' priority, fewer tickets, then product ids."""
        items = [item for part in self.parts for item in part.bought]
        return (
            sum(part.cost for part in self.parts),
            -sum(part.priority for part in self.parts),
            len(items),
            tuple(item.fare_product_id for item in items),
        )


def cheapest_cover(
    book: TariffBook,
    runs: Sequence[Run],
    singles: Sequence[Part],
    passenger: Passenger,
    *,
    channel: str | None,
    currency: str,
    pinned: frozenset[int] = frozenset(),
    breaks: frozenset[int] = frozenset(),
) -> tuple[Part, ...]:
    """The exact minimum over all covers of the runs by singles and agreements.

    A dearer agreement is never applied unless it is compulsory, and none takes a use of a carnet. `pinned` runs are paid as they are (a group
    has bought them), and no agreement reaches over the beginning of one of `breaks`. What a single costs under caps depends on the singles before it, so one way is kept for
    each set of them.
    """
    operators = {run.operator for run in runs}
    agreements = [agreement for agreement in book.agreements if agreement.may_cover(operators)]
    frontier: list[list[_Way]] = [[_Way((), ())]]
    for end in range(1, len(runs) + 1):
        alone, agreed = True, []
        for start in range(end):
            if pinned.intersection(range(start, end)) or breaks.intersection(range(start + 1, end)):
                continue
            covered, apart = runs[start:end], singles[start:end]
            for agreement in agreements:
                terms = _terms(
                    agreement, covered, apart, rider=passenger.rider, channel=channel, currency=currency
                )
                if terms is None or (not agreement.compulsory and any(part.uses for part in apart)):
                    continue
                if agreement.compulsory:
                    alone = False  # its last run cannot be bought alone
                if agreement.compulsory or terms.cost < sum(part.cost for part in apart):
                    part = _agreed(agreement, terms, covered, apart, currency)
                    agreed += [replace(way, parts=(*way.parts, part)) for way in frontier[start]]
        if alone:
            agreed += [_alone(book, way, singles[end - 1], passenger) for way in frontier[end - 1]]
        frontier.append(_best(agreed, needed=bool(book.caps)))
    return min(frontier[-1], key=lambda way: way.rank).parts


def _terms(
    agreement: Agreement,
    runs: Sequence[Run],
    apart: Sequence[Part],
    *,
    rider: str,
    channel: str | None,
    currency: str,
) -> Terms | None:
    if not agreement.covers(runs):
        return None
    return agreement.terms(runs, [part.cost for part in apart], rider, channel, currency)


def _best(ways: Sequence[_Way], *, needed: bool) -> list[_Way]:
    """The cheapest way for each set of rides that count towards caps; without caps, the cheapest of all."""
    found: dict[tuple[str, ...], _Way] = {}
    for way in ways:
        key = tuple(tap.id for tap in way.taps) if needed else ()
        known = found.setdefault(key, way)
        if known is not way and way.rank < known.rank:
            found[key] = way
    return list(found.values())


def _alone(book: TariffBook, way: _Way, single: Part, passenger: Passenger) -> _Way:
    """Buy one run by itself: at what caps leave of its price."""
    if single.tap is None or not any(cap.covers(single.tap) for cap in book.caps):
        return _Way((*way.parts, single), way.taps)
    taps = (*way.taps, single.tap)
    charge = capping.rate([*passenger.paid, *taps], book.caps)[single.tap.id]
    capped = single if charge.cap is None else _capped(single, charge.amount, charge.cap)
    return _Way((*way.parts, capped), taps)


def _capped(single: Part, amount: Money, cap: str) -> Part:
    """A part at what a cap leaves of it, its items lowered pro rata."""
    before = Money(single.cost, single.currency)
    because = f"capped by {cap}: {amount} instead of {before}"
    lowered = _spread(amount.minor, {str(at): item.price.minor for at, item in enumerate(single.bought)})
    bought = tuple(
        replace(item, price=Money(lowered[str(at)], single.currency), because=f"{item.because}; {because}")
        for at, item in enumerate(single.bought)
    )
    made = step(
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
        derivation=(*single.derivation, made),
    )


def _spread(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    positive = {name: Fraction(max(0, weight)) for name, weight in weights.items()}
    return by_weights(amount, positive) if any(positive.values()) else dict.fromkeys(weights, 0)


def _summed(pairs: Sequence[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for party, amount in pairs:
        found[party] = found.get(party, 0) + amount
    return found


def _agreed(
    agreement: Agreement, terms: Terms, runs: Sequence[Run], apart: Sequence[Part], currency: str
) -> Part:
    """An agreement's price, as one ticket over the runs; a share of a line's income and a supplement leave the tickets alone."""
    agreed, before = Money(terms.cost, currency), Money(sum(part.cost for part in apart), currency)
    legs = tuple(leg for run in runs for leg in run.legs)
    singles = {"product": "singles", "amount": before.text, "why_not": _why_not(agreement)}
    made = step(
        "agreement",
        legs=legs,
        rule=(FILE, agreement.row, agreement.name),
        product=agreement.id,
        amount=agreed,
        before=before.text,
        alternatives=[singles],
    )
    because = f"agreement {agreement.name}: {agreed} instead of {before} bought apart"
    items = tuple(item for part in apart for item in part.bought)
    if agreement.kind == "supplement":
        extra = Money(terms.cost - before.minor, currency)
        items += (
            Bought(
                seller=agreement.id,
                fare_product_id=agreement.id,
                rider_category_id=None,
                fare_media_id=None,
                price=extra,
                legs=legs,
                because=f"supplement {agreement.name}",
            ),
        )
    elif agreement.kind != "revenue_share":
        items = (
            Bought(
                seller=agreement.id,
                fare_product_id=agreement.id,
                rider_category_id=None,
                fare_media_id=None,
                price=agreed,
                legs=legs,
                because=because,
            ),
        )
    expiries = [part.expires_at for part in apart if part.expires_at]
    return Part(
        cost=terms.cost,
        currency=currency,
        bought=items,
        gross=tuple(sorted(_gross(agreement, terms, runs, apart))),
        rule=f"agreement {agreement.name}, {', '.join(share.method for share in agreement.steps)}",
        derivation=(*(done for part in apart for done in part.derivation), made),
        expires_at=min(expiries, default=None),
        priority=agreement.priority,
        uses=tuple(use for part in apart for use in part.uses),
    )


def _gross(
    agreement: Agreement, terms: Terms, runs: Sequence[Run], apart: Sequence[Part]
) -> Iterator[tuple[str, int]]:
    """What each party gets: an operator's own stays with it, the rest follows the steps, a discount its bearers.

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
    """Who takes part in the split: the added operators of an add-on, everybody otherwise."""
    added = {element.operator for element in agreement.pattern if element.add_on}
    return [claim for claim in claims if not added or claim.operator in added]


def _why_not(agreement: Agreement) -> str:
    return "the agreement is compulsory" if agreement.compulsory else "dearer"
