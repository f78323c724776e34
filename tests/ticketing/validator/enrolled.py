"""An enrolled gate that has a bundle of now, and no server."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.ticketing.gate.deciding import facts
from tests.ticketing.tickets.mint import RING, SIGNER, URI, ticket
from tests.ticketing.validator.bench import PLACE
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import Delta
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.jwk import to_jwk
from throughfare_gate.validator import identity as identities
from throughfare_gate.validator.store import Store


def enrolled(folder: Path, *, has_bundle: bool = True) -> Path:
    """Make a folder of a gate."""
    identities.make_key(folder)
    identities.keep(folder, PLACE)
    now = datetime.now(UTC)
    store = Store(folder / "gate.db")
    store.remember(trust=json.dumps({"keys": [to_jwk(RING["26a"])]}))
    if has_bundle:
        told = facts(
            bundle_keys=RING,
            delta=Delta(0, int(now.timestamp()), complete=True),
            lists=[status_list.sign(SIGNER, URI, {}, now)],
        )
        token = bundles.sign(SIGNER, told, now)
        store.apply(token, bundles.open_bundle(token, RING), "", {"offset": "0"})
    store.close()
    return folder


def ticket_of_now(letter: str = "A", **claims: Any) -> str:
    """Sign a ticket that is good for an hour."""
    now = int(time.time())
    return ticket(jti=letter * 22, **{"iat": now - 60, "nbf": now - 60, "exp": now + 3600, **claims})
