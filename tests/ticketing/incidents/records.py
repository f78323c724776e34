"""Records of each type of incident, for the tests."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

from ticketing.frozen import RSIT_OF, IncidentRecord, IncidentStatus, IncidentType, Tlp, read_facts

AT = datetime(2026, 10, 13, 2, 10, tzinfo=UTC)
KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
DEVICE = "019a1b2c-3d4e-7f60-8a9b-0c1d2e3f4a5b"
TYPES: tuple[IncidentType, ...] = get_args(IncidentType)
TLPS: tuple[Tlp, ...] = get_args(Tlp)
FACTS: dict[str, dict[str, Any]] = {
    "signing_key_leaked": {
        "kid": KID,
        "withdrawn_at": AT.isoformat(),
        "tickets_signed": 4711,
        "reissued": 12,
    },
    "forged_or_cloned_tickets": {
        "operator": "tlt",
        "product": "through",
        "kid": KID,
        "channel": "app",
        "ticket_hashes": ["ab" * 32],
        "devices": [DEVICE],
        "scans": 40,
        "double_uses": 3,
    },
    "gate_or_validator_outage": {
        "operator": "tlt",
        "devices": [DEVICE],
        "firmware": "0.2.0",
        "silent_since": AT.isoformat(),
        "degrade": "fail_open",
        "passengers_by_hand": 80,
    },
    "wrong_tariff_or_price": {
        "region": "helsinki-tallinn",
        "tariff_version": "0123456789abcdef",
        "operators": ["hsl", "tlt"],
        "sold_from": AT.isoformat(),
        "tickets_sold": 300,
        "over_minor": 4500,
        "currency": "EUR",
    },
    "personal_data_breach": {"data_set": "orders", "categories": ["e_mail", "journeys"], "persons": 20},
    "payment_fraud_wave": {"channel": "app", "rule": "debit_unproven", "chargebacks": 9, "currency": "EUR"},
    "supplier_or_software_vulnerability": {
        "package": "cryptography",
        "version": "46.0.1",
        "fixed_version": "46.0.3",
        "cve": "CVE-2026-12345",
        "exposure": "internet",
        "is_exploited": True,
        "measure_at": AT.isoformat(),
    },
    "other_failure": {
        "failure": "connector_down",
        "operator": "tallink",
        "since": AT.isoformat(),
        "failures": 31,
    },
}


def record(
    kind: IncidentType = "signing_key_leaked",
    tlp: Tlp = "AMBER",
    status: IncidentStatus = "confirmed",
    **more: Any,
) -> IncidentRecord:
    """A record of a type."""
    made = IncidentRecord(
        type=kind,
        title="A key that signs tickets is withdrawn",
        status=status,
        severity=3,
        tlp=tlp,
        occurred_at=AT,
        aware_at=AT,
        facts=read_facts(kind, FACTS[kind]),
        rsit=RSIT_OF[kind],
    )
    return replace(made, **more)
