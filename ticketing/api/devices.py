"""Gate devices: make a code, enrol by it, list them with their health, revoke a stolen one."""

from typing import Any

from flask.views import MethodView

from throughfare_gate.moments import written
from ticketing.api.blueprint import Blueprint
from ticketing.api.context import OPERATOR_PEOPLE, rooms
from ticketing.api.guard import for_roles, principal
from ticketing.api.limits import limited
from ticketing.api.pages import Page, cut
from ticketing.api.schemas.common import LongPageQuerySchema
from ticketing.api.schemas.devices import (
    DeviceCodeRequestSchema,
    DeviceCodeSchema,
    DeviceRevocationSchema,
    DevicesSchema,
    EnrolmentRequestSchema,
    EnrolmentSchema,
)
from ticketing.gate import devices
from ticketing.gate.devices import Place, shown

blueprint = Blueprint("devices", __name__, url_prefix="/v1", description="The gates of an operator")

_KEY: dict[str, Any] = {"security": [{"apiKey": []}]}


@blueprint.route("/operators/<string:operator>/device-codes")
class DeviceCodes(MethodView):
    """Make enrolment codes."""

    @for_roles("admin", "operator_admin")
    @blueprint.arguments(DeviceCodeRequestSchema)
    @blueprint.response(201, DeviceCodeSchema)
    @blueprint.doc(**_KEY)
    def post(self, wanted: dict[str, Any], operator: str) -> dict[str, Any]:
        """Make a code that enrols one device within ten minutes; an operator's administrator makes them for its own gates."""
        admin = principal()
        code, expires_at = devices.make_code(rooms().gatehouse, operator, Place(**wanted), admin.key_id)
        return {"code": code, "expires_at": written(expires_at)}


@blueprint.route("/devices/enrolments")
class Enrolments(MethodView):
    """Enrol devices."""

    @blueprint.arguments(EnrolmentRequestSchema)
    @blueprint.response(201, EnrolmentSchema)
    @limited(address="30 per minute")
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Turn a code and a device's public key into a device; the code is the credential and works once."""
        code = devices.enrol(
            rooms().gatehouse, wanted["code"], wanted["public_key"], wanted["software"], wanted["format"]
        )
        return {
            "device_id": code.device.id,
            "name": code.device.name,
            "operator": code.device.operator,
            "stop_id": code.device.stop_id,
            "zone": code.device.zone,
            "direction": code.device.direction,
            "issuer": code.issuer,
            "bundle_keys": code.bundle_keys,
            "bundle": code.bundle.token,
        }


@blueprint.route("/operators/<string:operator>/devices")
class Devices(MethodView):
    """An operator's devices."""

    @for_roles("admin", *OPERATOR_PEOPLE)
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, DevicesSchema)
    @blueprint.doc(**_KEY)
    def get(self, page: Page, operator: str) -> dict[str, Any]:
        """List an operator's devices with their health and counters; an operator's people see their own."""
        listed = devices.list_devices(rooms().gatehouse, operator)
        here, following = cut(listed, page, lambda one: one.device.id)
        return {"devices": [shown(found) for found in here], "next": following}


@blueprint.route("/operators/<string:operator>/devices/<string:device_id>/revocation")
class DeviceRevocation(MethodView):
    """Revoke devices."""

    @for_roles("admin", "operator_admin")
    @blueprint.arguments(DeviceRevocationSchema)
    @blueprint.response(204)
    @blueprint.doc(**_KEY)
    def post(self, wanted: dict[str, Any], operator: str, device_id: str) -> None:
        """Revoke a lost or stolen device: refused at once; what it uploads later is kept and flagged."""
        admin = principal()
        devices.revoke(rooms().gatehouse, operator, device_id, wanted["because"], admin.key_id)
