"""Read a proposed tariff or agreement, and compare it with today's by the journeys of a published month."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from operators.files import FARE_FILES
from tariffs.book import TariffBook, build_book
from tariffs.findings import errors
from throughfare_gate.strictjson import NotStrict, loads
from ticketing.errors import Fault, InvalidRequest
from ticketing.impact.comparing import WhatIf, compare
from ticketing.impact.desk import ImpactDesk, Month, read_month
from ticketing.impact.ways import prices
from ticketing.regions import Region

AGREEMENTS = "agreements.json"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A changed file: `agreements.json` of the region, or a fare file of one operator's feed."""

    file: str
    text: str
    operator: str | None = None


def changed_book(region: Region, proposals: tuple[Proposal, ...]) -> TariffBook:
    """Build the tariff with the changed files in it; raises InvalidRequest with every fault, each with its file and row."""
    tariff: dict[str, Any] = dict(region.tariff)
    for proposal in proposals:
        if proposal.operator is None:
            tariff["agreement_documents"] = _agreements(proposal)
        else:
            tariff["feeds"] = _with_file(tariff["feeds"], proposal)
    book, findings = build_book(**tariff)
    faults = [Fault(found.place, found.message) for found in errors(findings)]
    if book is None or faults:
        raise InvalidRequest("the proposed tariff has faults", faults)
    return book


def what_if(
    desk: ImpactDesk, region_name: str, proposals: tuple[Proposal, ...], month: str | None = None
) -> tuple[Month, WhatIf]:
    """Compare a proposal with today's tariff by the journeys of a published month; nothing is stored or sold.

    Raises InvalidRequest for a proposal with faults, and where no month is published.
    """
    region = desk.region(region_name)
    return by_book(desk, region_name, changed_book(region, proposals), month)


def by_book(
    desk: ImpactDesk, region_name: str, book: TariffBook, month: str | None = None
) -> tuple[Month, WhatIf]:
    """Compare another book with today's by the journeys of a published month."""
    region, flows = desk.region(region_name), read_month(desk, region_name, month, with_ways=False)
    if flows.name is None:
        raise InvalidRequest.at("month", f"no month of {region_name} is published yet")
    ways = desk.ways(region, flows.flows, waits=True) or {}
    today = {pair: way.priced for pair, way in ways.items()}
    return flows, compare(flows.flows, today, prices(book, region, ways), region.data.currency)


def _agreements(proposal: Proposal) -> Any:
    try:
        return loads(proposal.text, nul=False)
    except NotStrict as error:
        raise InvalidRequest.at(AGREEMENTS, f"is no JSON: {error}") from None


def _with_file(feeds: Mapping[str, Mapping[str, str]], proposal: Proposal) -> dict[str, Mapping[str, str]]:
    operator = proposal.operator or ""
    if operator not in feeds:
        raise InvalidRequest.at("operator", f"{operator!r} is not an operator of the region")
    if proposal.file not in FARE_FILES:
        raise InvalidRequest.at("file", f"must be {AGREEMENTS} or one of {', '.join(sorted(FARE_FILES))}")
    return {**feeds, operator: {**feeds[operator], proposal.file: proposal.text}}
