"""Receive signed reports from payment gateways."""

from typing import Any

from flask import Blueprint, request
from werkzeug.exceptions import RequestEntityTooLarge

from ticketing.api.context import rooms
from ticketing.errors import NotFound
from ticketing.purchase.gateway import reports

blueprint = Blueprint("gateway", __name__)

_MAX_REPORT_BYTES = 256 * 1024


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
