"""Describe the open data of every region as things of mobilityDCAT-AP: a catalogue with records, datasets and distributions.

mobilityDCAT-AP 1.1, mandatory properties, with the controlled vocabularies of the profile and of the EU Publications Office.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from operators.open_data_terms import OpenDataTerms
from ticketing.db.publishing.releases import Spending
from ticketing.publishing.catalogue.rdf import Iri, Pair, Text, Thing, Typed
from ticketing.publishing.datasets import DATASETS
from ticketing.publishing.desk import PublishingDesk
from ticketing.publishing.making import list_spendings
from ticketing.regions import Region

_EU = "http://publications.europa.eu/resource/authority"
_AP = "https://w3id.org/mobilitydcat-ap"
_THEME = f"{_AP}/mobility-theme/public-transport-scheduled-transport"
# ISO 3166 alpha-3 of the states of regions, by which the Publications Office names them.
_STATES = dict(
    zip(
        [
            "AT",
            "BE",
            "BG",
            "CH",
            "CY",
            "CZ",
            "DE",
            "DK",
            "EE",
            "ES",
            "FI",
            "FR",
            "GB",
            "GR",
            "HR",
            "HU",
            "IE",
            "IS",
            "IT",
            "LI",
            "LT",
            "LU",
            "LV",
            "MT",
            "NL",
            "NO",
            "PL",
            "PT",
            "RO",
            "SE",
            "SI",
            "SK",
        ],
        [
            "AUT",
            "BEL",
            "BGR",
            "CHE",
            "CYP",
            "CZE",
            "DEU",
            "DNK",
            "EST",
            "ESP",
            "FIN",
            "FRA",
            "GBR",
            "GRC",
            "HRV",
            "HUN",
            "IRL",
            "ISL",
            "ITA",
            "LIE",
            "LTU",
            "LUX",
            "LVA",
            "MLT",
            "NLD",
            "NOR",
            "POL",
            "PRT",
            "ROU",
            "SWE",
            "SVN",
            "SVK",
        ],
        strict=True,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One file of a dataset: its path, its kind of file, and the standard that it keeps to."""

    path: str
    kind: str
    standard: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Described:
    """One dataset of a region, with its files."""

    name: str
    title: str
    text: str
    frequency: str
    since: datetime
    files: tuple[_File, ...]


_LIVE = (
    _File(path="trip-updates.pb", kind="BIN", standard="gtfs-rt", title="GTFS-Realtime trip updates"),
    _File(path="alerts.pb", kind="BIN", standard="gtfs-rt", title="GTFS-Realtime alerts"),
    _File(path="siri-et.xml", kind="XML", standard="siri", title="SIRI-ET 2.1"),
    _File(path="siri-sx.xml", kind="XML", standard="siri", title="SIRI-SX 2.1"),
)


def catalogue(desk: PublishingDesk) -> list[Thing]:
    """Describe everything that lies open; nothing where no region publishes."""
    regions = {name: one for name, one in desk.regions.items() if one.data.open_data is not None}
    things: list[Thing] = []
    records: list[str] = []
    for name, region in regions.items():
        terms = region.data.open_data
        if terms is None:
            continue
        things += _people(desk, name, terms)
        for dataset in _datasets(desk, region, terms):
            record = f"{_address(desk, name)}{dataset.name}#record"
            records.append(record)
            things += _dataset(desk, region, terms, dataset, record)
    if not things:
        return []
    return [_catalogue(desk, list(regions.values()), records), *things]


def _catalogue(desk: PublishingDesk, regions: list[Region], records: list[str]) -> Thing:
    first = regions[0].data
    names = " and ".join(region.data.name for region in regions)
    states = [state for region in regions for state in region.data.member_states]
    pairs: list[Pair] = [
        ("dct:title", Text(f"Open data of {names}")),
        (
            "dct:description",
            Text("Timetables with joint prices, live data, and numbers about rides and journeys."),
        ),
        ("dct:publisher", Iri(f"{_address(desk, first.id)}#publisher")),
        ("foaf:homepage", Iri(first.open_data.homepage if first.open_data else desk.public_url)),
        ("dct:language", Iri(f"{_EU}/language/ENG")),
        *(("dct:spatial", Iri(place)) for place in _places(states)),
        *(("dcat:dataset", Iri(record.removesuffix("#record"))) for record in records),
        *(("dcat:record", Iri(record)) for record in records),
    ]
    return Thing(f"{desk.public_url}/catalog.ttl#catalog", "dcat:Catalog", tuple(pairs))


