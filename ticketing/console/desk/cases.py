"""Show the cases for a person: bookings that an operator keeps, refunds that failed, payments that do not match, disputes."""

from flask import Response, request, url_for

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, page, staff
from ticketing.purchase.gateway import alerts


@blueprint.get("/cases")
@needs("finance", "admin")
def cases() -> str:
    """List what waits, oldest first."""
    return page("cases", here="cases", cases=alerts.list_cases(console().till))


@blueprint.post("/cases/<alert_id>")
@needs("finance")
def act_on_case(alert_id: str) -> Response:
    """Do what the person has decided."""
    doing = request.form.get("doing", "")
    return attempt(
        lambda: alerts.act(console().till, alert_id, doing, staff().name, request.form.get("reason", "")),
        cases,
        to=lambda: url_for("console.cases", done=f"case_{doing}"),
    )
