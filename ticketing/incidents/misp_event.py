"""Write an incident as an event of MISP, the tool in which railways share: JSON that `Import event` takes."""

import uuid
from collections.abc import Mapping

from ticketing.incidents.reporting import Case

_NAMESPACE = uuid.UUID("6f0d4b1e-5c1c-5a37-9f6e-0e1f7c2d8a90")
# MISP: 1 high, 2 medium, 3 low, 4 undefined; by our severity.
_THREAT = ("4", "3", "2", "1", "1")
_ANALYSIS: Mapping[str, str] = {
    "suspected": "0",
    "confirmed": "1",
    "contained": "1",
    "closed": "2",
    "false_alarm": "2",
}


def event(case: Case, scheme: str) -> dict[str, object]:
    """Write the last record of an incident; the organisation that imports it decides about its distribution."""
    record = case.record
    kind, _, word = record.rsit.partition(":")
    facts = case.last.document["facts"]
    attributes = [
        _attribute(case, name, value)
        for name, value in (facts.items() if isinstance(facts, dict) else ())
        if value not in (None, [], "")
    ]
    tags = [
        f"tlp:{record.tlp.lower()}",
        f'rsit:{kind}="{word}"',
        'nis2:impact-sectors-impacted="transport"',
        f"throughfare:type={record.type}",
    ]
    return {
        "Event": {
            "uuid": str(uuid.uuid5(_NAMESPACE, case.incident.id)),
            "info": record.title,
            "date": f"{record.occurred_at:%Y-%m-%d}",
            "timestamp": str(int(case.last.at.timestamp())),
            "threat_level_id": _THREAT[record.severity],
            "analysis": _ANALYSIS[record.status],
            "distribution": "0",
            "published": False,
            "Orgc": {
                "name": case.partner.issuer if case.partner else scheme,
                "uuid": str(uuid.uuid5(_NAMESPACE, case.partner.issuer if case.partner else scheme)),
            },
            "Tag": [{"name": tag} for tag in tags],
            "Attribute": [*attributes, *_words(case)],
        }
    }


def _words(case: Case) -> list[dict[str, object]]:
    texts = {"narrative": case.record.narrative, "lessons": case.record.lessons}
    return [_attribute(case, name, text) for name, text in texts.items() if text]


def _attribute(case: Case, name: str, value: object) -> dict[str, object]:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return {
        "uuid": str(uuid.uuid5(_NAMESPACE, f"{case.incident.id} {name}")),
        "type": "comment" if name in {"narrative", "lessons"} else "text",
        "category": "Other",
        "to_ids": False,
        "disable_correlation": False,
        "value": text,
        "comment": name,
        "timestamp": str(int(case.last.at.timestamp())),
    }
