"""A confirmation of a delay for tests, and a key that signs such ones."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.ticketing.tickets.mint import NOW
from throughfare_gate.tickets.jwk import VerifyKey
from throughfare_gate.tickets.jws import Signer

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
OWN = Signer("27c", KEY)
OWN_RING = {"27c": VerifyKey("27c", "EdDSA", KEY.public_key())}
LATE: dict[str, Any] = {
    "iss": "throughfare.eu",
    "iat": NOW,
    "region": "helsinki-tallinn",
    "operator": "tallink",
    "operator_name": "Tallink",
    "trip": "TAL-TH-0730",
    "service_date": "2026-10-13",
    "from_stop": "TLL-D",
    "from_name": "Tallinn D-terminal",
    "to_stop": "HEL-LT2",
    "to_name": "Länsiterminaali T2",
    "planned_departure": "2026-10-13T07:30:00+03:00",
    "planned_arrival": "2026-10-13T09:30:00+03:00",
    "arrival": "2026-10-13T10:45:00+03:00",
    "arrival_delay_minutes": 75,
    "cancelled": False,
    "skipped": False,
    "cause": "unknown",
    "evidence": ["0123456789abcdef"],
    "ticket": "AAAAAAAAAAAAAAAAAAAAAA",
}
