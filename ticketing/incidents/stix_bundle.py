"""Write an incident as a bundle of STIX 2.1 (OASIS), which tools of security teams read.

The library `stix2` knows TLP 1.0 alone: the markings here are those of the OASIS extension for TLP 2.0, by their fixed ids. The
ids of the other objects are made of the incident's, so that an update replaces what was imported before.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ticketing.frozen import Tlp
from ticketing.incidents.reporting import Case

_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_MARKINGS: Mapping[Tlp, str] = {
    "CLEAR": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_NAMESPACE = "throughfare incidents"
_ACTIONS: Mapping[str, str] = {
    "signing_key_leaked": "Take the key out of every gate; sign the tickets of honest holders anew.",
    "forged_or_cloned_tickets": "Put the tickets on the status list; tell inspectors the sign by which they know them.",
    "gate_or_validator_outage": "Expect late uploads; let gates decide longer by the list that they hold.",
    "wrong_tariff_or_price": "Freeze the version; give back what was paid too much; correct the settlement.",
    "personal_data_breach": "Tell the authority within 72 hours; tell the persons where their risk is high.",
    "payment_fraud_wave": "Tighten the rule; suspend the tickets; issue none before the payment is proven.",
    "supplier_or_software_vulnerability": "Upgrade to the fixed version, or take the part off the network.",
    "other_failure": "Sell and check without the part that failed until it answers again.",
}
Object = Mapping[str, object]


def bundle(case: Case, scheme: str) -> dict[str, object]:
    """Write the last record of an incident: the scheme, the incident, its facts as a note, and what to do."""
    record, incident_id = case.record, case.incident.id
    issuer = case.partner.issuer if case.partner else scheme
    created = _written(case.incident.opened_at)
    common = {
        "spec_version": "2.1",
        "created": created,
        "modified": max(created, _written(case.last.at)),
        "created_by_ref": _id("identity", issuer),
        "object_marking_refs": [_MARKINGS[record.tlp]],
    }
    incident, measure = _id("incident", incident_id), _id("course-of-action", record.type)
    identity = {
        "type": "identity",
        "id": _id("identity", issuer),
        "spec_version": "2.1",
        "created": created,
        "modified": created,
        "name": issuer,
        "identity_class": "organization",
        "sectors": ["transportation"],
        "object_marking_refs": [_MARKINGS["CLEAR"]],
    }
    listed: Sequence[Object] = [
        marking(record.tlp),
        *([] if record.tlp == "CLEAR" else [marking("CLEAR")]),
        identity,
        {
            **common,
            "type": "incident",
            "id": incident,
            "name": record.title,
            **({"description": record.narrative} if record.narrative else {}),
            "labels": [
                record.type.replace("_", "-"),
                record.status.replace("_", "-"),
                f"severity-{record.severity}",
            ],
            "external_references": [{"source_name": "throughfare", "external_id": incident_id}],
        },
        {
            **common,
            "type": "note",
            "id": _id("note", incident_id),
            "abstract": "Facts, as the machine has them",
            "content": json.dumps(case.last.document["facts"], sort_keys=True, ensure_ascii=False),
            "object_refs": [incident],
        },
        {
            **common,
            "type": "course-of-action",
            "id": measure,
            "name": _ACTIONS[record.type].partition(";")[0].rstrip("."),
            "description": _ACTIONS[record.type],
        },
        {
            **common,
            "type": "relationship",
            "id": _id("relationship", incident_id),
            "relationship_type": "related-to",
            "source_ref": measure,
            "target_ref": incident,
        },
    ]
    return {"type": "bundle", "id": _id("bundle", case.last.id), "objects": list(listed)}


def marking(tlp: Tlp) -> dict[str, object]:
    """Write the marking of a colour of TLP 2.0, as OASIS publishes it."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _MARKINGS[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp}",
        "extensions": {_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.lower()}},
    }


def _id(kind: str, of: str) -> str:
    """Make the id of an object; the specification wants the form of a random UUID (version 4)."""
    content = hashlib.sha256(f"{_NAMESPACE} {kind} {of}".encode()).digest()
    return f"{kind}--{uuid.UUID(bytes=content[:16], version=4)}"


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
