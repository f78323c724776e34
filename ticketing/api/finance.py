"""Finance staff after the close: steps of a run, files, bank accounts, the bank's statement, disputed lines."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask.views import MethodView

from ticketing.api.blueprint import IDEMPOTENCY_KEY, Blueprint
from ticketing.api.context import once, rooms
from ticketing.api.guard import for_roles, principal
from ticketing.api.pages import Page, cut, page_of
from ticketing.api.schemas.common import LongPageQuerySchema
from ticketing.api.schemas.finance import (
    AnswerRequestSchema,
    BankAccountRequestSchema,
    BankAccountSchema,
    BankAccountsSchema,
    BookingRequestSchema,
    BookingSchema,
    ClearingRequestSchema,
    DisputeRequestSchema,
    DisputeSchema,
    DisputesSchema,
    FileQuerySchema,
    ImportSchema,
    LinesQuerySchema,
    RegionQuerySchema,
    ReviewSchema,
    StepRequestSchema,
    TrailSchema,
    UnbookingRequestSchema,
)
from ticketing.settlement import bank, claims, outlook, payout, service
from ticketing.settlement.statement import exported_parts, statement_parts

blueprint = Blueprint("finance", __name__, url_prefix="/v1", description="Approve, pay, reconcile, dispute")

_KEY: Mapping[str, object] = {"security": [{"apiKey": []}]}
_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@blueprint.route("/settlement-runs/<string:run_id>/steps")
class Steps(MethodView):
    """The steps of a run, with the person who took each."""

    @for_roles("finance", "admin")
    @blueprint.response(200, TrailSchema)
    @blueprint.doc(**_KEY)
    def get(self, run_id: str) -> dict[str, Any]:
        """Read the steps of a run and its files."""
        return claims.show_trail(*service.get_trail(rooms().office, run_id))

    @for_roles("finance", steps_up=True)
    @blueprint.arguments(StepRequestSchema)
    @blueprint.response(201, TrailSchema)
    @blueprint.doc(**IDEMPOTENCY_KEY, **_KEY)
    def post(self, wanted: dict[str, Any], run_id: str) -> Any:
        """Take a run a step further: approved (by another key, with the digest), exported, sent; rejected, voided."""
        finance = principal()
        desk = rooms().office

        def act(_remember: Any) -> dict[str, Any]:
            _take(run_id, wanted, finance.actor)
            return claims.show_trail(*service.get_trail(desk, run_id))

        answer = once(f"key:{finance.key_id}", f"POST /v1/settlement-runs/{run_id}/steps", wanted, act)
        return answer.body, 201, {"Idempotent-Replayed": "true"} if answer.replayed else {}


def _take(run_id: str, wanted: dict[str, Any], by: str) -> None:
    desk, step = rooms().office, wanted["step"]
    if step == "approved":
        payout.approve(desk, run_id, by, wanted["digest"])
    elif step == "exported":
        outlook.export_unless_held(desk, run_id, by, desk.files, despite=wanted["reason"])
    elif step == "sent":
        payout.mark_sent(desk, run_id, by, wanted["message_id"])
    else:
        (payout.reject if step == "rejected" else payout.void)(desk, run_id, by, wanted["reason"])


@blueprint.route("/settlement-runs/<string:run_id>/files")
class File(MethodView):
    """An exported file."""

    @for_roles("finance", "admin", steps_up=True)
    @blueprint.arguments(FileQuerySchema, location="query")
    @blueprint.file("application/octet-stream")
    @blueprint.doc(**_KEY)
    def get(self, query: dict[str, Any], run_id: str) -> Response:
        """Fetch a file of an exported run by its name in the list, as it was written."""
        content = exported_parts(rooms().office, run_id, query["name"])
        return Response(content, content_type="application/octet-stream")


def _statement(run_id: str, operator: str, form: str) -> Response:
    language = request.accept_languages.best_match(["en", "et", "fi", "sv"], "en")
    content = statement_parts(rooms().office, run_id, operator, form, language=language or "en")
    return Response(content, content_type=_TYPES[form])


@blueprint.route("/settlement-runs/<string:run_id>/statements/<string:operator>.pdf")
class StatementPdf(MethodView):
    """One operator's statement to print."""

    @for_roles("finance", "operator_finance")
    @blueprint.file(_TYPES["pdf"])
    @blueprint.doc(**_KEY)
    def get(self, run_id: str, operator: str) -> Response:
        """Fetch one operator's statement as PDF; its own finance staff see no other."""
        return _statement(run_id, operator, "pdf")


