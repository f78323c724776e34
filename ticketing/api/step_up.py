"""Step up: the owner of a key gives a code, and the key may approve, export and change accounts for ten minutes."""

from collections.abc import Mapping
from typing import TypedDict

from flask import request
from flask.views import MethodView

from throughfare_gate.moments import written
from ticketing.api.blueprint import Blueprint
from ticketing.api.context import rooms
from ticketing.api.guard import for_roles, principal
from ticketing.api.limits import limited
from ticketing.api.schemas.step_up import StepUpRequestSchema, StepUpSchema
from ticketing.identity import second_factor

blueprint = Blueprint(
    "step_up", __name__, url_prefix="/v1", description="Prove that the owner of a key is there"
)

_KEY: Mapping[str, object] = {"security": [{"apiKey": []}]}


class _Code(TypedDict):
    code: str


@blueprint.route("/step-up")
class StepUp(MethodView):
    """The second factor of a key's owner."""

    @for_roles("finance", "operator_finance", "admin")
    @blueprint.arguments(StepUpRequestSchema)
    @blueprint.response(200, StepUpSchema)
    @blueprint.doc(**_KEY)
    @limited(address="60 per minute", caller="20 per minute")
    def post(self, wanted: _Code) -> Mapping[str, str]:
        """Give the present code of the owner's authenticator app; a code is good once."""
        until = second_factor.prove_key(rooms().staff_desk, principal(), wanted["code"], request.remote_addr)
        return {"until": written(until)}
