"""Accounts: sign in, devices, phones, entitlements, what is known of somebody, and forgetting it."""

import functools
from collections.abc import Mapping
from typing import Any

from flask import Response, after_this_request, json, make_response, request
from flask.views import MethodView

from tariffs.money import Money
from throughfare_gate.moments import written
from ticketing.api.blueprint import Blueprint
from ticketing.api.context import rooms
from ticketing.api.guard import for_people, the_person
from ticketing.api.limits import limited
from ticketing.api.pages import Page, cut, id_of
from ticketing.api.schemas.accounts import (
    AccountSchema,
    CredentialsSchema,
    EntitlementSchema,
    EntitlementsSchema,
    MyOrdersSchema,
    PasswordChangeSchema,
    PhoneRequestSchema,
    PhoneSchema,
    PhonesSchema,
    ProofRequestSchema,
    ProviderQuerySchema,
    ProviderSchema,
    RefreshRequestSchema,
    RegistrationSchema,
    SignedInDevicesSchema,
    SignedInSchema,
)
from ticketing.api.schemas.common import LongPageQuerySchema
from ticketing.errors import NotAuthenticated, NotFound
from ticketing.identity import Entitlement, Phone, SignedIn, people, privacy, proofs
from ticketing.identity.access_token import LIFE
from ticketing.identity.oidc import Begun, Provider
from ticketing.purchase import service as purchase

blueprint = Blueprint("accounts", __name__, url_prefix="/v1", description="Accounts and what belongs to them")

# The cookie of a browser that has begun to sign in at an identity provider.
_BINDING = "throughfare_sign_in"
_PERSON: Mapping[str, object] = {"security": [{"accessToken": []}]}


@blueprint.route("/accounts")
class Accounts(MethodView):
    """Make accounts."""

    @blueprint.arguments(RegistrationSchema)
    @blueprint.response(201, SignedInSchema)
    @limited(address="10 per minute")
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Make an account and sign in."""
        made = people.register(
            rooms().reception,
            wanted["email"],
            wanted["password"],
            language=wanted["language"],
            label=wanted["label"],
        )
        return handed_out(made)


@blueprint.route("/sessions")
class Sessions(MethodView):
    """Sign in and out; the devices that are signed in."""

    @blueprint.arguments(CredentialsSchema)
    @blueprint.response(201, SignedInSchema)
    @limited(address="20 per minute")
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Sign in with a password."""
        return handed_out(
            people.sign_in(
                rooms().reception,
                wanted["email"],
                wanted["password"],
                label=wanted["label"],
                address=request.remote_addr,
            )
        )

    @for_people
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, SignedInDevicesSchema)
    @blueprint.doc(**_PERSON)
    def get(self, page: Page) -> dict[str, Any]:
        """List the devices that are signed in."""
        caller = the_person()
        devices, following = cut(people.list_devices(rooms().reception, caller), page, id_of)
        return {
            "devices": [
                {
                    "id": one.id,
                    "label": one.label,
                    "current": one.id == caller.session_id,
                    "created_at": written(one.created_at),
                    "used_at": written(one.used_at),
                }
                for one in devices
            ],
            "next": following,
        }

    @for_people
    @blueprint.response(204)
    @blueprint.doc(**_PERSON)
    def delete(self) -> None:
        """Sign out everywhere."""
        people.sign_out_everywhere(rooms().reception, the_person())


