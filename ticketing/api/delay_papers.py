"""Papers for carriers: the signed confirmation of a delay, and the form of a claim."""

from flask import Response, make_response
from flask.views import MethodView

from ticketing import delay_papers
from ticketing.api.blueprint import ORDER_TOKEN, Blueprint
from ticketing.api.context import rooms
from ticketing.api.guard import for_order
from ticketing.api.language import language
from ticketing.api.limits import limited
from ticketing.api.schemas.delay_papers import (
    CheckRequestSchema,
    CheckSchema,
    CheckWanted,
    ClaimFormSchema,
    ConfirmableLegsSchema,
    ConfirmationQuery,
    ConfirmationQuerySchema,
    ConfirmationSchema,
    FormQuery,
    FormQuerySchema,
)

blueprint = Blueprint(
    "delay_papers", __name__, url_prefix="/v1", description="Confirmations of delays and forms of claims"
)

_ORDER = "/orders/<string:order_id>"
_CONFIRMATIONS = f"{_ORDER}/delay-confirmations"
_CLAIM = f"{_ORDER}/claims/<string:claim_id>"
JWKS = "/.well-known/delay-confirmation-jwks.json"


@blueprint.route(_CONFIRMATIONS)
class Confirmations(MethodView):
    """The delays of an order's rides that can be confirmed."""

    @for_order
    @blueprint.response(200, ConfirmableLegsSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str) -> dict[str, object]:
        """List the legs whose run is proven late or cancelled; those of which words contradict each other say so."""
        legs = delay_papers.list_of_order(rooms().claims, order_id)
        return {"legs": [delay_papers.show_leg(leg, language()) for leg in legs]}


@blueprint.route(f"{_CONFIRMATIONS}/<int:leg>")
class DelayConfirmation(MethodView):
    """The signed confirmation of a leg."""

    @for_order
    @limited(address="600 per minute", caller="60 per minute")
    @blueprint.arguments(ConfirmationQuerySchema, location="query")
    @blueprint.response(200, ConfirmationSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, query: ConfirmationQuery, order_id: str, leg: int) -> dict[str, object]:
        """Sign what is proven of a leg now; after a correction the next answer says otherwise, with a later `iat`."""
        signed = delay_papers.confirm(rooms().claims, order_id, leg, **query)
        return delay_papers.show_signed(signed, language())


@blueprint.route(f"{_CONFIRMATIONS}/<int:leg>/print.pdf")
class PrintedConfirmation(MethodView):
    """The signed confirmation of a leg on paper."""

    @for_order
    @limited(address="600 per minute", caller="60 per minute")
    @blueprint.arguments(ConfirmationQuerySchema, location="query")
    @blueprint.file("application/pdf")
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, query: ConfirmationQuery, order_id: str, leg: int) -> Response:
        """Print the confirmation with the token as a code, in the language of Accept-Language."""
        from ticketing.delay_papers.confirmation_pdf import confirmation_pdf  # noqa: PLC0415  the service starts without what draws PDF

        desk = rooms().claims
        signed = delay_papers.confirm(desk, order_id, leg, **query)
        keys = f"{desk.till.press.public_url}{JWKS}"
        return _pdf(
            confirmation_pdf(signed.token, signed.confirmed, language(), keys), "delay-confirmation.pdf"
        )


@blueprint.route("/delay-confirmations/check")
class ConfirmationCheck(MethodView):
    """The check of a confirmation."""

    @limited(address="120 per minute")
    @blueprint.arguments(CheckRequestSchema)
    @blueprint.response(200, CheckSchema)
    def post(self, wanted: CheckWanted) -> dict[str, object]:
        """Check a confirmation that somebody shows, and hold it against what is proven now; no key is needed."""
        return delay_papers.show_check(delay_papers.check(rooms().claims, wanted["token"]), language())


@blueprint.route(f"{_CLAIM}/form")
class ClaimForm(MethodView):
    """The form of a claim."""

    @for_order
    @blueprint.response(200, ClaimFormSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str, claim_id: str) -> dict[str, object]:
        """Fill in the form of a claim for a carrier that insists on one: the common form for rail, else the same data."""
        form = delay_papers.form_of_claim(rooms().claims, order_id, claim_id, language())
        return delay_papers.show_form(form)


@blueprint.route(f"{_CLAIM}/form.pdf")
class PrintedClaimForm(MethodView):
    """The form of a claim on paper."""

    @for_order
    @blueprint.file("application/pdf")
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str, claim_id: str) -> Response:
        """Print the form of a claim, in the language of Accept-Language."""
        return _printed(delay_papers.form_of_claim(rooms().claims, order_id, claim_id, language()))


@blueprint.route(f"{_ORDER}/claim-form")
class LegForm(MethodView):
    """The form for a leg."""

    @for_order
    @blueprint.arguments(FormQuerySchema, location="query")
    @blueprint.response(200, ClaimFormSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, query: FormQuery, order_id: str) -> dict[str, object]:
        """Fill in the form for a passenger's leg, also before there is a claim."""
        form = delay_papers.form_of_leg(
            rooms().claims, order_id, query["passenger"], query["leg"], language()
        )
        return delay_papers.show_form(form)


@blueprint.route(f"{_ORDER}/claim-form.pdf")
class PrintedLegForm(MethodView):
    """The form for a leg on paper."""

    @for_order
    @blueprint.arguments(FormQuerySchema, location="query")
    @blueprint.file("application/pdf")
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, query: FormQuery, order_id: str) -> Response:
        """Print the form for a passenger's leg, in the language of Accept-Language."""
        return _printed(
            delay_papers.form_of_leg(rooms().claims, order_id, query["passenger"], query["leg"], language())
        )


def _printed(form: delay_papers.Form) -> Response:
    from ticketing.delay_papers.form_pdf import form_pdf  # noqa: PLC0415  the service starts without what draws PDF

    return _pdf(form_pdf(form), "claim-form.pdf")


def _pdf(content: bytes, name: str) -> Response:
    response = make_response(content)
    response.content_type = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
