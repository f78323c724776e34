"""Claims: a holder reads and opens them, the operator that bears them contests, finance staff rule."""

from typing import Any

from flask.views import MethodView

from ticketing import claims, guarantees
from ticketing.api.blueprint import ORDER_TOKEN, Blueprint
from ticketing.api.context import rooms
from ticketing.api.guard import for_order, for_roles, principal
from ticketing.api.language import language
from ticketing.api.limits import limited
from ticketing.api.schemas.claims import (
    AccountRequestSchema,
    AccountWanted,
    ClaimRequestSchema,
    ClaimSchema,
    ClaimsQuery,
    ClaimsQuerySchema,
    ClaimsSchema,
    ClaimWanted,
    ContestRequestSchema,
    ContestScoresSchema,
    ContestWanted,
    GuaranteeCasesSchema,
    HolderClaimSchema,
    HolderClaimsSchema,
    RulingRequestSchema,
    RulingWanted,
)

blueprint = Blueprint("claims", __name__, url_prefix="/v1", description="Passengers' claims")

_KEY: dict[str, Any] = {"security": [{"apiKey": []}]}


@blueprint.route("/orders/<string:order_id>/claims")
class OrderClaims(MethodView):
    """The claims of an order."""

    @for_order
    @blueprint.response(200, HolderClaimsSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str) -> dict[str, object]:
        """List the claims of an order: they open by themselves two hours after a run should have arrived."""
        return {"claims": claims.list_of_order(rooms().claims, order_id, language())}

    @for_order
    @limited(address="600 per minute", caller="30 per minute")
    @blueprint.arguments(ClaimRequestSchema)
    @blueprint.response(201, HolderClaimSchema)
    @blueprint.alt_response(200, schema=HolderClaimSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def post(self, wanted: ClaimWanted, order_id: str) -> Any:
        """Open the claim of a passenger's leg; 200 with the claim that there is, by whomever it was opened."""
        desk, spoken = rooms().claims, language()
        claim, is_new = claims.open_for_holder(desk, order_id, wanted["passenger"], wanted["leg"], spoken)
        return claims.show_to_holder(desk, claim, spoken), 201 if is_new else 200


@blueprint.route("/orders/<string:order_id>/guarantee-cases")
class OrderGuaranteeCases(MethodView):
    """The missed connections of an order that were guaranteed."""

    @for_order
    @blueprint.response(200, GuaranteeCasesSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str) -> dict[str, object]:
        """List the guaranteed connections that were missed: decided by themselves two hours after the passenger should have arrived."""
        return {"cases": guarantees.list_shown(rooms().claims, order_id)}


@blueprint.route("/orders/<string:order_id>/claims/<string:claim_id>/account")
class OrderClaimAccount(MethodView):
    """The account to which a claim is paid that no payment can give back."""

    @for_order
    @limited(address="600 per minute", caller="30 per minute")
    @blueprint.arguments(AccountRequestSchema)
    @blueprint.response(200, HolderClaimSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def post(self, wanted: AccountWanted, order_id: str, claim_id: str) -> dict[str, object]:
        """Give the account for a claim whose state is `needs_account`; no answer shows it again."""
        desk = rooms().claims
        claim = claims.give_account(desk, order_id, claim_id, iban=wanted["iban"], name=wanted["name"])
        return claims.show_to_holder(desk, claim, language())


@blueprint.route("/claims")
class Claims(MethodView):
    """Claims that operators bear."""

    @for_roles("operator_finance", "finance", "admin")
    @blueprint.arguments(ClaimsQuerySchema, location="query")
    @blueprint.response(200, ClaimsSchema)
    @blueprint.doc(**_KEY)
    def get(self, query: ClaimsQuery) -> dict[str, object]:
        """List claims, oldest first; an operator's finance staff see their own."""
        staff = principal()
        return claims.list_for_staff(
            rooms().claims, staff.operator, query["state"], query["after"], query["limit"]
        )


@blueprint.route("/operators/<string:operator>/contests")
class OperatorContests(MethodView):
    """The contests that an operator has won and lost."""

    @blueprint.response(200, ContestScoresSchema)
    def get(self, operator: str) -> dict[str, object]:
        """Count the contests of an operator by month and reason, for everybody: those that were proven, and those that were not."""
        return {"operator": operator, "months": claims.list_scores(rooms().claims, operator)}


@blueprint.route("/claims/<string:claim_id>/contest")
class ClaimContest(MethodView):
    """The operator's word against a claim."""

    @for_roles("operator_finance")
    @blueprint.arguments(ContestRequestSchema)
    @blueprint.response(200, ClaimSchema)
    @blueprint.doc(**_KEY)
    def post(self, wanted: ContestWanted, claim_id: str) -> dict[str, object]:
        """Contest a proposed claim of one's own operator, with a reason and what proves it; silence pays."""
        staff = principal()
        word = claims.Contest(**wanted, by=staff.actor)
        claim = claims.contest(rooms().claims, claim_id, staff.operator, word)
        return claims.show_to_staff(rooms().claims, claim)


@blueprint.route("/claims/<string:claim_id>/ruling")
class ClaimRuling(MethodView):
    """The decision about a contest."""

    @for_roles("finance", steps_up=True)
    @blueprint.arguments(RulingRequestSchema)
    @blueprint.response(200, ClaimSchema)
    @blueprint.doc(**_KEY)
    def post(self, wanted: RulingWanted, claim_id: str) -> dict[str, object]:
        """Rule on a claim that was contested, or that waits for its times: it is paid, or refused with its article."""
        verdict = claims.Verdict(
            ruling=wanted["ruling"],
            reason=wanted["reason"],
            by=principal().actor,
            minutes=wanted["arrival_delay_minutes"],
        )
        claim = claims.rule(rooms().claims, claim_id, verdict)
        return claims.show_to_staff(rooms().claims, claim)
