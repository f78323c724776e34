"""Passkeys: make one, sign in with one, forget one."""

from collections.abc import Mapping
from typing import Any

from flask.views import MethodView

from throughfare_gate.moments import written
from ticketing.api.accounts import handed_out
from ticketing.api.blueprint import Blueprint
from ticketing.api.context import rooms
from ticketing.api.guard import for_people, the_person
from ticketing.api.limits import limited
from ticketing.api.pages import Page, cut, id_of
from ticketing.api.schemas.accounts import SignedInSchema
from ticketing.api.schemas.common import LongPageQuerySchema
from ticketing.api.schemas.passkeys import (
    PasskeyAnswerSchema,
    PasskeyOptionsSchema,
    PasskeySchema,
    PasskeysSchema,
    PasskeyWishSchema,
)
from ticketing.identity import Passkey, passkeys

blueprint = Blueprint("passkeys", __name__, url_prefix="/v1", description="Sign in without a password")

_PERSON: Mapping[str, object] = {"security": [{"accessToken": []}]}


@blueprint.route("/me/passkeys/options")
class RegistrationOptions(MethodView):
    """Begin to make a passkey."""

    @for_people
    @blueprint.arguments(PasskeyWishSchema)
    @blueprint.response(200, PasskeyOptionsSchema)
    @blueprint.doc(**_PERSON)
    @limited(address="600 per minute", caller="20 per minute")
    def post(self, _: dict[str, Any]) -> dict[str, Any]:
        """Options for `navigator.credentials.create()`, good for five minutes."""
        return {"public_key": passkeys.offer_registration(rooms().reception, rooms().party, the_person())}


@blueprint.route("/me/passkeys")
class Passkeys(MethodView):
    """The caller's passkeys."""

    @for_people
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, PasskeysSchema)
    @blueprint.doc(**_PERSON)
    def get(self, page: Page) -> dict[str, Any]:
        """List the passkeys of the account."""
        kept, following = cut(passkeys.list_passkeys(rooms().reception, the_person()), page, id_of)
        return {"passkeys": [_shown(one) for one in kept], "next": following}

    @for_people
    @blueprint.arguments(PasskeyAnswerSchema)
    @blueprint.response(201, PasskeySchema)
    @blueprint.doc(**_PERSON)
    @limited(address="600 per minute", caller="20 per minute")
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Keep the passkey that the browser or the app has made."""
        caller = the_person()
        return _shown(
            passkeys.register(rooms().reception, rooms().party, caller, wanted["credential"], wanted["label"])
        )


@blueprint.route("/me/passkeys/<string:passkey_id>")
class PasskeyOne(MethodView):
    """One passkey."""

    @for_people
    @blueprint.response(204)
    @blueprint.doc(**_PERSON)
    def delete(self, passkey_id: str) -> None:
        """Forget a passkey: it signs nobody in any more."""
        passkeys.remove_passkey(rooms().reception, the_person(), passkey_id)


@blueprint.route("/sign-in/passkey/options")
class SignInOptions(MethodView):
    """Begin to sign in with a passkey."""

    @blueprint.arguments(PasskeyWishSchema)
    @blueprint.response(200, PasskeyOptionsSchema)
    @limited(address="20 per minute")
    def post(self, _: dict[str, Any]) -> dict[str, Any]:
        """Options for `navigator.credentials.get()`, good for five minutes; the device shows its passkeys."""
        return {"public_key": passkeys.offer_sign_in(rooms().reception, rooms().party)}


@blueprint.route("/sign-in/passkey")
class SignIn(MethodView):
    """Sign in with a passkey."""

    @blueprint.arguments(PasskeyAnswerSchema)
    @blueprint.response(201, SignedInSchema)
    @limited(address="20 per minute")
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Sign in with what `navigator.credentials.get()` has given."""
        return handed_out(
            passkeys.sign_in(rooms().reception, rooms().party, wanted["credential"], label=wanted["label"])
        )


def _shown(one: Passkey) -> dict[str, Any]:
    return {
        "id": one.id,
        "label": one.label,
        "created_at": written(one.created_at),
        "used_at": written(one.used_at) if one.used_at else None,
    }