@blueprint.route("/settlement-runs/<string:run_id>/statements/<string:operator>.xlsx")
class StatementWorkbook(MethodView):
    """One operator's statement to calculate with."""

    @for_roles("finance", "operator_finance")
    @blueprint.file(_TYPES["xlsx"])
    @blueprint.doc(**_KEY)
    def get(self, run_id: str, operator: str) -> Response:
        """Fetch one operator's statement as a workbook; its own finance staff see no other."""
        return _statement(run_id, operator, "xlsx")


@blueprint.route("/bank-accounts")
class BankAccounts(MethodView):
    """The bank accounts on which parties are paid."""

    @for_roles("finance", "admin")
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, BankAccountsSchema)
    @blueprint.doc(**_KEY)
    def get(self, page: Page) -> dict[str, Any]:
        """List every account with what became of it."""
        found, following = cut(payout.list_accounts(rooms().office), page, lambda one: one[0].id)
        shown = [claims.show_account(account, state) for account, state in found]
        return {"accounts": shown, "next": following}

    @for_roles("finance", steps_up=True)
    @blueprint.arguments(BankAccountRequestSchema)
    @blueprint.response(201, BankAccountSchema)
    @blueprint.doc(**IDEMPOTENCY_KEY, **_KEY)
    def post(self, wanted: dict[str, Any]) -> Any:
        """Enter an account; it is in force once another person approves it."""
        finance = principal()
        given = dict(wanted)

        def act(_remember: Any) -> dict[str, Any]:
            party, iban = given.pop("party"), given.pop("iban")
            made = payout.enter_account(rooms().office, party, iban, by=finance.actor, **given)
            return claims.show_account(made, "waiting")

        answer = once(f"key:{finance.key_id}", "POST /v1/bank-accounts", wanted, act)
        return answer.body, 201, {"Idempotent-Replayed": "true"} if answer.replayed else {}


@blueprint.route("/bank-accounts/<string:account_id>/approval")
class BankAccountApproval(MethodView):
    """The second pair of eyes."""

    @for_roles("finance", steps_up=True)
    @blueprint.response(200, BankAccountSchema)
    @blueprint.doc(**_KEY)
    def post(self, account_id: str) -> dict[str, Any]:
        """Put an account in force; the person who entered it may not."""
        finance = principal()
        return claims.show_account(
            payout.approve_account(rooms().office, account_id, finance.actor), "in force"
        )


@blueprint.route("/bank-statements")
class BankStatements(MethodView):
    """The bank's files."""

    @for_roles("finance")
    @blueprint.arguments(RegionQuerySchema, location="query")
    @blueprint.response(200, ImportSchema)
    @blueprint.doc(
        **_KEY, requestBody={"content": {"application/xml": {"schema": {"type": "string"}}}, "required": True}
    )
    def post(self, query: dict[str, Any]) -> dict[str, Any]:
        """Import a statement (camt.053): what matches is booked, the rest is told. Importing it again changes nothing.

        A report or a notification (camt.052, camt.054) tells early what the statement will bring, and books nothing.
        An answer to a payment file (pain.002) makes the payments that the bank has refused owed again.
        """
        request.max_content_length = bank.MAX_BYTES
        where, content, actor = (rooms().office, query["region"]), request.get_data(), principal().actor
        if bank.is_answer(content):
            return claims.show_answers(bank.take_answer(*where, content, actor))
        return claims.show_statement(bank.take_statement(*where, content, actor))


@blueprint.route("/bank-lines")
class BankLines(MethodView):
    """The lines of the bank that are still open."""

    @for_roles("finance", "admin")
    @blueprint.arguments(LinesQuerySchema, location="query")
    @blueprint.response(200, ReviewSchema)
    @blueprint.doc(**_KEY)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the lines that are not booked, each with the reason, what is on no line, and what waits on suspense."""
        findings, absent = bank.review(rooms().office, query["region"])
        lines, following = cut(findings, page_of(query), lambda found: found.line.id)
        waiting = bank.list_suspense(rooms().office, query["region"])
        return {
            "lines": [claims.show_finding(found) for found in lines],
            "next": following,
            "missing": [claims.show_absent(wanted) for wanted in absent],
            "suspense": [claims.show_waiting(found) for found in waiting],
        }


@blueprint.route("/bank-lines/<string:line_id>/booking")
class BankLineBooking(MethodView):
    """A person's decision about a line."""

    @for_roles("finance")
    @blueprint.arguments(BookingRequestSchema)
    @blueprint.arguments(RegionQuerySchema, location="query")
    @blueprint.response(200, BookingSchema)
    @blueprint.doc(**_KEY)
    def post(self, wanted: dict[str, Any], query: dict[str, Any], line_id: str) -> dict[str, Any]:
        """Book a line; a line is booked once, and a difference goes to suspense."""
        finance = principal()
        booking = bank.book_line(
            rooms().office,
            query["region"],
            line_id,
            wanted["book_as"],
            by=finance.actor,
            reason=wanted["reason"],
            reference=wanted["reference"],
        )
        return {"line": booking.line_id, "booked_as": booking.kind}


