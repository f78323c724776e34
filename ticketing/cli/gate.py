"""`throughfare gate`: decide about a ticket as a gate does."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TextIO

import click

from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import BadBundle, Opened
from throughfare_gate.gate.decision import Decision, Gate, Presented, Seen, Use, decide
from throughfare_gate.gate.usage import told_together
from throughfare_gate.tickets.jwk import BadKey, load_jwks
from ticketing.cli import contract, extras
from ticketing.errors import Fault, InvalidRequest

_KEYS = ("bundle", "trust", "token", "proof", "gate", "at", "seen", "proofs")
_GATE_TEXTS = ("stop_id", "id", "zone", "trip_id")
_GATE_FLAGS = ("inspect", "clock_is_sure")
_GATE_KEYS = ("operator", "leg", "direction", "departure", *_GATE_TEXTS, *_GATE_FLAGS)
_USE_KEYS = ("jti", "leg", "ts", "gate", "kind")
_DIRECTIONS = (None, "in", "out")
_KINDS = ("ride", "transfer", "in", "out")


@click.group(cls=extras.Lending, lent={"vectors": ("ticketing.cli.vectors.commands", "lab")})
def command() -> None:
    """Decide about a ticket as a gate does."""


@command.command("decide")
@click.argument("request", type=contract.RequestFile())
@click.option("--jsonl", is_flag=True, help="One request a line in, one answer a line out.")
def decide_command(request: TextIO, *, jsonl: bool) -> None:
    """Run the very function that gates run.

    REQUEST holds `bundle` (a signed gate bundle), `trust` (the key set that signs bundles), `token` (a ticket,
    or ticket~proof), `proof` (or null), `gate` {operator, stop_id, leg, trip_id, departure}, where trip or planned
    departure name the sailing that is boarding, `at` (a time with its offset) and `seen`, the accepted uses
    that the gate knows: {jti, leg, ts, gate} with ts as a time or POSIX seconds, and gate (or null) the stop
    where it was. A use that the bundle tells as well counts once. `proofs` {jti, nonce} were shown here before.
    A `gate` may also have id, zone, direction, inspect and clock_is_sure.

    \b
    Example:
      throughfare gate decide request.json
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    contract.run(request, answer, jsonl=jsonl)


def answer(document: Any) -> dict[str, Any]:
    """Answer the contract `gate decide`; raises InvalidRequest with every fault and its path."""
    decision = decided(document)
    return {
        "decision": "accept" if decision.admit else "refuse",
        "reason": decision.reason,
        "jti": decision.jti,
    }


def decided(document: Any) -> Decision:
    """Read a request of the contract `gate decide` and decide; raises InvalidRequest with every fault and its path."""
    faults: list[Fault] = []
    if not isinstance(document, dict):
        raise InvalidRequest("the request is not an object", [Fault("", "must be an object")])
    faults.extend(Fault(str(name), "unknown key") for name in document if name not in _KEYS)
    token, proof = document.get("token"), document.get("proof")
    if not isinstance(token, str):
        faults.append(Fault("token", "must be a text"))
    if proof is not None and not isinstance(proof, str):
        faults.append(Fault("proof", "must be a text or null"))
    gate, at = _gate(document.get("gate"), faults), _moment(document.get("at"), "at", faults)
    uses, proofs = _uses(document.get("seen", []), faults), _proofs(document.get("proofs", []), faults)
    loaded = _bundle(document, faults)
    if faults or loaded is None or gate is None or at is None:
        raise InvalidRequest("; ".join(f"{fault.path}: {fault.message}" for fault in faults[:3]), faults)
    presented = Presented.scanned(str(token)) if proof is None else Presented(str(token), proof)
    seen = Seen(told_together(loaded.uses, dict.fromkeys(uses)), frozenset(proofs), loaded.ordered)
    gate = replace(gate, clock_behind_seconds=loaded.bundle.seconds_ahead_of(at))
    return decide(presented, loaded.bundle, seen, at, gate)