@blueprint.route("/sessions/refresh")
class Refresh(MethodView):
    """Stay signed in."""

    @blueprint.arguments(RefreshRequestSchema)
    @blueprint.response(200, SignedInSchema)
    @limited(address="600 per minute")
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Exchange the refresh token for the next pair; a token that is used twice ends the session."""
        return handed_out(people.refresh(rooms().reception, wanted["refresh_token"]))


@blueprint.route("/sessions/<string:session_id>")
class SessionOne(MethodView):
    """One device."""

    @for_people
    @blueprint.response(204)
    @blueprint.doc(**_PERSON)
    def delete(self, session_id: str) -> None:
        """Sign one device out; `current` is the one that calls."""
        caller = the_person()
        people.sign_out(rooms().reception, caller, None if session_id == "current" else session_id)


@blueprint.route("/sign-in/provider")
class ProviderBegin(MethodView):
    """Sign in at an identity provider."""

    @blueprint.response(200, ProviderSchema)
    @limited(address="20 per minute")
    def post(self) -> dict[str, Any]:
        """Begin: the answer is where to send the browser; what comes back must bring the cookie, or `binding` in a header."""
        begun = _provider().begin(rooms().reception)
        after_this_request(functools.partial(_bound, begun=begun))
        return {"url": begun.url, "binding": begun.binding}


@blueprint.route("/sign-in/provider/callback")
class ProviderCallback(MethodView):
    """The address to which the provider sends the browser back."""

    @limited(address="20 per minute")
    @blueprint.arguments(ProviderQuerySchema, location="query")
    @blueprint.response(200, SignedInSchema)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Finish: exchange the code and sign in; the first time an account is made."""
        if "error" in wanted:
            raise NotAuthenticated("the identity provider did not sign in: " + wanted["error"][:60])
        signed_in = _provider().finish(
            rooms().reception,
            state=wanted["state"],
            code=wanted["code"],
            label="identity provider",
            binding=request.headers.get("Sign-In-Binding", ""),
            cookie=request.cookies.get(_cookie_of(wanted["state"]), ""),
        )
        return handed_out(signed_in)


@blueprint.route("/me")
class Me(MethodView):
    """The caller's account."""

    @for_people
    @blueprint.response(200, AccountSchema)
    @blueprint.doc(**_PERSON)
    def get(self) -> dict[str, Any]:
        """Read the account."""
        found = people.get_person(rooms().reception, the_person())
        return {
            "id": found.id,
            "email": found.email,
            "email_confirmed": found.confirmed_at is not None,
            "language": found.language,
            "created_at": written(found.created_at),
        }

    @for_people
    @blueprint.response(204)
    @blueprint.doc(**_PERSON)
    def delete(self) -> None:
        """Forget this account for good: address, password, devices, phones, entitlements. Tickets stay valid."""
        privacy.erase(rooms().privacy, the_person())


@blueprint.route("/me/password")
class Password(MethodView):
    """The caller's password."""

    @for_people
    @blueprint.arguments(PasswordChangeSchema)
    @blueprint.response(204)
    @blueprint.doc(**_PERSON)
    @limited(address="600 per minute", caller="10 per minute")
    def put(self, wanted: dict[str, Any]) -> None:
        """Change the password; every other device is signed out."""
        people.change_password(
            rooms().reception, the_person(), wanted["old_password"], wanted["new_password"]
        )


@blueprint.route("/me/export")
class Export(MethodView):
    """Export the caller's own data."""

    @for_people
    @blueprint.file("application/json")
    @blueprint.doc(**_PERSON)
    def get(self) -> Response:
        """Answer all data that are kept of the caller, as one JSON document."""
        document = privacy.export(rooms().privacy, the_person())
        response = make_response(json.dumps(document, ensure_ascii=False, indent=1))
        response.content_type = "application/json"
        response.headers["Content-Disposition"] = 'attachment; filename="throughfare-export.json"'
        return response


@blueprint.route("/me/orders")
class MyOrders(MethodView):
    """The caller's orders."""

    @for_people
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, MyOrdersSchema)
    @blueprint.doc(**_PERSON)
    def get(self, page: Page) -> dict[str, Any]:
        """List the orders of the account, newest first."""
        orders, following = cut(purchase.list_orders_of(rooms().till, the_person().person_id), page, id_of)
        return {
            "orders": [
                {
                    "id": one.id,
                    "state": one.state,
                    "total": Money(one.total_minor, one.currency).as_dict(),
                    "created_at": written(one.created_at),
                }
                for one in orders
            ],
            "next": following,
        }


