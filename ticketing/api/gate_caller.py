"""Who calls for a gate: an enrolled device with a token of its own key, or an API key of the role gate."""

from dataclasses import dataclass

from flask import current_app

from ticketing.api.context import bearer, caller, rooms
from ticketing.errors import NotAllowed, TooManyRequests
from ticketing.gate import devices
from ticketing.gate.credentials import Span
from ticketing.gate.devices import Device

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
        """Whether this is a device that was reported lost or stolen."""
        return self.device is not None and self.device.revoked_at is not None


def gate_caller(*, revoked_too: bool = False) -> GateCaller:
    """The gate that calls; raises NotAuthenticated, or NotAllowed for a revoked device and for other roles."""
    return _recognise(bearer(), revoked_too=revoked_too)[0]


def presenting_gate() -> GateCaller:
    """The gate that presents a ticket, from memory where this process has recognised its token before.

    Only for the room that asks again, in the transaction of its answer, whether key or device is still good.
    """
    token, house = bearer(), rooms().gatehouse
    held: GateCaller | None = house.recognised.find(token, house.clock.now())
    if held is None:
        held, span = _recognise(token, revoked_too=False)
        house.recognised.keep(token, held, span)
    _keep_pace(held)
    return held


def _keep_pace(gate: GateCaller) -> None:
    """Raise TooManyRequests for a gate that presents more than any flap could open."""
    if not current_app.config["RATELIMIT_ENABLED"]:
        return
    here, most = rooms(), _DEVICE_A_MINUTE if gate.device else _KEY_A_MINUTE
    now = int(here.clock.now().timestamp())
    wait = here.pace.wait_seconds(here.counters, f"gate:{gate.key_id}", most, now)
    if wait:
        raise TooManyRequests("this gate presents too many tickets", wait)


def require_operator(found: GateCaller, operator: str) -> GateCaller:
    """Raise NotAllowed when the gate belongs to another operator."""
    if found.operator != operator:
        raise NotAllowed("this gate belongs to another operator")
    return found


def _recognise(token: str, *, revoked_too: bool) -> tuple[GateCaller, Span]:
    if token.count(".") != _JWS_DOTS:
        key = caller().require("gate")
        return GateCaller(key.key_id, str(key.operator)), Span()
    device, span = devices.authenticate(rooms().gatehouse, token)
    if device.revoked_at is not None and not revoked_too:
        raise NotAllowed("this device is revoked")
    return GateCaller(device.id, device.operator, device), span