def _people(desk: PublishingDesk, name: str, terms: OpenDataTerms) -> list[Thing]:
    """Describe who publishes, who answers questions, and the licence of a region."""
    here = _address(desk, name)
    licence = (("dct:type", Iri(f"{_AP}/conditions-for-access-and-usage/licence-provided")),)
    contact = (("vcard:fn", Text(terms.publisher)), ("vcard:hasEmail", Iri(f"mailto:{terms.contact}")))
    return [
        Thing(f"{here}#publisher", "foaf:Agent", (("foaf:name", Text(terms.publisher)),)),
        Thing(f"{here}#contact", "vcard:Kind", contact),
        Thing(f"{here}#rights", "dct:RightsStatement", licence),
    ]


def _datasets(desk: PublishingDesk, region: Region, terms: OpenDataTerms) -> Iterator[_Described]:
    name, begun = region.data.id, datetime.fromisoformat(f"{terms.since}-01").replace(tzinfo=UTC)
    yield _Described(
        name="timetable",
        title=f"Timetable and joint prices, {region.data.name}",
        text="The timetables of all operators as one GTFS feed with Fares V2. notes.txt names prices that it does not say.",
        frequency="DAILY",
        since=begun,
        files=(_File(path="gtfs.zip", kind="ZIP", standard="gtfs", title="GTFS with Fares V2"),),
    )
    yield _Described(
        name="live",
        title=f"Live data, {region.data.name}",
        text="Delays, cancellations and actual times of departures, as operators and gates have told them.",
        frequency="CONT",
        since=begun,
        files=_LIVE,
    )
    opened = [one for one in list_spendings(desk, name) if one.is_open]
    for dataset in DATASETS.values():
        files = [one for one in opened if one.key.dataset == dataset.name]
        if files:
            yield _Described(
                name=dataset.name,
                title=f"{dataset.title}, {region.data.name}",
                text=dataset.meaning,
                frequency="MONTHLY",
                since=min(one.spent_at for one in files),
                files=tuple(_csv(one) for one in files),
            )


def _csv(one: Spending) -> _File:
    key = one.key
    path = f"{key.dataset}/{key.month}/{key.part}.csv"
    return _File(path=path, kind="CSV", standard="other", title=f"{key.part}, {key.month}")


def _dataset(
    desk: PublishingDesk, region: Region, terms: OpenDataTerms, dataset: _Described, record: str
) -> Iterator[Thing]:
    """Describe one dataset: its record, itself, and each of its files."""
    here = _address(desk, region.data.id)
    address = record.removesuffix("#record")
    distributions = [f"{here}{file.path}#distribution" for file in dataset.files]
    modified = Typed(desk.clock.now().date().isoformat(), "xsd:date")
    yield Thing(
        record,
        "dcat:CatalogRecord",
        (
            ("foaf:primaryTopic", Iri(address)),
            ("dct:language", Iri(f"{_EU}/language/ENG")),
            ("dct:created", Typed(dataset.since.date().isoformat(), "xsd:date")),
            ("dct:modified", modified),
        ),
    )
    pairs: list[Pair] = [
        ("dct:title", Text(dataset.title)),
        ("dct:description", Text(dataset.text)),
        ("dct:publisher", Iri(f"{here}#publisher")),
        ("dcat:contactPoint", Iri(f"{here}#contact")),
        ("dct:accrualPeriodicity", Iri(f"{_EU}/frequency/{dataset.frequency}")),
        ("mobilitydcatap:mobilityTheme", Iri(_THEME)),
        *(("dct:spatial", Iri(place)) for place in _places(region.data.member_states)),
        *(("dcat:distribution", Iri(distribution)) for distribution in distributions),
    ]
    yield Thing(address, "dcat:Dataset", tuple(pairs))
    for file, distribution in zip(dataset.files, distributions, strict=True):
        yield Thing(
            distribution,
            "dcat:Distribution",
            (
                ("dct:title", Text(file.title)),
                ("dcat:accessURL", Iri(f"{here}{file.path}")),
                ("dcat:downloadURL", Iri(f"{here}{file.path}")),
                ("mobilitydcatap:mobilityDataStandard", Iri(f"{_AP}/mobility-data-standard/{file.standard}")),
                ("dct:format", Iri(f"{_EU}/file-type/{file.kind}")),
                ("dct:rights", Iri(f"{here}#rights")),
                ("dct:license", Iri(terms.licence)),
            ),
        )


def _address(desk: PublishingDesk, region: str) -> str:
    return f"{desk.public_url}/open/{region}/"


def _places(states: list[str] | tuple[str, ...]) -> list[str]:
    """The states by their addresses at the Publications Office, each once."""
    known = dict.fromkeys(_STATES[state] for state in states if state in _STATES)
    return [f"{_EU}/country/{state}" for state in known]
