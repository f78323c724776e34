"""Where payment gateways call: signed reports, and the demo gateway's own page for the buyer's approval."""

import contextlib
from typing import Any

from flask import Blueprint, Response, render_template_string, request
from werkzeug.exceptions import RequestEntityTooLarge

from tariffs.money import Money
from ticketing.api.context import rooms
from ticketing.errors import NotFound, ThroughfareError
from ticketing.payments import Charge, DemoGateway
from ticketing.purchase import reports

blueprint = Blueprint("gateway", __name__)

_MAX_REPORT_BYTES = 256 * 1024

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Demo bank</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:17px/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem;color:#1b2733}
.banner{background:#ffd54d;padding:.6rem .9rem;border-radius:.4rem;font-weight:600}
button{font:inherit;padding:.7rem 1.4rem;border-radius:.4rem;border:1px solid #1b2733;margin-right:.6rem;cursor:pointer}
button[value=yes]{background:#14532d;color:#fff;border-color:#14532d}</style></head>
<body><p class="banner">Demo payment gateway: no money moves</p>
{% if state == "action_required" %}
<h1>Approve {{ amount }}?</h1><p>Your pretended bank asks whether it is you who pays Throughfare.</p>
<form method="post"><button name="answer" value="yes">Approve</button><button name="answer" value="no">Refuse</button></form>
{% else %}<h1>Payment {{ state.replace("_", " ") }}</h1><p>{{ amount }}. You may close this page and go back to the app.</p>{% endif %}
</body></html>"""


@blueprint.post("/v1/webhooks/stripe")
def stripe() -> tuple[dict[str, Any], int]:
    """Take a report in: verified on its raw bytes, stored once, dealt with by the worker."""
    here = rooms()
    if here.till.gateway.name != "stripe":
        raise NotFound("this deployment does not use Stripe")
    if (request.content_length or 0) > _MAX_REPORT_BYTES:
        raise RequestEntityTooLarge
    fresh = reports.receive(here.till, request.get_data(), request.headers.get("Stripe-Signature", ""))
    return {"received": True, "repeated": not fresh}, 200


@blueprint.get("/demo-gateway/<string:charge_id>")
def ask(charge_id: str) -> Response:
    """The page of the demo gateway on which a buyer approves."""
    return _page(_demo().fetch(charge_id))


@blueprint.post("/demo-gateway/<string:charge_id>")
def answer(charge_id: str) -> Response:
    """The buyer's answer; the order is carried on at once, as a report would have it."""
    found = _demo().approve(charge_id, yes=request.form.get("answer") == "yes")
    till = rooms().till
    # What stops the order is carried on by the worker: this page is not where an operator's silence is told.
    with contextlib.suppress(ThroughfareError):
        reports.learn_charge(till, found)
    return _page(found)


def _demo() -> DemoGateway:
    gateway = rooms().till.gateway
    if not isinstance(gateway, DemoGateway):
        raise NotFound("this deployment does not use the demo gateway")
    return gateway


def _page(found: Charge) -> Response:
    amount = Money(found.amount.minor, found.amount.currency)
    html = render_template_string(_PAGE, state=found.state, amount=amount)
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    )
    return response
