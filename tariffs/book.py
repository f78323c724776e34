"""A region's tariff book: every operator's tariff, the agreements between them and the taxes, as one version."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from tariffs import agreements, caps, companions, eligibility, groups, passes, passes_reader, rates, taxes
from tariffs.agreements import Agreement, Continuation, OtherWay
from tariffs.caps import Cap
from tariffs.companions import Rule
from tariffs.eligibility import Eligibility
from tariffs.fares import feed as fares
from tariffs.fares.feed import Feed
from tariffs.findings import Finding, errors
from tariffs.groups import Group
from tariffs.passes import PassProduct
from tariffs.rates import EURO, Rates
from tariffs.taxes import TaxTable


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffBook:
    """The inputs of a price. `version` is the SHA-256 of all of it.

    `riders` maps the scheme's rider categories to each operator's own id, `media` each operator to the fare
    medium that the scheme sells; `fee_basis_points` is the scheme's fee on an operator's gross share. `dated`
    are an operator's other tariffs, the last first, each with the first day of travel on which it holds.
    """

    version: str
    feeds: Mapping[str, Feed]
    agreements: tuple[Agreement, ...]
    taxes: TaxTable
    riders: Mapping[str, Mapping[str, str]]
    media: Mapping[str, str | None]
    fee_basis_points: int
    currency: str = "EUR"
    caps: tuple[Cap, ...] = ()
    passes: tuple[PassProduct, ...] = ()
    eligibility: tuple[Eligibility, ...] = ()
    groups: tuple[Group, ...] = ()
    companions: tuple[Rule, ...] = ()
    rates: Rates = field(default_factory=Rates)
    dated: Mapping[str, tuple[tuple[date, Feed], ...]] = field(default_factory=dict)
    continuations: tuple[Continuation, ...] = ()
    other_ways: tuple[OtherWay, ...] = ()

    def feed_on(self, operator: str, day: date) -> Feed:
        """The tariff of an operator on a day of travel: the last one that has begun, else its feed's own."""
        for begins, feed in self.dated.get(operator, ()):
            if begins <= day:
                return feed
        return self.feeds[operator]

    def has_fares(self, operator: str, day: date) -> bool:
        """Tell whether an operator sells any ride on a day of travel, on the medium that the scheme sells."""
        if operator not in self.feeds:
            return False
        feed, own = self.feed_on(operator, day), self.media.get(operator)
        media = {row.medium for row in feed.prices()}
        return feed.sells_rides and bool(media if own is None else media & {None, own})

    def has_fares_on_all(self, operator: str, days: Iterable[date]) -> bool:
        """Tell whether an operator sells rides on each of these days."""
        return all(self.has_fares(operator, day) for day in days)

    def feeds_of(self, operator: str) -> list[Feed]:
        """List all tariffs of an operator: its feed's own, and the others, the last first."""
        own = [self.feeds[operator]] if operator in self.feeds else []
        return [*own, *(feed for _, feed in self.dated.get(operator, ()))]

    def settles(self, currency: str) -> bool:
        """Tell whether the scheme can settle what is sold in a currency: its own, or one that its rates know."""
        known = {self.currency, EURO, *self.rates.days} if self.rates.days else {self.currency}
        return currency in known


def _load_feeds(
    feeds: Mapping[str, Mapping[str, str]],
    findings: list[Finding],
    tell: Callable[[int, int], None] | None,
) -> dict[str, Feed]:
    """Read the feed of each operator, without those that have errors."""
    loaded: dict[str, Feed] = {}
    for operator, files in feeds.items():
        feed, faults = fares.load(files)
        findings.extend(replace(fault, file=f"{operator}/{fault.file}") for fault in faults)
        if feed:
            loaded[operator] = feed
        if tell:
            tell(len(loaded), len(feeds))
    return loaded


