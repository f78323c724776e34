"""Recognise the caller for a gate: an enrolled device with a token of its own key, or an API key of the role gate."""

from dataclasses import dataclass
from typing import cast

from flask import g, request

from ticketing.api.again import FAILED
from ticketing.api.context import bearer, caller, rooms
from ticketing.api.guard import guarded
from ticketing.api.limits import count_caller, is_enabled
from ticketing.errors import NotAllowed, TooManyRequests
from ticketing.gate import devices
from ticketing.gate.credentials import Span
from ticketing.gate.devices import Device
from ticketing.rooms import Rooms

_JWS_DOTS = 2
# A device is one flap; a key may stand for all the gates of an operator.
_DEVICE_A_MINUTE = 300
_KEY_A_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class GateCaller:
    """A gate that calls; `device` is None for an API key, which may stand for many gates."""

    key_id: str
    operator: str
    device: Device | None = None

    @property
    def is_revoked(self) -> bool:
        """True where this is a device that was reported lost or stolen."""
        return self.device is not None and self.device.revoked_at is not None


def _gate(**_: str) -> None:
    g.gate = _recognise(bearer(), revoked_too=False)[0]
    count_caller(f"gate:{g.gate.key_id}")


def _gate_or_revoked(**_: str) -> None:
    g.gate = _recognise(bearer(), revoked_too=True)[0]
    count_caller(f"gate:{g.gate.key_id}")


def _presenting_gate(**_: str) -> None:
    """Recognise the gate that presents a ticket, from memory where this process has recognised its token before.

    Only for the room that asks again, in the transaction of its answer, whether key or device is still good.
    """
    token, house = bearer(), rooms().gatehouse
    held: GateCaller | None = house.recognised.find(token, house.clock.now())
    if held is None:
        held, span = _recognise(token, revoked_too=False)
        house.recognised.keep(token, held, span)
    _keep_pace(held)
    g.gate = held


def _bundle_reader(operator: str, **_: str) -> None:
    """A gate of the operator, or an administrator's key."""
    g.gate = None
    if bearer().startswith("tf_"):
        caller().require("gate", "admin").require_operator(operator)
        return
    _gate()
    if g.gate.operator != operator:
        raise NotAllowed("this gate belongs to another operator")


for_gates = guarded(_gate)
for_gates_and_revoked = guarded(_gate_or_revoked)
for_presenting_gates = guarded(_presenting_gate)
for_bundle = guarded(_bundle_reader)


def the_gate() -> GateCaller:
    """The gate that calls, which one of the checks above has let in."""
    return cast("GateCaller", g.gate)


def the_device() -> Device | None:
    """The enrolled device that asks for a bundle; None for an API key."""
    return the_gate().device if g.gate else None


def _keep_pace(gate: GateCaller) -> None:
    """Raise TooManyRequests for a gate that presents more than any flap could open."""
    if not is_enabled() or FAILED in request.environ:
        return
    wait = wait_of_gate(rooms(), gate)
    if wait:
        raise TooManyRequests("this gate presents too many tickets", wait)


def wait_of_gate(here: Rooms, gate: GateCaller) -> int:
    """Count what a gate presents; the seconds that it has to wait, 0 for none."""
    most = _DEVICE_A_MINUTE if gate.device else _KEY_A_MINUTE
    now = int(here.clock.now().timestamp())
    return here.pace.wait_seconds(here.counters, f"gate:{gate.key_id}", most, now)


def _recognise(token: str, *, revoked_too: bool) -> tuple[GateCaller, Span]:
    if token.count(".") != _JWS_DOTS:
        key = caller().require("gate")
        return GateCaller(key.key_id, str(key.operator)), Span()
    device, span = devices.authenticate(rooms().gatehouse, token)
    if device.revoked_at is not None and not revoked_too:
        raise NotAllowed("this device is revoked")
    return GateCaller(device.id, device.operator, device), span
