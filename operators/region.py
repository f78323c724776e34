"""A region is a folder of data: region.toml, agreements.json, taxes.csv and one feed folder an operator."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from operators.emission_factors import FILE as EMISSIONS
from operators.emission_factors import EmissionFactor, read_factors
from operators.files import FARE_FILES, FEED_FILES, FeedUnreadable, read_feed
from operators.gtfs.leaving_out import load_leaving_out
from operators.gtfs.timetable import Timetable
from operators.guarantee_terms import GuaranteeTerms, read_guarantee
from operators.impact_terms import ImpactTerms, read_impact
from operators.legal_parties import LegalParty, read_parties
from operators.open_data_terms import OpenDataTerms, read_open_data
from operators.place_kinds import in_company, read_place_kinds
from operators.region_toml import REGION_TOML, Operator, RefundStep, Terminal, Walking, open_toml
from operators.sale_terms import Guests, read_category_names, read_companions
from operators.served_feed import ServedFeed, served_feed
from operators.walks import FILE as WALKS
from operators.walks import read_walks
from tariffs.findings import Finding

__all__ = ["Guests", "Operator", "RefundStep", "RegionData", "Terminal", "Walking", "load_region"]

# A feed with one of these has a tariff.
FARES = {"fare_products.txt", "fare_leg_rules.txt", "fare_attributes.txt"}
# Tables that a region has only where it needs them.
OPTIONAL = ("caps.csv", "companions.csv", "eligibility.csv", "groups.csv", "rates.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionData:
    """A region as its folder says. Stops are named `<operator>:<stop_id>` where operators meet.

    `crossings` give the metres by territory between two terminals, in the order of the pair; `optional_texts`
    are the files of `OPTIONAL` that are there; `dated_feeds` what an operator's tariff changes from a day on,
    by operator and day. `companions` tell who is sold a ticket only together with one of others, `guests` how much is
    sold to somebody without an account. `place_kinds` tell who takes a bicycle, a car, a cabin or a dog. `guarantee` has the
    terms by which a connection between two operators is guaranteed, None where nobody does. `walks` are the seconds of ways on
    foot between two stops as `walks.csv` has them, None where there is none. `open_data` has the terms on which it publishes, None
    where it publishes nothing. `parties` are the scheme and its operators as papers name them.
    """

    id: str
    name: str
    member_states: tuple[str, ...]
    currency: str
    product: str
    offer_minutes: int
    fee_basis_points: int
    walking: Walking
    interchange_seconds: int
    operators: Mapping[str, Operator]
    riders: Mapping[str, Mapping[str, str]]
    terminals: Mapping[str, Terminal]
    crossings: Mapping[tuple[str, str], tuple[tuple[str, int], ...]]
    timetables: Mapping[str, Timetable]
    feed_texts: Mapping[str, Mapping[str, str]]
    agreements: Any
    tax_text: str
    passes: Any
    optional_texts: Mapping[str, str]
    dated_feeds: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    companions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guests: Guests = field(default_factory=Guests)
    place_kinds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    category_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    guarantee: GuaranteeTerms | None = None
    walks: Mapping[tuple[str, str], int | None] = field(default_factory=dict)
    feeds: Mapping[str, ServedFeed] = field(default_factory=dict)
    emission_factors: tuple[EmissionFactor, ...] = ()
    impact: ImpactTerms | None = None
    open_data: OpenDataTerms | None = None
    parties: Mapping[str, LegalParty] = field(default_factory=dict)

    @property
    def categories(self) -> Mapping[str, Mapping[str, str]]:
        """The categories that a fare is asked for, by operator as its tariff calls them: rider categories, and kinds of places."""
        return {**self.riders, **self.place_kinds}


def load_region(
    folder: Path,
    fetched: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    loaded_feeds: Callable[[int, int], None] | None = None,
) -> tuple[RegionData, list[Finding]]:
    """Read a region's folder as far as it can be read, with every fault; use it only without errors.

    `fetched` are newer feeds that stand before those of the folder: operator → file → text. `loaded_feeds` hears how
    many feeds of how many are read.
    """
    findings: list[Finding] = []
    toml = open_toml(folder / REGION_TOML, findings)
    operators = toml.operators()
    riders = toml.riders(operators)
    kinds = read_place_kinds(toml.document.get("place_kinds", {}), operators, riders, toml.fault)
    currency = toml.currency()
    feeds: dict[str, ServedFeed] = {}
    texts, timetables = _feeds(
        folder, operators, fetched, findings, loaded_feeds, currency=currency, feeds=feeds
    )
    stops = {f"{operator}:{stop}" for operator, timetable in timetables.items() for stop in timetable.stops}
    region = RegionData(
        id=folder.name,
        name=toml.name(),
        member_states=toml.member_states(),
        currency=currency,
        product=toml.product(),
        offer_minutes=toml.offer_minutes(),
        fee_basis_points=toml.fee_basis_points(),
        walking=toml.walking(),
        interchange_seconds=toml.interchange_seconds(),
        operators=operators,
        riders=riders,
        terminals=toml.terminals(stops),
        walks=read_walks(_text(folder / WALKS, findings), stops, findings)
        if (folder / WALKS).exists()
        else {},
        emission_factors=read_factors(_text(folder / EMISSIONS, findings), findings, operators, stops)
        if (folder / EMISSIONS).exists()
        else (),
        impact=read_impact(toml.document.get("impact"), toml.fault),
        crossings=toml.crossings(stops),
        timetables=timetables,
        feed_texts=texts,
        feeds=feeds,
        agreements=_json(folder / "agreements.json", findings),
        tax_text=_text(folder / "taxes.csv", findings),
        passes=_json(folder / "passes.json", findings) if (folder / "passes.json").exists() else [],
        optional_texts={
            name: _text(folder / name, findings) for name in OPTIONAL if (folder / name).exists()
        },
        dated_feeds=_dated_feeds(folder / "tariffs", operators, findings),
        companions={
            **read_companions(toml.document.get("companions", {}), riders, toml.fault),
            **in_company(kinds, riders),
        },
        place_kinds=kinds,
        category_names=read_category_names(
            toml.document.get("category_names", {}), {*riders, *kinds}, toml.fault
        ),
        guests=toml.guests(),
        guarantee=read_guarantee(
            toml.document.get("guarantee"), operators, str(toml.document.get("currency")), toml.fault
        ),
        parties=read_parties(toml.document.get("parties"), operators, toml.fault),
        open_data=read_open_data(toml.document.get("open_data"), toml.fault),
    )
    return region, findings


def _feeds(
    folder: Path,
    operators: Mapping[str, Operator],
    fetched: Mapping[str, Mapping[str, str]],
    findings: list[Finding],
    loaded_feeds: Callable[[int, int], None] | None,
    *,
    currency: str,
    feeds: dict[str, ServedFeed],
) -> tuple[dict[str, dict[str, str]], dict[str, Timetable]]:
    texts: dict[str, dict[str, str]] = {}
    timetables: dict[str, Timetable] = {}
    for operator in operators:
        terms = operators[operator].feed
        place = folder / "feeds" / operator
        try:
            path = place if place.is_dir() else place.with_suffix(".zip")
            texts[operator] = dict(fetched.get(operator, {})) or read_feed(
                path, FEED_FILES, terms.encoding, terms.time_zone
            )
        except FeedUnreadable as error:
            findings.append(Finding(f"feeds/{operator}", 0, "", "unreadable_feed", str(error)))
            continue
        read = load_leaving_out(operator, texts[operator], terms.tolerated_percent)
        if terms.flat_fare and not FARES.isdisjoint(texts[operator]):
            message = f"the feed of {operator} has fares of its own"
            findings.append(
                Finding(REGION_TOML, 0, f"operators.{operator}.feed.flat_fare", "two_tariffs", message)
            )
        if read.timetable:
            timetables[operator] = read.timetable
            feeds[operator] = served_feed(texts[operator], read.timetable)
        # The fares are read from the same rows as the timetable.
        texts[operator] = terms.with_fares(read.files, currency)
        findings.extend(
            Finding(
                file=f"{operator}/{fault.file}",
                row=fault.row,
                field=fault.field,
                code=fault.code,
                message=fault.message,
                severity=fault.severity,
            )
            for fault in read.findings
        )
        if loaded_feeds:
            loaded_feeds(len(texts), len(operators))
    return texts, timetables


def _dated_feeds(
    place: Path, operators: Mapping[str, Operator], findings: list[Finding]
) -> dict[str, dict[str, dict[str, str]]]:
    """Read `tariffs/<operator>/<first day>/`: the fare tables that change on that day of travel."""
    feeds: dict[str, dict[str, dict[str, str]]] = {}
    for folder in sorted(place.glob("*/*")):
        operator, day = folder.parent.name, folder.name
        if operator not in operators:
            message = f"{operator!r} is not an operator"
            findings.append(Finding(f"tariffs/{operator}", 0, "", "unknown_reference", message))
            continue
        try:
            feeds.setdefault(operator, {})[day] = read_feed(folder, FARE_FILES)
        except FeedUnreadable as error:
            findings.append(Finding(f"tariffs/{operator}/{day}", 0, "", "unreadable_feed", str(error)))
    return feeds


def _json(path: Path, findings: list[Finding]) -> Any:
    text = _text(path, findings)
    try:
        return json.loads(text or "[]")
    except (ValueError, RecursionError) as error:
        findings.append(Finding(path.name, 0, "", "unreadable_json", str(error)))
        return []


def _text(path: Path, findings: list[Finding]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        findings.append(Finding(path.name, 0, "", "missing_file", f"{path.name} is required"))
    except UnicodeDecodeError as error:
        findings.append(Finding(path.name, 0, "", "not_utf8", str(error)))
    return ""
