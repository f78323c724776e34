"""A region's tariff book: every operator's tariff, the agreements between them and the taxes, as one version."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tariffs import agreements, caps, eligibility, groups, passes_reader, rates, taxes
from tariffs.agreements import Agreement
from tariffs.caps import Cap
from tariffs.eligibility import Eligibility
from tariffs.fares import feed as fares
from tariffs.fares.feed import Feed
from tariffs.findings import Finding, errors
from tariffs.groups import Group
from tariffs.passes import PassProduct
from tariffs.rates import Rates
from tariffs.taxes import TaxTable


@dataclass(frozen=True, slots=True)
class TariffBook:
    """Everything a price depends on. `version` is the SHA-256 of all of it.

    `riders` maps the scheme's rider categories to each operator's own id, `media` each operator to the fare
    medium that the scheme sells; `fee_basis_points` is the scheme's fee on an operator's gross share.
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
    rates: Rates = field(default_factory=Rates)


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
    rates_text: str = "",
) -> tuple[TariffBook | None, list[Finding]]:
    """Build a book from the texts of its files; None when any finding is an error.

    `feeds` are the fare files of each operator by name. Findings of a feed name `<operator>/<file>`. An
    optional file that a region does not have is empty here, and leaves the version as it was without it.
    """
    findings: list[Finding] = []
    loaded: dict[str, Feed] = {}
    for operator, files in feeds.items():
        feed, faults = fares.load(files)
        findings.extend(replace(fault, file=f"{operator}/{fault.file}") for fault in faults)
        if feed:
            loaded[operator] = feed
    agreed, faults = agreements.load(agreement_documents, list(feeds), list(riders))
    findings.extend(faults)
    table, faults = taxes.load(tax_text)
    findings.extend(faults)
    limits, faults = caps.load(caps_text)
    findings.extend(faults)
    products, faults = passes_reader.load(pass_documents or [], list(feeds), list(riders))
    findings.extend(faults)
    entitlements, faults = eligibility.load(eligibility_text, feeds)
    findings.extend(faults)
    formed, faults = groups.load(groups_text, feeds, riders)
    findings.extend(faults)
    published, faults = rates.load(rates_text)
    findings.extend(faults)
    if errors(findings):
        return None, findings
    content: dict[str, Any] = {
        "feeds": {operator: {name: text for name, text in files.items() if name in fares.FILES}
                  for operator, files in feeds.items()},
        "agreements": agreement_documents, "taxes": tax_text, "riders": riders, "media": media,
        "fee_basis_points": fee_basis_points,
    }  # fmt: skip
    optional = {
        "currency": currency if currency != "EUR" else "", "caps": caps_text, "passes": pass_documents,
        "eligibility": eligibility_text, "groups": groups_text, "rates": rates_text,
    }  # fmt: skip
    content |= {name: value for name, value in optional.items() if value}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    version = hashlib.sha256(canonical.encode()).hexdigest()
    return TariffBook(
        version, loaded, tuple(agreed), table, riders, media, fee_basis_points, currency,
        tuple(limits), products, entitlements, formed, published,
    ), findings  # fmt: skip