def build_book(
    *,
    feeds: Mapping[str, Mapping[str, str]],
    agreement_documents: Any,
    tax_text: str,
    riders: Mapping[str, Mapping[str, str]],
    media: Mapping[str, str | None],
    fee_basis_points: int,
    currency: str = "EUR",
    caps_text: str = "",
    pass_documents: Any = None,
    eligibility_text: str = "",
    groups_text: str = "",
    companions_text: str = "",
    rates_text: str = "",
    dated_feeds: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None,
    loaded_feeds: Callable[[int, int], None] | None = None,
) -> tuple[TariffBook | None, list[Finding]]:
    """Build a book from the texts of its files; None when any finding is an error.

    `feeds` are the fare files of each operator by name. Findings of a feed name `<operator>/<file>`. An
    optional file that a region does not have is empty here, and leaves the version as it was without it.
    `dated_feeds` are the files that a tariff changes from a day on (`2027-01-01`), by operator and day; what
    they do not hold stays as it was the day before. `loaded_feeds` hears how many feeds of how many are read.
    """
    findings: list[Finding] = []
    loaded = _load_feeds(feeds, findings, loaded_feeds)
    dated = {
        operator: _dated(operator, files, feeds[operator], findings)
        for operator, files in (dated_feeds or {}).items()
    }
    agreed, faults = agreements.load(agreement_documents, list(feeds), list(riders))
    findings.extend(faults)
    continuations, faults = agreements.load_continuations(agreement_documents, list(feeds), currency)
    findings.extend(faults)
    other_ways, faults = agreements.load_other_ways(agreement_documents, list(feeds), currency)
    findings.extend(faults)
    table, faults = taxes.load(tax_text)
    findings.extend(faults)
    limits, faults = caps.load(caps_text)
    findings.extend(faults)
    products, faults = passes_reader.load(pass_documents or [], list(feeds), list(riders))
    findings.extend(faults)
    findings.extend(_unknown_scopes(products, loaded))
    entitlements, faults = eligibility.load(eligibility_text, feeds)
    findings.extend(faults)
    formed, faults = groups.load(groups_text, feeds, riders)
    findings.extend(faults)
    accompanied, faults = companions.load(companions_text, feeds, riders)
    findings.extend(faults)
    findings.extend(
        companions.unknown_prices(accompanied, {name: _sold_to(feed) for name, feed in loaded.items()})
    )
    published, faults = rates.load(rates_text)
    findings.extend(faults)
    settled = {currency, EURO, *published.days} if published.days else {currency}
    findings.extend(_unsettled(settled, loaded, agreed, products))
    if errors(findings):
        return None, findings
    content: dict[str, Any] = {
        "feeds": {operator: fares.files_of(files) for operator, files in feeds.items()},
        "agreements": agreement_documents,
        "taxes": tax_text,
        "riders": riders,
        "media": media,
        "fee_basis_points": fee_basis_points,
    }
    optional = {
        "currency": currency if currency != "EUR" else "",
        "caps": caps_text,
        "passes": pass_documents,
        "eligibility": eligibility_text,
        "groups": groups_text,
        "companions": companions_text,
        "rates": rates_text,
        "dated_feeds": dated_feeds,
    }
    content |= {name: value for name, value in optional.items() if value}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    version = hashlib.sha256(canonical.encode()).hexdigest()
    return TariffBook(
        version=version,
        feeds=loaded,
        agreements=tuple(agreed),
        continuations=continuations,
        other_ways=other_ways,
        taxes=table,
        riders=riders,
        media=media,
        fee_basis_points=fee_basis_points,
        currency=currency,
        caps=tuple(limits),
        passes=products,
        eligibility=entitlements,
        groups=formed,
        companions=accompanied,
        rates=published,
        dated=dated,
    ), findings


def _sold_to(feed: Feed) -> set[str]:
    """The rider categories that a tariff names in a price."""
    return {row.rider for row in feed.prices() if row.rider is not None}


def _unknown_scopes(products: Iterable[PassProduct], feeds: Mapping[str, Feed]) -> Iterator[Finding]:
    """Areas and networks that no tariff of a product's operators knows: nobody could ever use it there."""
    for product in products:
        tariffs = [feeds[operator] for operator in product.scope.operators if operator in feeds]
        areas = frozenset().union(*(of_stop for feed in tariffs for of_stop in feed.stop_areas.values()))
        networks = {network for feed in tariffs for network in feed.route_networks.values()}
        named = {
            "scope.areas": product.scope.areas - areas,
            "scope.networks": product.scope.networks - networks,
            "scope.directions": {area for pair in product.scope.directions for area in pair} - areas,
        }
        for field_name, unknown in named.items():
            for name in sorted(unknown):
                message = f"{name!r} is in no tariff of {', '.join(sorted(product.scope.operators))}"
                yield Finding(passes.FILE, product.row, field_name, "unknown_reference", message)


def _unsettled(
    settled: set[str], feeds: Mapping[str, Feed], agreed: Iterable[Agreement], products: Iterable[PassProduct]
) -> Iterator[Finding]:
    """Prices in a currency that is neither the region's nor in its rates: nobody could settle what they bring."""
    for operator, feed in feeds.items():
        for product, rows in feed.products.items():
            if not settled & {row.price.currency for row in rows}:
                file = "fare_attributes.txt" if feed.v1 else "fare_products.txt"
                yield _no_rates(f"{operator}/{file}", 0, product, rows[0].price.currency)
    priced = [(agreements.FILE, one.row, one.id, one.prices) for one in agreed]
    priced += [(passes.FILE, one.row, one.id, one.prices) for one in products]
    for file, number, name, prices in priced:
        for foreign in sorted({found.price.currency for found in prices} - settled):
            yield _no_rates(file, number, name, foreign)


def _no_rates(file: str, number: int, name: str, currency: str) -> Finding:
    message = f"{name} is sold in {currency}, which is neither the region's currency nor in {rates.FILE}"
    return Finding(file, number, "currency", "currency_without_rates", message)


def _dated(
    operator: str, changes: Mapping[str, Mapping[str, str]], files: Mapping[str, str], findings: list[Finding]
) -> tuple[tuple[date, Feed], ...]:
    """An operator's tariffs by their first day, the last first; each is the one before it with its files changed."""
    first_days: dict[date, str] = {}
    for written in changes:
        try:
            first_days[date.fromisoformat(written)] = written
        except ValueError:
            message = f"{written!r} is not a day like 2026-01-31"
            findings.append(Finding(f"{operator}/{written}", 0, "", "invalid_date", message))
    feeds: list[tuple[date, Feed]] = []
    texts = dict(files)
    for begins, written in sorted(first_days.items()):
        texts |= changes[written]
        feed, faults = fares.load(texts)
        findings.extend(replace(fault, file=f"{operator}/{written}/{fault.file}") for fault in faults)
        if feed:
            feeds.append((begins, feed))
    return tuple(reversed(feeds))
