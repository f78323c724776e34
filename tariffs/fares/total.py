"""The cheapest way to pay for effective legs: a dynamic programme over legs and open transfers.

A run is a chain of legs linked by transfer rules with one running total S; runs are added. A state knows all
that the future depends on, so keeping the cheapest way into each state loses nothing. Kinds of transfer
(GTFS, fare_transfer_type), S being A before the first: 0 adds AB, 1 adds AB and the next leg's own price,
2 puts AB in A's place at the first transfer and adds it at later ones.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tariffs.fares.feed import Feed
from tariffs.fares.legs import EffectiveLeg
from tariffs.fares.matching import Offer, select
from tariffs.fares.tables import Product, TransferRule
from tariffs.fares.transfers import rules_between, usable

_EVERY, _PLUS_NEXT, _INSTEAD = range(3)


class Item(NamedTuple):
    """One thing paid for: `rule` is the leg rule or transfer rule, `legs` the effective legs it covers.

    `minor` is what it adds to the total, `split` marks a leg bought alone because its joined price is dearer.
    """

    product: Product
    minor: int
    offer: Offer | None
    transfer: TransferRule | None
    legs: tuple[int, ...]
    split: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """A joined leg bought as singles: its price and the offers, one a leg."""

    price: int
    offers: tuple[Offer, ...]


class Payment(NamedTuple):
    """A way to pay for everything: minor units, what is bought, and whether a rule forbade a cheaper one."""

    minor: int
    items: tuple[Item, ...]
    clamped: bool
    forced: bool


class _State(NamedTuple):
    """A way to have paid up to one leg. `closed` is the cost of earlier runs, `running` S of the open one.

    The first seven fields are all that the future depends on: two states that share them differ only in price.
    """

    group: str | None
    open_to_transfer: bool
    pair: tuple[str | None, str | None] | None
    streak_start: int
    transfers: int
    run_start: int
    run_group: str | None
    closed: int
    running: int
    runs: int
    items: tuple[Item, ...]
    clamped: bool = False
    forced: bool = False

    @property
    def cost(self) -> int:
        """The total if nothing else is bought; a run below zero counts as zero."""
        return self.closed + max(0, self.running)


_FUTURE = 7
_NOTHING = _State(None, False, None, 0, 0, 0, None, 0, 0, 0, ())


def cheapest(
    feed: Feed,
    legs: Sequence[EffectiveLeg],
    offers: Sequence[Sequence[Offer]],
    splits: Sequence[Split | None],
    *,
    currency: str,
    rider: str | None,
    medium: str | None,
) -> Payment | None:
    """Find the cheapest way to pay; every offer is in `currency`. None when some leg has none."""
    pricer = _Pricer(feed, legs, currency, rider, medium)
    states = [_NOTHING]
    for index, choice in enumerate(offers):
        linked = pricer.transfers(states, index, choice) if index and feed.transfer_rules else []
        # Without compulsory rules any state may be closed here, so only the cheapest is worth closing.
        closing = states if feed.compulsory_transfers or len(states) == 1 else [min(states, key=_closed_rank)]
        linked += pricer.openings(closing, index, choice, splits[index])
        states = _best(linked) if len(linked) > 1 else linked
        if not states:
            return None
    won = states[0] if len(states) == 1 else min(states, key=_closed_rank)
    return Payment(won.cost, won.items, won.clamped or won.running < 0, won.forced)


def _rank(state: _State) -> tuple[object, ...]:
    """Cheapest first; ties: fewer tickets, then longer runs, then product ids."""
    return (
        state.closed + state.running,
        len(state.items),
        state.runs,
        tuple(item.product.id for item in state.items),
    )


def _closed_rank(state: _State) -> tuple[object, ...]:
    """Rank as `_rank` does, once nothing more can be taken off the open run."""
    return (state.cost, *_rank(state)[1:])


class _Pricer(NamedTuple):
    feed: Feed
    legs: Sequence[EffectiveLeg]
    currency: str
    rider: str | None
    medium: str | None

    def openings(
        self, states: Sequence[_State], index: int, offers: Sequence[Offer], split: Split | None
    ) -> list[_State]:
        """Close every run and buy this leg alone, by each offer or as singles."""
        starting = [
            _opened(state, index, offer.rule.group, offer.product.price.minor, (_bought(offer, index),))
            for state, offer in itertools.product(states, offers)
            if not (self.feed.compulsory_transfers and self._must_continue(state, index, offer))
        ]
        if split is not None:
            items = tuple(_bought(single, index, split=True) for single in split.offers)
            starting += [
                _opened(state, index, None, split.price, items)._replace(open_to_transfer=False)
                for state in states
            ]
        return starting

    def transfers(self, states: Sequence[_State], index: int, offers: Sequence[Offer]) -> list[_State]:
        """Stay in the run through each transfer rule that allows it."""
        continued: list[_State] = []
        for state, offer in itertools.product(states, offers):
            for rule, start, count in self._ways(state, index, offer.rule.group):
                continued += self._transferred(state, index, offer, rule, (start, count))
        return continued

    def _ways(self, state: _State, index: int, group: str | None) -> list[tuple[TransferRule, int, int]]:
        """The usable rules into a group, each with the leg where its clock starts and its count."""
        rules = rules_between(self.feed, state.group, group) if state.open_to_transfer else ()
        if not rules:
            return []
        pair = (rules[0].from_group, rules[0].to_group)
        repeats = pair[0] == pair[1] and state.pair in {None, pair}
        start, count = (state.streak_start, state.transfers + 1) if repeats else (index - 1, 1)
        return [(rule, start, count) for rule in usable(rules, count, self.legs[start], self.legs[index])]

    def _must_continue(self, state: _State, index: int, offer: Offer) -> bool:
        return any(rule.compulsory for rule, _, _ in self._ways(state, index, offer.rule.group))

    def _transferred(
        self, state: _State, index: int, offer: Offer, rule: TransferRule, streak: tuple[int, int]
    ) -> Iterator[_State]:
        for product in self._transfer_products(rule):
            extra = product.price.minor if product else 0
            first = state.pair is None
            own = (_bought(offer, index),) if rule.type == _PLUS_NEXT else ()
            running = extra if first and rule.type == _INSTEAD else state.running + extra
            running += offer.product.price.minor if own else 0
            items = self._items(state, index, rule, product, first)
            yield state._replace(
                group=offer.rule.group,
                pair=(rule.from_group, rule.to_group),
                streak_start=streak[0],
                transfers=streak[1],
                running=running,
                items=(*items, *own),
                forced=state.forced or rule.compulsory,
            )

    def _transfer_products(self, rule: TransferRule) -> list[Product] | list[None]:
        """The price rows of the transfer; a rule without a product costs nothing."""
        if rule.product is None:
            return [None]
        rows = select(self.feed.products.get(rule.product, ()), self.rider, self.medium)
        return [row for row in rows if row.price.currency == self.currency]

    def _items(
        self, state: _State, index: int, rule: TransferRule, product: Product | None, first: bool
    ) -> tuple[Item, ...]:
        """List the items bought so far, with this transfer."""
        last, instead = state.items[-1], first and rule.type == _INSTEAD
        if product is None and rule.type == _PLUS_NEXT:
            return state.items
        if product is None:
            # The ticket that is there covers one leg more; where it is replaced by nothing, it is free.
            covering = last._replace(
                legs=(*last.legs, index), transfer=rule, minor=0 if instead else last.minor
            )
            return (*state.items[:-1], covering)
        if instead:
            return (*state.items[:-1], Item(product, product.price.minor, None, rule, (*last.legs, index)))
        return (*state.items, Item(product, product.price.minor, None, rule, (index,)))


def _opened(
    state: _State,
    index: int,
    group: str | None,
    price: int,
    items: tuple[Item, ...],
) -> _State:
    return _State(
        group,
        True,
        None,
        index,
        0,
        index,
        group,
        state.cost,
        price,
        state.runs + 1,
        state.items + items,
        state.clamped or state.running < 0,
        state.forced,
    )


def _bought(offer: Offer, index: int, split: bool = False) -> Item:
    return Item(offer.product, offer.product.price.minor, offer, None, (index,), split)


def _best(states: Iterable[_State]) -> list[_State]:
    """Keep the cheapest way into each state."""
    found: dict[tuple[object, ...], _State] = {}
    for state in states:
        known = found.setdefault(state[:_FUTURE], state)
        if known is not state and _rank(state) < _rank(known):
            found[state[:_FUTURE]] = state
    return list(found.values())
