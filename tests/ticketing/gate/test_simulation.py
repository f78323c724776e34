"""A day at the gates, small: no copy is missed once everything is told, no honest passenger is refused or accused."""

import json
import os
import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from tests.ticketing.gate.simulation import RULES, START, Plan, Press, play, pure_day, settle, timetable
from tests.ticketing.gate.stock import put_ticket
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.tickets.jwk import load_jwks
from throughfare_gate.tickets.jws import Signer
from throughfare_gate.validator.flap import Flap
from throughfare_gate.validator.identity import Enrolment
from throughfare_gate.validator.store import Store
from ticketing.clock import FixedClock
from ticketing.config import DEMO_PASSPHRASE
from ticketing.db import Database
from ticketing.db.ticket import tickets, uses
from ticketing.gate.house import Gatehouse
from ticketing.gate.publish import bundle
from ticketing.gate.upload import Sender, Told, upload
from ticketing.tickets import issue
from ticketing.tickets.keys import KeyStore


@pytest.mark.parametrize("seed", [1, 2])
def test_no_copy_is_missed_and_no_honest_passenger_refused(seed: int) -> None:
    outcome = pure_day(Plan(passengers=1500, gates=12, cheats=0.1, seed=seed))

    assert (outcome.missed, outcome.accused, dict(outcome.honest_refusals)) == (0, 0, {})
    assert outcome.counts["prevented"] + outcome.counts["detected"] == outcome.counts["copies"] > 50
    assert outcome.counts["prevented"] > 0 < outcome.counts["detected"]


@pytest.mark.soak
def test_a_day_at_fifty_gates() -> None:
    seed = secrets.randbelow(1 << 31) if os.environ.get("SOAK") else 3
    outcome = pure_day(Plan(passengers=200_000 if os.environ.get("SOAK") else 1500, seed=seed))

    assert (outcome.missed, outcome.accused, dict(outcome.honest_refusals)) == (0, 0, {}), f"seed {seed}"
    assert outcome.counts["copies"] > 5


class RealGate:
    """The validator's own flap and file, and the server's own upload and bundle; only the network is left out."""

    def __init__(self, number: int, house: Gatehouse, clock: FixedClock, folder: Path, error: int) -> None:
        self._house, self._clock, self._error = house, clock, error
        self._at = float(START)
        folder.mkdir()
        self._store = Store(folder / "gate.db")
        self._store.remember(trust=json.dumps(house.keys.jwks("bundle")), cursor="0")
        self._sender = Sender(f"gate-{number}", "tlt")
        place = Enrolment(
            server="-",
            device_id=f"gate-{number}",
            name=f"Gate {number}",
            operator="tlt",
            issuer=house.press.issuer,
        )
        self._flap = Flap(place, self._store, now=lambda: self._at + error)
        self._fetch()

    def show(self, code: str, at: float) -> tuple[bool, str]:
        self._at = at
        answer, after = self._flap.show(code)
        after()
        return answer.admit, answer.reason

    def sync(self, at: float) -> Sequence[tuple[str, int]]:
        self._clock.set(datetime.fromtimestamp(at, UTC))
        waiting = self._store.list_untold(500)
        told = [
            Told(
                scan_id=scan.scan_id,
                seq=scan.seq,
                jti=scan.jti,
                leg=scan.leg or 0,
                device_ts=scan.device_ts,
                clock_offset=scan.clock_offset,
                decision="accept" if scan.admitted else "refuse",
                reason=scan.reason,
                bundle_version=scan.bundle_version,
            )
            for scan in waiting
        ]
        if told:
            upload(self._house.database, self._clock, self._sender, told, RULES)
            self._store.mark_told([scan.scan_id for scan in waiting], int(at))
        self._fetch()
        return [(scan.jti, scan.at) for scan in waiting]

    def _fetch(self) -> None:
        made = bundle(self._house, "tlt", int(self._store.state("cursor") or 0))
        opened = bundles.open_bundle(made.token, load_jwks(self._house.keys.jwks("bundle")), "tlt")
        assert opened.delta is not None
        values = {"cursor": str(opened.delta.cursor), "offset": str(-self._error)}
        self._store.apply(made.token, opened, made.etag, values)
        self._flap.load()

    def close(self) -> None:
        self._store.close()


def test_the_real_service_and_the_real_validator_play_the_same_day(
    database: Database, tmp_path: Path
) -> None:
    clock, chance = FixedClock(datetime.fromtimestamp(START, UTC)), Random(11)
    keys = KeyStore(tmp_path / "keys", DEMO_PASSPHRASE)
    keys.create_missing(clock.now())
    press = issue.Press(keys, "throughfare.eu", "https://throughfare.eu", demo=False)
    house = Gatehouse(database=database, clock=clock, keys=keys, press=press, accept_demo=False, rules=RULES)
    plan = Plan(passengers=60, gates=4, cheats=0.25, seed=11, sync_seconds=3600)
    signer = Signer(*keys.signer_key("ticket"))
    events = list(timetable(plan, chance, Press(signer, press.status_uri("261013"))))
    for traveller in {event.traveller.jti: event.traveller for event in events if event.traveller}.values():
        put_ticket(database, traveller.jti, at=clock.now(), token=traveller.token)
    gates = [
        RealGate(number, house, clock, tmp_path / f"gate{number}", chance.randint(-120, 120))
        for number in range(4)
    ]

    outcome, travellers = play(plan, gates, chance, events)

    with database.read() as tx:
        found = Counter(double.jti for double in uses.list_double_uses(tx, list(travellers)))
        held = {jti: tickets.find_ticket(tx, jti) for jti in travellers}
    settle(outcome, travellers, found)
    for gate in gates:
        gate.close()
    assert all(held.values())
    assert (outcome.missed, outcome.accused, dict(outcome.honest_refusals)) == (0, 0, {})
    assert outcome.counts["prevented"] + outcome.counts["detected"] == outcome.counts["copies"] > 5
