"""Answer public questions: the service's health, the keys that sign its tickets, the tickets that are revoked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, jsonify, make_response, request

from throughfare_gate.gate import sentences
from throughfare_gate.moments import written
from ticketing.api.apart import Apart, Silent
from ticketing.api.conditional import conditional
from ticketing.api.context import rooms
from ticketing.api.metrics import prometheus
from ticketing.gate import publish as gates
from ticketing.purchase import words
from ticketing.purchase.gateway import alerts
from ticketing.purchase.gateway.alerts import WorkerSeen
from ticketing.rooms import Rooms
from ticketing.tickets.keys import Kind

blueprint = Blueprint("wellknown", __name__)

# Less than what probes commonly wait for.
_HEALTH_SECONDS, _READY_SECONDS = 0.5, 3.0
_APART = "throughfare_apart"


@dataclass(frozen=True, slots=True)
class _Asked:
    """The questions to the database, which may never answer them."""

    worker: Apart[WorkerSeen | None]
    checks: Apart[dict[str, Any]]


def register(app: Flask, here: Rooms) -> None:
    """Serve these pages; their questions to the database wait on threads of their own."""
    app.extensions[_APART] = _Asked(
        worker=Apart(lambda: alerts.worker_seen(here.till), _HEALTH_SECONDS),
        checks=Apart(here.readiness, _READY_SECONDS),
    )
    app.register_blueprint(blueprint)


def _apart() -> _Asked:
    return cast("_Asked", current_app.extensions[_APART])


@blueprint.get("/healthz")
def health() -> Response:
    """The process answers; stand-ins announce themselves, and so do a worker that is silent and what the environment lacks.

    A worker that does not run makes nobody unready: what is sold is sold. Where the database does not answer within
    a moment, nothing is told of the worker.
    """
    here = rooms()
    try:
        worker = _apart().worker.answer()
    except Silent:
        worker = None
    return jsonify(
        {
            "status": "ok",
            "stand_ins": list(here.warnings),
            "needs_a_look": list(here.connectors.gaps),
            "worker": worker and {"last_seen": worker.at and written(worker.at), "silent": worker.silent},
        }
    )


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """The service can do its work: database migrated and taking writes, region loaded, keys there.

    A region whose folder cannot be used now is named, and makes nobody unready: it is served as it was, or the others are.
    """
    here = rooms()
    try:
        checks: dict[str, Any] = _apart().checks.answer()
    except Silent:
        checks = {"database": False}
    good = all(checks.values())
    state = {"status": "ready" if good else "not ready", "checks": checks}
    sick = {"sick_regions": dict(here.sick_regions)} if here.sick_regions else {}
    return jsonify({**state, **sick}), 200 if good else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """The figures for Prometheus; not public."""
    return prometheus()


@blueprint.get("/.well-known/jwks.json")
@conditional
def jwks() -> Response:
    """The public keys that verify tickets (RFC 7517)."""
    return _key_set("ticket")


@blueprint.get("/.well-known/gate-bundle-jwks.json")
@conditional
def bundle_jwks() -> Response:
    """The public keys that verify gate bundles: what a gate trusts."""
    return _key_set("bundle")


@blueprint.get("/.well-known/status-list-jwks.json")
@conditional
def status_jwks() -> Response:
    """The public keys that verify status lists."""
    return _key_set("status")


@blueprint.get("/.well-known/delay-confirmation-jwks.json")
@conditional
def confirmation_jwks() -> Response:
    """The public keys that verify confirmations of delays."""
    return _key_set("confirmation")


@blueprint.get("/.well-known/incident-jwks.json")
@conditional
def incident_jwks() -> Response:
    """The public keys that verify records of incidents: two people compare them before a partner is added."""
    return _key_set("incident")


@blueprint.get("/.well-known/gate-sentences.json")
@conditional
def gate_sentences() -> Response:
    """Serve the sentences of gates in every language: for other gates and for the apps of inspectors and passengers."""
    return _words(sentences.FILE)


@blueprint.get("/.well-known/purchase-words.json")
@conditional
def purchase_words() -> Response:
    """Serve the words of receipts and refunds in every language, for the apps of buyers."""
    return _words(words.FILE)


@blueprint.get("/s/<string:list_id>")
@conditional
def status_list(list_id: str) -> Response:
    """A signed Token Status List: two bits a ticket."""
    response = make_response(gates.status_list_of(rooms().gatehouse, list_id))
    response.content_type = "application/statuslist+jwt"
    response.add_etag()
    response.headers["Cache-Control"] = "public, max-age=300"
    response.make_conditional(request)
    return response


def _key_set(kind: Kind) -> Response:
    response = jsonify(gates.jwks(rooms().gatehouse, kind))
    response.add_etag()
    response.headers["Cache-Control"] = "public, max-age=300"
    response.make_conditional(request)
    return response


def _words(file: Path) -> Response:
    response = make_response(file.read_bytes())
    response.content_type = "application/json"
    response.add_etag()
    response.headers["Cache-Control"] = "public, max-age=300"
    response.make_conditional(request)
    return response
