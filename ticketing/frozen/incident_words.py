"""The words of incidents: eight types, the states, TLP 2.0, and the classes of RSIT that they map to."""

from collections.abc import Mapping
from typing import Literal

IncidentType = Literal[
    "signing_key_leaked",
    "forged_or_cloned_tickets",
    "gate_or_validator_outage",
    "wrong_tariff_or_price",
    "personal_data_breach",
    "payment_fraud_wave",
    "supplier_or_software_vulnerability",
    "other_failure",
]
# The phases of ISO/IEC 27035-1:2023 as states; `closed` needs lessons.
IncidentStatus = Literal["suspected", "confirmed", "contained", "closed", "false_alarm"]
# Traffic Light Protocol 2.0 (FIRST), from the widest circle to the narrowest.
Tlp = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]

# Reference Security Incident Taxonomy: class and type as MISP writes them.
RSIT_OF: Mapping[str, str] = {
    "signing_key_leaked": "information-content-security:data-leak",
    "forged_or_cloned_tickets": "fraud:masquerade",
    "gate_or_validator_outage": "availability:outage",
    "wrong_tariff_or_price": "availability:misconfiguration",
    "personal_data_breach": "information-content-security:unauthorised-information-access",
    "payment_fraud_wave": "fraud:unauthorised-use-of-resources",
    "supplier_or_software_vulnerability": "vulnerable:vulnerable-system",
    "other_failure": "other:other",
}
RSIT = tuple(RSIT_OF.values())
