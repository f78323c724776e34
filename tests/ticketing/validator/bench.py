"""One gate on a folder, whose clock stands where the test puts it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.ticketing.gate.deciding import facts
from tests.ticketing.tickets.mint import NOW, RING, SIGNER
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import Delta, Facts
from throughfare_gate.tickets.jwk import to_jwk
from throughfare_gate.validator.flap import Answer, Flap
from throughfare_gate.validator.identity import Enrolment
from throughfare_gate.validator.store import Store

PLACE = Enrolment(
    server="http://127.0.0.1:1",
    device_id="device-1",
    name="Kopli 1",
    operator="tlt",
    issuer="throughfare.eu",
    stop_id="09005-1",
)


class Bench:
    """One flap on a folder, whose clock stands where the test puts it."""

    def __init__(self, folder: Path, *, place: Enrolment = PLACE, **changes: Any) -> None:
        self.at = float(NOW)
        self.store = Store(folder / "gate.db")
        self.store.remember(trust=json.dumps({"keys": [to_jwk(RING["26a"])]}))
        self.apply(facts(**{"bundle_keys": RING, "delta": Delta(0, NOW, complete=True), **changes}))
        self.place = place
        self.flap = Flap(place, self.store, now=lambda: self.at)

    def apply(self, told: Facts, at: int = NOW) -> None:
        token = bundles.sign(SIGNER, told, datetime.fromtimestamp(at, UTC))
        self.store.apply(token, bundles.open_bundle(token, RING), "", {"offset": "0"})

    def show(self, code: str, *, seen: bool = True) -> Answer:
        answer, after = self.flap.show(code)
        if seen:
            after()
        return answer

    def restart(self) -> None:
        self.flap = Flap(self.place, self.store, now=lambda: self.at)