@blueprint.route("/me/phones")
class Phones(MethodView):
    """The caller's phones."""

    @for_people
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, PhonesSchema)
    @blueprint.doc(**_PERSON)
    def get(self, page: Page) -> dict[str, Any]:
        """List the phones of the account."""
        phones, following = cut(people.list_phones(rooms().reception, the_person()), page, id_of)
        return {"phones": [_phone(one) for one in phones], "next": following}

    @for_people
    @limited(address="600 per minute", caller="20 per minute")
    @blueprint.arguments(PhoneRequestSchema)
    @blueprint.response(201, PhoneSchema)
    @blueprint.doc(**_PERSON)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Bind a phone's public key to the account."""
        caller = the_person()
        return _phone(people.add_phone(rooms().reception, caller, wanted["label"], json.dumps(wanted["key"])))


@blueprint.route("/me/phones/<string:phone_id>")
class PhoneOne(MethodView):
    """One phone."""

    @for_people
    @blueprint.response(204)
    @blueprint.doc(**_PERSON)
    def delete(self, phone_id: str) -> None:
        """Take a phone away."""
        people.remove_phone(rooms().reception, the_person(), phone_id)


@blueprint.route("/me/entitlements")
class Entitlements(MethodView):
    """The entitlements that the caller has proven."""

    @for_people
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, EntitlementsSchema)
    @blueprint.doc(**_PERSON)
    def get(self, page: Page) -> dict[str, Any]:
        """List the entitlements of the account."""
        proven, following = cut(proofs.list_proofs(rooms().proofs, the_person()), page, id_of)
        return {"entitlements": [_entitlement(one) for one in proven], "next": following}

    @for_people
    @blueprint.arguments(ProofRequestSchema)
    @blueprint.response(201, EntitlementSchema)
    @blueprint.doc(**_PERSON)
    @limited(address="600 per minute", caller="20 per minute")
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Add a signed proof; only its category, its last day and its hash are kept."""
        caller = the_person()
        return _entitlement(proofs.add_proof(rooms().proofs, caller, wanted["proof"]))


@blueprint.route("/me/entitlements/<string:entitlement_id>")
class EntitlementOne(MethodView):
    """One entitlement."""

    @for_people
    @blueprint.response(204)
    @blueprint.doc(**_PERSON)
    def delete(self, entitlement_id: str) -> None:
        """Forget a proof."""
        proofs.remove_proof(rooms().proofs, the_person(), entitlement_id)


def _provider() -> Provider:
    found = rooms().provider
    if found is None:
        raise NotFound("no identity provider is configured here")
    return found


def _bound(response: Response, *, begun: Begun) -> Response:
    """Bind a sign-in to this browser: it comes back from the provider with this cookie, and no other browser does."""
    response.set_cookie(
        _cookie_of(begun.state),
        begun.cookie,
        max_age=600,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=rooms().is_https,
    )
    return response


def _cookie_of(state: str) -> str:
    """Name the cookie of a sign-in, so that two that run beside each other keep their own."""
    return f"{'__Host-' if rooms().is_https else ''}{_BINDING}_{state[:12]}"


def handed_out(made: SignedIn) -> dict[str, Any]:
    """Answer the tokens that a device holds after it has signed in."""
    return {
        "account_id": made.person_id,
        "session_id": made.session_id,
        "access_token": made.access_token,
        "token_type": "Bearer",
        "expires_in": int(LIFE.total_seconds()),
        "refresh_token": made.refresh_token,
    }


def _phone(one: Phone) -> dict[str, Any]:
    return {"id": one.id, "label": one.label, "created_at": written(one.created_at)}


def _entitlement(one: Entitlement) -> dict[str, Any]:
    return {"id": one.id, "claim": one.claim, "issuer": one.issuer, "valid_until": one.valid_until}