def _bundle(document: dict[str, Any], faults: list[Fault]) -> Opened | None:
    trust = document.get("trust")
    try:
        ring = load_jwks(trust if isinstance(trust, dict) else {})
    except BadKey as error:
        faults.append(Fault("trust", str(error)))
        return None
    if not isinstance(document.get("bundle"), str):
        faults.append(Fault("bundle", "must be a text"))
        return None
    try:
        return bundles.open_bundle(document["bundle"], ring)
    except BadBundle as error:
        faults.append(Fault("bundle", str(error)))
        return None


def _gate(value: Any, faults: list[Fault]) -> Gate | None:
    if not isinstance(value, dict):
        faults.append(Fault("gate", "must be an object"))
        return None
    faults.extend(Fault(f"gate.{name}", "unknown key") for name in value if name not in _GATE_KEYS)
    operator, leg = value.get("operator"), value.get("leg")
    if not isinstance(operator, str) or not operator:
        faults.append(Fault("gate.operator", "must be a text that is not empty"))
        return None
    faults.extend(
        Fault(f"gate.{name}", "must be a text or null")
        for name in _GATE_TEXTS
        if not isinstance(value.get(name), str | None)
    )
    if leg is not None and (type(leg) is not int or leg < 0):
        faults.append(Fault("gate.leg", "must be a whole number from 0, or null"))
    if value.get("direction") not in _DIRECTIONS:
        faults.append(Fault("gate.direction", "must be in, out or null"))
    faults.extend(
        Fault(f"gate.{name}", "must be true or false")
        for name in _GATE_FLAGS
        if not isinstance(value.get(name, False), bool)
    )
    departure = value.get("departure")
    return Gate(
        operator=operator,
        stop_id=value.get("stop_id"),
        leg=leg,
        id=value.get("id"),
        zone=value.get("zone"),
        direction=value.get("direction"),
        inspects=value.get("inspect") is True,
        clock_is_sure=value.get("clock_is_sure") is not False,
        trip_id=value.get("trip_id"),
        departure=None if departure is None else _moment(departure, "gate.departure", faults),
    )


def _uses(value: Any, faults: list[Fault]) -> list[Use]:
    if not isinstance(value, list):
        faults.append(Fault("seen", "must be a list"))
        return []
    uses = []
    for number, row in enumerate(value):
        path = f"seen[{number}]"
        if not isinstance(row, dict):
            faults.append(Fault(path, "must be an object"))
            continue
        faults.extend(Fault(f"{path}.{name}", "unknown key") for name in row if name not in _USE_KEYS)
        leg = row.get("leg", 0)
        if not isinstance(row.get("jti"), str):
            faults.append(Fault(f"{path}.jti", "must be a text"))
        if type(leg) is not int or leg < 0:
            faults.append(Fault(f"{path}.leg", "must be a whole number from 0"))
            continue
        if not isinstance(row.get("gate"), str | None):
            faults.append(Fault(f"{path}.gate", "must be a text or null"))
            continue
        kind = row.get("kind", "ride")
        if kind not in _KINDS:
            faults.append(Fault(f"{path}.kind", f"must be one of {', '.join(_KINDS)}"))
            continue
        moment = _moment(row.get("ts"), f"{path}.ts", faults)
        uses.append(Use(str(row.get("jti")), leg, moment or 0, row.get("gate"), kind))
    return uses


def _proofs(value: Any, faults: list[Fault]) -> list[tuple[str, str]]:
    """Read the proofs that were shown before, as pairs of a ticket and a nonce."""
    if not isinstance(value, list):
        faults.append(Fault("proofs", "must be a list"))
        return []
    proofs = []
    for number, row in enumerate(value):
        if isinstance(row, dict) and row.keys() == {"jti", "nonce"} and _are_texts(row.values()):
            proofs.append((row["jti"], row["nonce"]))
        else:
            faults.append(Fault(f"proofs[{number}]", "must be an object with the texts jti and nonce"))
    return proofs


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _moment(value: Any, path: str, faults: list[Fault]) -> int | None:
    """A time with its offset, or POSIX seconds, as POSIX seconds."""
    if type(value) is int and path not in {"at", "gate.departure"}:
        return value
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        faults.append(Fault(path, "must be a time like 2026-03-04T10:05:00Z"))
        return None
    if moment.tzinfo is None:
        faults.append(Fault(path, "needs its offset from UTC"))
        return None
    return int(moment.timestamp())
