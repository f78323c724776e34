"""The ticket of a holder: moved to another phone, blocked, drawn as Aztec, printed at home."""

from typing import Any

from flask import Response, make_response, request
from flask.views import MethodView

from ticketing.api.blueprint import ORDER_TOKEN, Blueprint
from ticketing.api.context import rooms
from ticketing.api.guard import for_order
from ticketing.api.limits import limited
from ticketing.api.schemas.tickets import MovedSchema, MoveRequestSchema, SuspensionSchema
from ticketing.errors import NotFound
from ticketing.gate import holder
from ticketing.gate import move as moves
from ticketing.gate import suspend as suspensions
from ticketing.tickets import barcode

blueprint = Blueprint("tickets", __name__, url_prefix="/v1", description="The ticket of a holder")

_TICKET = "/orders/<string:order_id>/tickets/<string:jti>"


@blueprint.route(f"{_TICKET}/move")
class TicketMoves(MethodView):
    """Move tickets."""

    @for_order
    @limited(address="1200 per minute", caller="30 per minute")
    @blueprint.arguments(MoveRequestSchema)
    @blueprint.response(200, MovedSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def post(self, wanted: dict[str, Any], order_id: str, jti: str) -> dict[str, Any]:
        """Bind a ticket to a phone's key; the phone that had it stops working at once. Three times a day at most.

        The code of a group moves whole, and has another number then: `jti` of the answer.
        """
        moved = moves.move(rooms().gatehouse, order_id, jti, wanted["public_key"])
        return {"jti": moved.jti, "token": moved.token, "moves_left": moved.moves_left}


@blueprint.route(f"{_TICKET}/suspension")
class TicketSuspension(MethodView):
    """Block tickets."""

    @for_order
    @limited(address="1200 per minute", caller="30 per minute")
    @blueprint.response(200, SuspensionSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def put(self, order_id: str, jti: str) -> dict[str, Any]:
        """Block a ticket whose phone is lost: no gate opens to it until it is let go again; nothing is paid back.

        The code of a group is blocked with all its tickets; one ticket of a group alone leaves it.
        """
        return {"jti": jti, "status": suspensions.suspend(rooms().gatehouse, order_id, jti)}

    @for_order
    @limited(address="1200 per minute", caller="30 per minute")
    @blueprint.response(200, SuspensionSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def delete(self, order_id: str, jti: str) -> dict[str, Any]:
        """Let a blocked ticket open gates again."""
        return {"jti": jti, "status": suspensions.resume(rooms().gatehouse, order_id, jti)}


@blueprint.route(f"{_TICKET}/aztec.<string:form>")
class AztecCode(MethodView):
    """The code of a ticket as Aztec."""

    @for_order
    @blueprint.file("image/png", "image/svg+xml")
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str, jti: str, form: str) -> Response:
        """Draw the Aztec code of a ticket, or of a group, as `png` or `svg`."""
        token = holder.code_of(rooms().gatehouse, order_id, jti)
        if form not in {"png", "svg"}:
            raise NotFound("there is no such ticket code")
        drawn = barcode.png(token, "aztec") if form == "png" else barcode.svg(token, "aztec")
        response = make_response(drawn)
        response.content_type = "image/png" if form == "png" else "image/svg+xml"
        return response


@blueprint.route(f"{_TICKET}/print.pdf")
class PrintedTicket(MethodView):
    """A ticket on paper."""

    @for_order
    @blueprint.file("application/pdf")
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str, jti: str) -> Response:
        """Print a ticket, or the one code of a group, at home, in the language of Accept-Language; one that is bound to a phone is not paper."""
        from ticketing.tickets import paper  # noqa: PLC0415  the service starts without what draws PDF

        language = str(request.accept_languages.best_match(paper.LANGUAGES, paper.LANGUAGES[0]))
        printable = holder.printable(rooms().gatehouse, order_id, jti, language)
        response = make_response(paper.pdf(printable, language))
        response.content_type = "application/pdf"
        response.headers["Content-Disposition"] = 'inline; filename="ticket.pdf"'
        return response
