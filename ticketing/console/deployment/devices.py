"""Devices: gates and inspectors' phones of an operator with their health, a link that enrols one, and revocation."""

from dataclasses import dataclass

from flask import Response, g, make_response, request, url_for
from markupsafe import Markup

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs, own
from ticketing.console.pages import attempt, language, page, staff
from ticketing.console.words import text
from ticketing.errors import InvalidRequest, NotFound, ThroughfareError
from ticketing.gate import devices
from ticketing.gate.devices import Place
from ticketing.tickets import barcode

_MOST_LETTERS, _SHORTEST_REASON, _LONGEST_REASON = 40, 3, 200
_DIRECTIONS = ("in", "out")
_MODULE_PIXELS = 6


@dataclass(frozen=True, slots=True)
class Invitation:
    """A code that enrols one device, shown once: as text, as the link of the inspector's app, and as its picture."""

    code: str
    link: str
    picture: str
    expires_at: object


@blueprint.get("/devices")
@needs("finance", "admin", "operator_finance")
def device_list() -> str:
    """List an operator's devices; an operator's staff see their own."""
    return _page()


@blueprint.post("/devices/code")
@needs("finance", "operator_finance")
def invite_device() -> Response:
    """Make a code, and show it with its link: this page alone has them."""
    try:
        operator = _operator()
        code, expires_at = devices.make_code(console().gatehouse, operator, _place(), staff().name)
    except ThroughfareError as error:
        g.problem = error
        return make_response(_page(), console().status_of(error))
    link = f"{request.host_url}inspect/#code={code}"
    # The drawing is our own and holds the link as squares.
    picture = Markup(barcode.svg(link, scale=_MODULE_PIXELS).decode())  # noqa: S704
    invitation = Invitation(code, link, picture, expires_at)
    response = make_response(page("invitation", here="devices", operator=operator, invitation=invitation))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/devices/<device_id>/revocation")
@needs("finance", "operator_finance")
def revoke_device(device_id: str) -> Response:
    """Revoke a lost or stolen device."""

    def act() -> None:
        because = request.form.get("because", "").strip()
        if not _SHORTEST_REASON <= len(because) <= _LONGEST_REASON:
            raise InvalidRequest.at("because", text("device_reason_needed", language()))
        devices.revoke(console().gatehouse, _operator(), device_id, because, staff().name)

    return attempt(
        act, _page, to=lambda: url_for("console.device_list", operator=_operator(), done="device_revoked")
    )


def _page() -> str:
    operator = _operator()
    shown = [devices.shown(state) for state in devices.list_devices(console().gatehouse, operator)]
    operators = [] if staff().principal.operator else _operators()
    return page(
        "devices",
        here="devices",
        operator=operator,
        operators=operators,
        devices=sorted(shown, key=lambda one: one["revoked_at"] is not None),
    )


def _operators() -> list[str]:
    """List the operators of every region of this deployment."""
    regions = console().live.regions.values()
    return sorted({name for region in regions for name in region.data.operators})


def _operator() -> str:
    """The operator of the page: one's own, else the one that is asked for; raises NotFound for one that is none."""
    known = _operators()
    operator = request.values.get("operator") or staff().principal.operator or known[0]
    own(operator)
    if operator not in known:
        raise NotFound(f"no operator {operator}")
    return operator


def _place() -> Place:
    """Read the form; raises InvalidRequest that names the field."""
    name, stop = request.form.get("name", "").strip(), request.form.get("stop", "").strip()
    direction = request.form.get("direction", "")
    if not 1 <= len(name) <= _MOST_LETTERS:
        raise InvalidRequest.at("name", text("device_name_needed", language(), most=_MOST_LETTERS))
    return Place(name, stop or None, None, direction if direction in _DIRECTIONS else None)
