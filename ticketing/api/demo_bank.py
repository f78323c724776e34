"""The demo gateway's own pages: approve a payment as its buyer, dispute it as the cardholder, decide it as the bank."""

import contextlib

from flask import Blueprint, Response, redirect, render_template_string, request
from werkzeug import Response as AnyResponse

from tariffs.money import Money
from ticketing.api.context import rooms
from ticketing.errors import InvalidRequest, NotFound, ThroughfareError
from ticketing.payments import DemoGateway
from ticketing.purchase.gateway import reports

blueprint = Blueprint("demo_bank", __name__, url_prefix="/demo-gateway")

_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Demo bank</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1b2733}
.banner{background:#ffd54d;padding:.6rem .9rem;border-radius:.4rem;font-weight:600}
button{font:inherit;padding:.7rem 1.4rem;border-radius:.4rem;border:1px solid #1b2733;margin:0 .6rem .6rem 0;cursor:pointer;
background:#fff;color:#1b2733}
button[value=yes]{background:#14532d;color:#fff;border-color:#14532d}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem .4rem 0;border-bottom:1px solid #cfd8e0}
</style></head><body><p class="banner">Demo payment gateway: no money moves</p>"""
_ONE = (
    _HEAD
    + """{% if state == "action_required" %}
<h1>Approve {{ amount }}?</h1><p>Your pretended bank asks whether it is you who pays Throughfare.</p>
<form method="post"><button name="answer" value="yes">Approve</button><button name="answer" value="no">Refuse</button></form>
{% else %}<h1>Payment {{ state.replace("_", " ") }}</h1><p>{{ amount }}. You may close this page and go back to the app.</p>{% endif %}
{% if dispute or steps %}<h2>Dispute{{ ": " + dispute if dispute else "" }}</h2>
<form method="post" action="{{ id }}/dispute">{% for step, words in steps %}
<button name="step" value="{{ step }}">{{ words }}</button>{% endfor %}</form>{% endif %}
</body></html>"""
)
_ALL = (
    _HEAD
    + """<h1>Payments to play with</h1>
{% if charges %}<table><tr><th scope="col">Payment</th><th scope="col">Amount</th><th scope="col">State</th></tr>
{% for id, amount, state in charges %}<tr><td><a href="/demo-gateway/{{ id }}">{{ id[-12:] }}</a></td><td>{{ amount }}</td>
<td>{{ state.replace("_", " ") }}</td></tr>{% endfor %}</table>
{% else %}<p>None yet. Pay an order with <code>demo_sca</code> or <code>demo_dispute</code>.</p>{% endif %}</body></html>"""
)
_WORDS = {
    "open": "Complain to the bank",
    "withdrawn": "The bank takes the money back",
    "won": "The bank decides for Throughfare",
    "lost": "The bank decides for the cardholder",
}


@blueprint.get("")
def overview() -> Response:
    """The latest payments that a person can do something with."""
    charges = [
        (one.external_id, Money(one.amount.minor, one.amount.currency), one.state)
        for one in _demo().list_playable()
    ]
    return _page(render_template_string(_ALL, charges=charges))


@blueprint.get("/<string:charge_id>")
def ask(charge_id: str) -> Response:
    """One payment: what its buyer, its cardholder or the bank may say now."""
    return _one(charge_id)


@blueprint.post("/<string:charge_id>")
def answer(charge_id: str) -> Response:
    """The buyer's answer; the order is carried on at once, as a report would have it."""
    found = _demo().approve(charge_id, yes=request.form.get("answer") == "yes")
    till = rooms().till
    # The worker continues a stopped order: this page does not report an operator's silence.
    with contextlib.suppress(ThroughfareError):
        reports.learn_charge(till, found)
    return _one(charge_id)


@blueprint.post("/<string:charge_id>/dispute")
def dispute(charge_id: str) -> AnyResponse:
    """The next step of a dispute, told to the service at once, as a report would have it."""
    step = request.form.get("step", "")
    if step not in _WORDS:
        raise InvalidRequest.at("step", f"must be one of {', '.join(_WORDS)}")
    reports.learn_dispute(rooms().till, _demo().play_dispute(charge_id, step))
    return redirect(f"/demo-gateway/{charge_id}", 303)


def _demo() -> DemoGateway:
    gateway = rooms().till.gateway
    if not isinstance(gateway, DemoGateway):
        raise NotFound("this deployment does not use the demo gateway")
    return gateway


def _one(charge_id: str) -> Response:
    gateway = _demo()
    charge = gateway.fetch(charge_id)
    standing, steps = gateway.dispute_of(charge_id)
    return _page(
        render_template_string(
            _ONE,
            id=charge_id,
            state=charge.state,
            amount=Money(charge.amount.minor, charge.amount.currency),
            dispute=standing,
            steps=[(step, _WORDS[step]) for step in steps],
        )
    )


def _page(html: str) -> Response:
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    )
    return response
