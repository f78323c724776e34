"""Incidents between deployments: a partner brings its records and answers, and reads those of ours that reach it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TypedDict, cast

from flask import g
from flask.views import MethodView

from ticketing.api.blueprint import Blueprint
from ticketing.api.context import bearer, rooms
from ticketing.api.guard import guarded
from ticketing.api.limits import count_caller, limited
from ticketing.api.schemas.incidents import (
    IncidentAnswerSchema,
    IncidentRecordSchema,
    IncidentsQuerySchema,
    IncidentsSchema,
    TakenIncidentSchema,
)
from ticketing.incidents import exchange
from ticketing.incidents.exchange import Partner, Taken

blueprint = Blueprint("incidents", __name__, url_prefix="/v1", description="Incidents that deployments share")
_PARTNER: Mapping[str, object] = {"security": [{"partnerToken": []}]}


class _Record(TypedDict):
    record: str


class _Answer(TypedDict):
    answer: str


class _Query(TypedDict):
    since: str


def _partner(**_: str) -> None:
    g.partner = exchange.caller(rooms().incidents, bearer())
    count_caller(f"partner:{g.partner.id}")


for_partners = guarded(_partner)


@blueprint.route("/incidents")
class Incidents(MethodView):
    """The incidents that we share with a partner."""

    @for_partners
    @blueprint.arguments(IncidentsQuerySchema, location="query")
    @blueprint.response(200, IncidentsSchema)
    @blueprint.doc(**_PARTNER)
    def get(self, query: _Query) -> dict[str, object]:
        """List the records behind a position whose colour reaches the partner that calls, each signed for it."""
        page = exchange.give_out(rooms().incidents, _the_partner(), query["since"])
        return {"records": list(page.records), "cursor": page.cursor, "more": page.more}

    @for_partners
    @limited(address="600 per minute", caller="120 per minute")
    @blueprint.arguments(IncidentRecordSchema)
    @blueprint.response(200, TakenIncidentSchema)
    @blueprint.doc(**_PARTNER)
    def post(self, body: _Record) -> dict[str, object]:
        """Take a record of the partner that calls; one that is known, or older than the one that is here, changes nothing."""
        return _shown(exchange.take_in(rooms().incidents, body["record"], _the_partner()))


@blueprint.route("/incidents/<string:incident_id>/answers")
class IncidentAnswers(MethodView):
    """The answers to an incident."""

    @for_partners
    @limited(address="600 per minute", caller="120 per minute")
    @blueprint.arguments(IncidentAnswerSchema)
    @blueprint.response(200, TakenIncidentSchema)
    @blueprint.doc(**_PARTNER)
    def post(self, body: _Answer, incident_id: str) -> dict[str, object]:
        """Take the answer of the partner that calls: seen, affected, done."""
        return _shown(
            exchange.take_answer(rooms().incidents, body["answer"], _the_partner(), expected=incident_id)
        )


def _the_partner() -> Partner:
    return cast("Partner", g.partner)


def _shown(taken: Taken) -> dict[str, object]:
    return {name: value for name, value in asdict(taken).items() if name != "partner"}