@blueprint.route("/bank-lines/<string:line_id>/unbooking")
class BankLineUnbooking(MethodView):
    """A decision that is taken back."""

    @for_roles("finance")
    @blueprint.arguments(UnbookingRequestSchema)
    @blueprint.arguments(RegionQuerySchema, location="query")
    @blueprint.response(200, BookingSchema)
    @blueprint.doc(**_KEY)
    def post(self, wanted: dict[str, Any], query: dict[str, Any], line_id: str) -> dict[str, Any]:
        """Take back what was done last with a line: its booking, or the clearing of its suspense."""
        finance = principal()
        made = bank.unbook_line(
            rooms().office, query["region"], line_id, by=finance.actor, reason=wanted["reason"]
        )
        return {"line": made.line_id, "booked_as": made.kind}


@blueprint.route("/bank-lines/<string:line_id>/clearing")
class BankLineClearing(MethodView):
    """Book money on suspense to its owner."""

    @for_roles("finance")
    @blueprint.arguments(ClearingRequestSchema)
    @blueprint.arguments(RegionQuerySchema, location="query")
    @blueprint.response(200, BookingSchema)
    @blueprint.doc(**_KEY)
    def post(self, wanted: dict[str, Any], query: dict[str, Any], line_id: str) -> dict[str, Any]:
        """Take what a line left on suspense off it; the person who booked the line may not."""
        finance = principal()
        clearing = bank.clear_suspense(
            rooms().office,
            query["region"],
            line_id,
            wanted["clear_as"],
            by=finance.actor,
            reason=wanted["reason"],
        )
        return {"line": clearing.line_id, "booked_as": clearing.kind}


@blueprint.route("/settlement-runs/<string:run_id>/disputes")
class RunDisputes(MethodView):
    """Lines that are wrong."""

    @for_roles("operator_finance", "finance")
    @blueprint.arguments(DisputeRequestSchema)
    @blueprint.response(201, DisputeSchema)
    @blueprint.doc(**_KEY)
    def post(self, wanted: dict[str, Any], run_id: str) -> dict[str, Any]:
        """Dispute a line of one's own statement, once, with the reason."""
        staff = principal().require_operator(wanted["operator"])
        case = claims.open_dispute(
            rooms().office,
            run_id,
            wanted["operator"],
            wanted["line"],
            by=staff.actor,
            reason=wanted["reason"],
        )
        return claims.show_case(case)


@blueprint.route("/disputes")
class Disputes(MethodView):
    """Disputes with their trails."""

    @for_roles("operator_finance", "finance", "admin")
    @blueprint.arguments(LongPageQuerySchema, location="query")
    @blueprint.response(200, DisputesSchema)
    @blueprint.doc(**_KEY)
    def get(self, page: Page) -> dict[str, Any]:
        """List disputes: an operator's finance staff see their own, and those that it bears."""
        listed = claims.list_cases(rooms().office, principal().operator)
        cases, following = cut(listed, page, lambda case: case.dispute.id)
        return {"disputes": [claims.show_case(case) for case in cases], "next": following}


@blueprint.route("/disputes/<string:dispute_id>/answer")
class DisputeAnswer(MethodView):
    """The other side's word."""

    @for_roles("finance", steps_up=True)
    @blueprint.arguments(AnswerRequestSchema)
    @blueprint.response(200, DisputeSchema)
    @blueprint.doc(**_KEY)
    def post(self, wanted: dict[str, Any], dispute_id: str) -> dict[str, Any]:
        """Answer, for good: the line `stands`, or an `amount` corrects it by an entry of the open month."""
        finance = principal()
        return claims.show_case(claims.answer(rooms().office, dispute_id, by=finance.actor, **wanted))
