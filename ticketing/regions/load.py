"""Load a region's folder into what the rooms use: its data and its tariff book, or every fault at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from operators import registry, territory
from operators.gtfs.timetable import Departure, Pattern
from operators.region import Operator, RegionData, load_region
from operators.region_toml import REGION_TOML
from tariffs.book import TariffBook, build_book
from tariffs.fares import feed as fares
from tariffs.findings import Finding, errors
from tariffs.pricing import has_rider
from ticketing.progress import Progress, Stages, silent
from ticketing.regions.meetings import unusable_agreements
from ticketing.regions.unsellable import unsellable, unspoken

NamedTrip = tuple[Pattern, Departure]
_UNREAD = {"unreadable_toml", "missing_file"}


@dataclass(frozen=True, slots=True)
class Region:
    """A region that can be searched, priced and sold; `tariff` is what its book was built from."""

    data: RegionData
    book: TariffBook
    tariff: Mapping[str, Any]
    _trips: dict[str, Mapping[str, NamedTrip]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def operators(self) -> dict[str, Operator]:
        """The operators by id."""
        return dict(self.data.operators)

    def trips(self, operator: str) -> Mapping[str, NamedTrip]:
        """The trips of an operator's timetable by their id, each with its pattern; gathered when they are first asked for."""
        known = self._trips.get(operator)
        if known is None:
            patterns = self.data.timetables[operator].patterns
            known = {trip.trip_id: (pattern, trip) for pattern in patterns for trip in pattern.trips}
            self._trips[operator] = known
        return known


def check_region(
    folder: Path,
    fetched: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    progress: Progress = silent,
) -> tuple[Region | None, list[Finding]]:
    """Load a region; None with every fault of its feeds, agreements, taxes and operators when one is an error.

    `fetched` are newer feeds that stand before those of the folder.
    """
    stages = Stages(progress, {"reading timetables": 1, "reading tariffs": 1})
    data, findings = load_region(folder, fetched, stages.begin("reading timetables"))
    unread = [found for found in findings if found.file == REGION_TOML and found.code in _UNREAD]
    if unread:  # everything else would only say that what this file tells is missing
        return None, unread
    tariff = _tariff(data)
    book, faults = build_book(**tariff, loaded_feeds=stages.begin("reading tariffs"))
    findings = list(dict.fromkeys([*findings, *faults, *registry.check(data), *territory.check(data)]))
    if book is not None:
        findings += [*_unknown_riders(data, book), *unusable_agreements(data), *unsellable(data, book)]
        findings += unspoken(data)
    return (None if book is None or errors(findings) else Region(data, book, tariff)), findings


def _tariff(data: RegionData) -> dict[str, Any]:
    """The arguments of `build_book`, plain enough to be stored with a quote's version for years."""
    return {
        "feeds": {operator: fares.files_of(texts) for operator, texts in data.feed_texts.items()},
        "agreement_documents": data.agreements,
        "tax_text": data.tax_text,
        "riders": data.categories,
        "media": {operator.id: operator.medium for operator in data.operators.values()},
        "fee_basis_points": data.fee_basis_points,
        "currency": data.currency,
        "pass_documents": data.passes,
        **({"dated_feeds": data.dated_feeds} if data.dated_feeds else {}),
        **{f"{Path(name).stem}_text": text for name, text in data.optional_texts.items()},
    }


def _unknown_riders(data: RegionData, book: TariffBook) -> list[Finding]:
    """A rider category that an operator's tariff does not sell would only show as an unknown fare."""
    findings: list[Finding] = []
    for rider, mapped in data.categories.items():
        for operator, own in mapped.items():
            place = f"{_table(data, rider)}.{rider}.{operator}"
            message = f"{own!r} buys nothing in the tariff of {operator}"
            findings += [
                Finding("region.toml", 0, place, "unknown_reference", message)
                for feed in book.feeds_of(operator)
                if not has_rider(feed, own)
            ]
    return findings


def _table(data: RegionData, category: str) -> str:
    return "rider_categories" if category in data.riders else "place_kinds"
