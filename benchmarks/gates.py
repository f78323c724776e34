"""Gates in figures: decisions a second, online against the least that such an endpoint can do, bundle and list sizes.

`python -m benchmarks.gates` prints them and writes docs/gates-figures.md. Wrong answers fail it.
"""

import os
import platform
import random
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.gate_day import FIGURES, section
from benchmarks.gate_online import online
from benchmarks.gate_refresh import refresh
from benchmarks.harness import race, why_busy
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import Delta, Facts
from throughfare_gate.gate.decision import Bundle, Gate, Policy, Presented, ProductRule, Seen, Use, decide
from throughfare_gate.gate.model import Boarding, Delay, Extras
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.claims import bound_to
from throughfare_gate.tickets.jwk import VerifyKey
from throughfare_gate.tickets.jws import Signer
from ticketing.tickets.issue import TicketOrder, ticket_payload

AT = datetime(2026, 10, 13, 4, 0, tzinfo=UTC)
_HEAD = """# Gates in figures

Written by `python -m benchmarks.gates` (part of `make bench`) on {machine}, Python {python}, {cores} cores, load {load}. Times move
with the machine; ratios are medians over interleaved rounds.

| figure | value |
|---|---:|
"""


def main() -> None:
    """Measure, print, write down."""
    rows = [*decisions(), *list_sizes(), *bundle_sizes(), *online(), *refresh()]
    for name, value in rows:
        print(f"{name:<88} {value:>14}")
    if busy := why_busy():
        print(f"{busy}: {FIGURES} stays as it was.")
        return
    head = _HEAD.format(
        machine=platform.machine(),
        python=platform.python_version(),
        cores=os.cpu_count(),
        load=f"{os.getloadavg()[0]:.1f}",
    )
    body = "".join(f"| {name} | {value} |\n" for name, value in rows)
    day = section(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else ""
    FIGURES.write_text(head + body + day, encoding="utf-8")


def decisions() -> list[tuple[str, str]]:
    """A whole decision against the bare signature, and how its cost grows with what the gate remembers."""
    key = Ed25519PrivateKey.generate()
    ring, signer = {"26a": VerifyKey("26a", "EdDSA", key.public_key())}, Signer("26a", key)
    token = _token(signer, (("tlt", "a", "b"), ("tallink", "c", "d")))
    lists = [status_list.sign(signer, "https://throughfare.eu/s/1", {}, AT)]
    facts = Facts(
        issuer="throughfare.eu",
        operator="tlt",
        version=1,
        ticket_keys=ring,
        status_keys=ring,
        removed=[],
        lists=lists,
        rules={"through": ProductRule()},
        uses=[],
        policy=Policy(),
    )
    held, _ = bundles.read(bundles.sign(signer, facts, AT), ring)
    signed, _, _ = token.rpartition(".")
    raw_signature = key.sign(signed.encode())
    public, shown, now, gate = key.public_key(), Presented(token), int(AT.timestamp()), Gate(operator="tlt")
    empty = Seen()
    crowd = Seen([Use(f"{number:022}", 0, now - number, "g") for number in range(1_000_000)])
    leaves = now + 1800
    sailing, pier = _ferry(signer, facts, leaves), Gate(operator="tallink", stop_id="c", departure=leaves)
    bound = Presented(_token(signer, (("tlt", "a", "b"), ("tallink", "c", "d", bound_to(leaves)))))
    assert decide(shown, held, crowd, now, gate).reason == "ok"
    assert decide(bound, sailing, empty, now, pier).reason == "ok"
    contenders: dict[str, Callable[[], object]] = {
        "raw Ed25519 verify": lambda: public.verify(raw_signature, signed.encode()),
        "decide()": lambda: decide(shown, held, empty, now, gate),
        "decide() among 1,000,000 known uses": lambda: decide(shown, held, crowd, now, gate),
        "decide() of a ticket for one of 40 sailings, half of them late": lambda: decide(
            bound, sailing, empty, now, pier
        ),
    }
    results = race("decide", contenders, calls=60)
    return [
        *(
            (
                f"{found.name}, ratio to the raw signature (spread {found.spread:.0%}, {found.verdict})",
                f"{found.ratio:.2f}",
            )
            for found in results
        ),
        ("decisions a second on one core", f"{1e6 / results[1].microseconds:,.0f}"),
    ]


def _token(signer: Signer, legs: tuple[tuple[str, ...], ...]) -> str:
    order = TicketOrder(
        jti="A" * 22,
        product="through",
        legs=legs,
        passengers=1,
        category=None,
        issued_at=AT,
        not_before=AT,
        expires_at=AT + timedelta(hours=9),
        status_list="1",
        status_index=5,
    )
    return signer.sign(
        "ticket+jwt", ticket_payload(order, "throughfare.eu", "https://throughfare.eu/s/1", demo=False)
    )


def _ferry(signer: Signer, facts: Facts, leaves: int) -> Bundle:
    """Make the bundle of a ferry's gate: three days of sailings, every other one late."""
    departures = [leaves + 3600 * hours for hours in range(40)]
    extras = Extras(
        boarding={"through": Boarding(7200)},
        sailings={f"t{departure}": (("c", departure),) for departure in departures},
        delays={
            ("tallink", "c", departure): Delay(departure + 600, {"d": 600}) for departure in departures[::2]
        },
    )
    told = replace(facts, operator="tallink", extras=extras)
    return bundles.read(bundles.sign(signer, told, AT), facts.status_keys)[0]


def list_sizes() -> list[tuple[str, str]]:
    """One signed list of 2^20 tickets by how many are revoked."""
    signer, chance, rows = Signer("26b", Ed25519PrivateKey.generate()), random.Random(2026), []
    for percent in (0.0, 0.01, 0.1, 1.0, 5.0, 10.0):
        revoked = dict.fromkeys(
            chance.sample(range(status_list.SIZE), int(status_list.SIZE * percent / 100)), 1
        )
        began = time.perf_counter()
        token = status_list.sign(signer, "https://throughfare.eu/s/261013", revoked, AT)
        took = time.perf_counter() - began
        packed = len(zlib.compress(status_list.encode(revoked), 9))
        rows.append(
            (
                f"status list of 1,048,576 tickets, {percent:g} % revoked: compressed / signed / made in",
                f"{packed:,} B / {len(token):,} B / {took * 1000:.0f} ms",
            )
        )
    return rows


def bundle_sizes() -> list[tuple[str, str]]:
    """The bundle that a gate fetches each minute, by tickets alive; 1 % revoked, a minute's uses as the delta."""
    key, chance, rows = Ed25519PrivateKey.generate(), random.Random(7), []
    ring, signer = {"26a": VerifyKey("26a", "EdDSA", key.public_key())}, Signer("26a", key)
    for tickets in (10_000, 100_000, 1_000_000):
        lists = []
        for day in range(3):  # two days of tickets alive, and the list of tomorrow
            alive = min(status_list.SIZE * 8 // 10, tickets // 2) if day < 2 else 0  # noqa: PLR2004
            revoked = dict.fromkeys(chance.sample(range(status_list.SIZE), alive // 100), 1)
            lists.append(status_list.sign(signer, f"https://throughfare.eu/s/2610{13 + day}", revoked, AT))
        minute = max(1, tickets // 2 // (18 * 60))
        uses = [
            Use(f"{chance.getrandbits(128):032x}"[:22], 0, 1_791_864_000, "Kopli 1") for _ in range(minute)
        ]
        facts = Facts(
            issuer="throughfare.eu",
            operator="tlt",
            version=1,
            ticket_keys=ring,
            status_keys=ring,
            removed=[],
            lists=lists,
            rules={"through": ProductRule()},
            uses=uses,
            policy=Policy(),
            bundle_keys=ring,
            delta=Delta(1, 2, complete=True),
        )
        token = bundles.sign(signer, facts, AT)
        began = time.perf_counter()
        bundles.open_bundle(token, ring)
        took = time.perf_counter() - began
        rows.append(
            (
                f"bundle of {tickets:,} live tickets with the delta of a minute ({minute} uses): size / taken in by the gate in",
                f"{len(token) / 1000:,.0f} KB / {took * 1000:.0f} ms",
            )
        )
    return rows


if __name__ == "__main__":
    main()
