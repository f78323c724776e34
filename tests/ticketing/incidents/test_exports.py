"""The exports are what others' tools take: STIX by its validator, MISP by its own library."""

import json
from datetime import timedelta

import pytest
import stix2validator
from pymisp import MISPEvent

from tests.ticketing.incidents.records import AT, TLPS, TYPES, record
from throughfare_gate.ids import new_id
from ticketing.db.incidents.steps import Incident, Step
from ticketing.frozen import IncidentRecord, IncidentType, Tlp, write_incident
from ticketing.incidents.misp_event import event
from ticketing.incidents.reporting import Case
from ticketing.incidents.stix_bundle import bundle

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def case_of(wanted: IncidentRecord) -> Case:
    incident = Incident(id=new_id(), partner_id=None, type=wanted.type, trigger_key=None, opened_at=AT)
    step = Step(
        id=new_id(),
        incident_id=incident.id,
        seq=1,
        kind="shared",
        at=AT + timedelta(minutes=3),
        actor="Anna",
        partner_id=None,
        origin=None,
        tlp=wanted.tlp,
        status=wanted.status,
        document=write_incident(wanted),
        previous="0" * 64,
        hash="",
    )
    return Case(incident=incident, partner=None, steps=[step], last=step)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("tlp", TLPS)
def test_the_validator_of_stix_takes_every_type_and_colour(kind: IncidentType, tlp: Tlp) -> None:
    case = case_of(record(kind, tlp, narrative="Two plain lines."))

    text = json.dumps(bundle(case, "throughfare.eu"))

    options = stix2validator.ValidationOptions(version="2.1")
    verdict = stix2validator.validate_string(text, options)
    assert verdict.is_valid, [str(one) for one in verdict.errors]
    assert [str(one) for one in verdict.warnings] == []


def test_an_update_replaces_the_objects_of_the_bundle_before() -> None:
    case = case_of(record())
    ids = [{one["id"] for one in bundle(case, "throughfare.eu")["objects"]} for _ in range(2)]  # type: ignore[index, attr-defined]

    assert ids[0] == ids[1]


@pytest.mark.parametrize("kind", TYPES)
def test_the_library_of_misp_loads_every_type(kind: IncidentType) -> None:
    case = case_of(record(kind, "AMBER+STRICT", narrative="Two plain lines."))
    loaded = MISPEvent()

    loaded.from_json(json.dumps(event(case, "throughfare.eu")))

    assert loaded.info == case.record.title
    assert "tlp:amber+strict" in {tag.name for tag in loaded.tags}
    assert any(tag.name.startswith("rsit:") for tag in loaded.tags)
    assert len(loaded.attributes) >= 2
    assert json.loads(loaded.to_json())["info"] == case.record.title
