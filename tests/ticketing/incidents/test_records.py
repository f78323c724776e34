"""A record is read as it was written, and nothing that names a person enters one."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.source_tree import ROOT
from tests.ticketing.incidents.records import FACTS, TYPES, record
from ticketing.db.documents import canonical
from ticketing.frozen import (
    IncidentType,
    Unreadable,
    harm_in,
    list_fact_fields,
    read_facts,
    read_incident,
    write_facts,
    write_incident,
)

CANARIES = (
    "mari.maasikas@example.ee",
    "Mari Maasikas",
    "+372 5551 2345",
    "5551 2345",
    "358401234567",
    "4242 4242 4242 4242",
    "4242424242424242",
    "EE38 2200 2210 2014 5685",
    "010190-123A",
    "49001010011",
    "eyJhbGciOiJFZERTQSJ9.e30.AAAA",
    "Proua Maasikas",
    "019a1b2c-3d4e-4f60-8a9b-0c1d2e3f4a5b",
    "https://shop.example/orders/77",
    "AbCdEfGh12345678IjKlMn",
)
# One that a sentence may hold: a name alone is no pattern. Names that the deployment knows are refused by its desk.
# The same in the form of a code, a version, a name of a package.
AS_CODES = (
    "tel-358401234567",
    "a-358-40-123-4567",
    "card_4242_4242_4242_4242",
    "358.40.123.4567",
    "5551.2345",
    "612.3456",
    "v358.4012.3456",
    "id:49001010011",
    "x358401234567",
    "49001010011",
    "3584012345678901234567890",
    "5551-23-45",
)
IN_SENTENCES = tuple(one for one in CANARIES if one != "Mari Maasikas")


@pytest.mark.parametrize("kind", TYPES)
def test_a_record_is_written_as_it_was_read(kind: IncidentType) -> None:
    written = canonical(write_incident(record(kind)))

    assert canonical(write_incident(read_incident(json.loads(written)))) == written


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("canary", CANARIES)
def test_no_canary_enters_any_field_of_facts(kind: IncidentType, canary: str) -> None:
    whole = write_facts(read_facts(kind, FACTS[kind]))
    for name, value in whole.items():
        tried = [[canary], [*value, canary]] if isinstance(value, list) else [canary]
        for one in tried:
            with pytest.raises(Unreadable, match=name):
                read_facts(kind, {**whole, name: one})
    with pytest.raises(Unreadable, match="holder"):
        read_facts(kind, {**whole, "holder": canary})


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("canary", AS_CODES)
def test_no_number_enters_as_a_code(kind: IncidentType, canary: str) -> None:
    whole = write_facts(read_facts(kind, FACTS[kind]))
    for name, value in whole.items():
        with pytest.raises(Unreadable, match=name):
            read_facts(kind, {**whole, name: [canary] if isinstance(value, list) else canary})


@pytest.mark.parametrize(
    "version", ["0.2.0", "46.0.3", "v1.2", "2026.12.1", "3.11.0rc1", "1.0+2", "ab" * 16, "7"]
)
def test_a_version_is_taken(version: str) -> None:
    facts = {**FACTS["supplier_or_software_vulnerability"], "version": version}

    read_facts("supplier_or_software_vulnerability", facts)


@pytest.mark.parametrize("text", ["seen 5551-23-45", "born 1990-10-01", "called 2026-12-01-5551"])
def test_a_number_in_the_form_of_a_day_is_no_day(text: str) -> None:
    assert harm_in(text) is not None


@pytest.mark.parametrize("field", ["title", "narrative", "lessons"])
@pytest.mark.parametrize("canary", IN_SENTENCES)
@given(
    before=st.sampled_from(["", "The ticket of ", "seen at gate 4: ", "("]),
    after=st.sampled_from(["", " again", ").", "!"]),
)
def test_no_canary_enters_a_sentence(field: str, canary: str, before: str, after: str) -> None:
    document = {**write_incident(record()), field: f"{before}{canary}{after}"}

    with pytest.raises(Unreadable, match=field):
        read_incident(document)


@pytest.mark.parametrize(
    "text",
    [
        "The key was on a laptop that was stolen on 2026-11-30 at 14:05; 4,711 tickets are signed anew.",
        "Gates 3 and 4 at Balti jaam were silent from 06:10 to 07:45, 120 passengers went by hand.",
        "Tariff of 2026-12-01: adults paid 1.50 too much, 1,200,000 rides in all.",
    ],
)
def test_two_plain_lines_are_taken(text: str) -> None:
    assert harm_in(text) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("severity", 5),
        ("tlp", "WHITE"),
        ("status", "open"),
        ("operator", "Mari Maasikas"),
        ("passengers", -1),
        ("narrative", "x" * 2001),
        ("rsit", "made-up"),
        ("aware_at", "yesterday"),
        ("reporter", "hsl"),
        ("is_significant", "yes"),
        ("title", "a\u202eb c"),
    ],
)
def test_a_record_that_is_not_in_order_is_refused_by_its_field(name: str, value: object) -> None:
    with pytest.raises(Unreadable, match=name):
        read_incident({**write_incident(record()), name: value})


def test_facts_of_another_type_are_refused() -> None:
    document = write_incident(replace(record(), type="other_failure"))

    with pytest.raises(Unreadable, match="facts"):
        read_incident(document)


def test_the_document_names_every_fact_of_every_type() -> None:
    text = (ROOT / "docs/incidents.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*`.*) \|$", text, re.MULTILINE))

    for kind in TYPES:
        known = list_fact_fields(kind)
        assert re.findall(r"`(\w+)`", rows[kind]) == [field.name for field in known]
        assert re.findall(r"\*\*`(\w+)`\*\*", rows[kind]) == [
            field.name for field in known if field.is_needed
        ]
        assert all(", ".join(field.words) in rows[kind] for field in known)
