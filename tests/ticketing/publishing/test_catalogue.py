"""The catalogue is RDF that others read, with the mandatory properties of mobilityDCAT-AP."""

from datetime import UTC, datetime
from pathlib import Path

import pyshacl
import pytest
import rdflib
from rdflib import DCAT, RDF
from rdflib.compare import isomorphic

from tests.api import Api
from tests.ticketing.claims.coast import REGION, Coast
from ticketing.publishing.catalogue.rdf import Iri, Text, Thing, Typed, jsonld, turtle

# rdflib warns of its own readers.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:rdflib", "ignore::DeprecationWarning:pyshacl"
)
SHAPES = Path(__file__).with_name("shapes.ttl")


@pytest.fixture
def open_months(api: Api) -> Api:
    api.clock.set(datetime(2026, 11, 12, tzinfo=UTC))
    Coast(api).work(1, publishing=True)
    return api


def graph_of(api: Api, form: str) -> rdflib.Graph:
    answer = api.client.get(f"/catalog.{form}")
    assert answer.status_code == 200
    return rdflib.Graph().parse(data=answer.data, format={"ttl": "turtle", "jsonld": "json-ld"}[form])


def test_the_catalogue_has_every_mandatory_property(open_months: Api) -> None:
    conforms, _, told = pyshacl.validate(
        graph_of(open_months, "ttl"), shacl_graph=str(SHAPES), inference="none"
    )

    assert conforms, told


def test_a_catalogue_without_a_mandatory_property_is_noticed(open_months: Api) -> None:
    graph = graph_of(open_months, "ttl")
    graph.remove((None, rdflib.URIRef("https://w3id.org/mobilitydcat-ap#mobilityTheme"), None))

    assert not pyshacl.validate(graph, shacl_graph=str(SHAPES), inference="none")[0]


def test_both_forms_say_the_same(open_months: Api) -> None:
    assert isomorphic(graph_of(open_months, "ttl"), graph_of(open_months, "jsonld"))


def test_every_file_of_the_catalogue_can_be_fetched(open_months: Api) -> None:
    graph = graph_of(open_months, "ttl")
    addresses = [str(one) for one in graph.objects(None, DCAT.accessURL)]

    assert len(addresses) == len(set(addresses)) > 10
    for address in addresses:
        path = address.removeprefix("https://throughfare.example")
        assert open_months.client.get(path).status_code == 200, path


def test_datasets_about_people_are_in_the_catalogue_once_they_are_published(api: Api) -> None:
    named = {str(one).rpartition("/")[2] for one in graph_of(api, "ttl").subjects(RDF.type, DCAT.Dataset)}

    assert named == {"timetable", "live"}
    assert REGION in api.client.get("/catalog.ttl").get_data(as_text=True)


def test_a_text_with_quotes_and_breaks_stays_itself() -> None:
    text = 'a "quoted" \\ line\nbreak\tand é'
    thing = Thing(
        "https://x.example/a b",
        "dcat:Dataset",
        (
            ("dct:title", Text(text)),
            ("dct:issued", Typed("2026-10-01", "xsd:date")),
            ("dct:relation", Iri("https://x.example/<y>")),
        ),
    )

    read = rdflib.Graph().parse(data=turtle([thing]), format="turtle")

    titles = [str(one) for one in read.objects(None, rdflib.DCTERMS.title)]
    assert titles == [text]
    assert "2026-10-01" in jsonld([thing])
