"""Letters to people who work here: who hears that an operator's statement is ready, and what waits for finance."""

from collections.abc import Sequence
from typing import Any, TypedDict

from flask.views import MethodView

from ticketing.api.blueprint import Blueprint
from ticketing.api.context import rooms
from ticketing.api.guard import for_roles
from ticketing.api.schemas.letters import ReadersSchema
from ticketing.notices import work
from ticketing.notices.work import Reader

blueprint = Blueprint("letters", __name__, url_prefix="/v1", description="Mail to people who work here")

_KEY: dict[str, Any] = {"security": [{"apiKey": []}]}


class _Address(TypedDict):
    address: str
    language: str


class _Readers(TypedDict):
    readers: list[_Address]


@blueprint.route("/letters/statement-ready/<string:operator>")
class StatementReady(MethodView):
    """Letters that an operator's statement is ready."""

    @for_roles("operator_finance", "operator_admin", "admin")
    @blueprint.response(200, ReadersSchema)
    @blueprint.doc(**_KEY)
    def get(self, operator: str) -> _Readers:
        """List who gets a mail when a statement of an operator is ready."""
        return _shown(work.list_readers(rooms().post_office, "statement_ready", operator))

    @for_roles("operator_finance", "operator_admin", "admin")
    @blueprint.arguments(ReadersSchema)
    @blueprint.response(200, ReadersSchema)
    @blueprint.doc(**_KEY)
    def put(self, wanted: _Readers, operator: str) -> _Readers:
        """Say who gets a mail when a statement of an operator is ready: all at once, none to end it. It names no amounts."""
        readers = _read(wanted)
        return _shown(work.replace_readers(rooms().post_office, "statement_ready", operator, readers))


@blueprint.route("/letters/waits-for-you")
class WaitsForYou(MethodView):
    """Letters about what waits for finance."""

    @for_roles("finance", "admin")
    @blueprint.response(200, ReadersSchema)
    @blueprint.doc(**_KEY)
    def get(self) -> _Readers:
        """List who gets a mail, once a day at most, about what waits for a person of finance."""
        return _shown(work.list_readers(rooms().post_office, "waits_for_you", None))

    @for_roles("finance", "admin")
    @blueprint.arguments(ReadersSchema)
    @blueprint.response(200, ReadersSchema)
    @blueprint.doc(**_KEY)
    def put(self, wanted: _Readers) -> _Readers:
        """Say who gets a mail about what waits for a person of finance: all at once, none to end it."""
        readers = _read(wanted)
        return _shown(work.replace_readers(rooms().post_office, "waits_for_you", None, readers))


def _read(wanted: _Readers) -> list[Reader]:
    return [Reader(one["address"], one["language"]) for one in wanted["readers"]]


def _shown(readers: Sequence[Reader]) -> _Readers:
    return {"readers": [{"address": one.address, "language": one.language} for one in readers]}
