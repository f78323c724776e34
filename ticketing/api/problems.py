"""The one table from domain error to HTTP status, and every error as a problem document (RFC 9457)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import structlog
from flask import Flask, Response, g, json, request
from werkzeug.exceptions import HTTPException, UnprocessableEntity

from ticketing import errors
from ticketing.api.description import known_type, path_of, problem_types
from ticketing.errors import Fault, NextDeparture, ThroughfareError
from ticketing.payments import EventRefused, OutcomeUnknown

_log = structlog.get_logger(__name__)

_STATUS: dict[type[ThroughfareError], int] = {
    errors.InvalidRequest: 422,
    errors.NotFound: 404,
    errors.NotAuthenticated: 401,
    errors.NotAllowed: 403,
    errors.TestKeyRefused: 403,
    errors.KeyWithoutOwner: 403,
    errors.StepUpNeeded: 403,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.PaymentRefused: 402,
    errors.OperatorSilent: 503,
    errors.ProviderSilent: 503,
    errors.CommitWaits: 503,
    errors.TooManyRequests: 429,
    errors.IdempotencyKeyMissing: 400,
    errors.IdempotencyKeyReused: 422,
    errors.IdempotencyKeyInUse: 409,
    errors.Misconfigured: 500,
    OutcomeUnknown: 503,
    EventRefused: 400,
}
_HEADERS: dict[type[ThroughfareError], dict[str, str]] = {
    errors.NotAuthenticated: {"WWW-Authenticate": 'Bearer realm="throughfare"'},
    errors.IdempotencyKeyInUse: {"Retry-After": "1"},
    errors.OperatorSilent: {"Retry-After": "5"},
    errors.CommitWaits: {"Retry-After": "2"},
    OutcomeUnknown: {"Retry-After": "2"},
}
# The framework's sentences speak of spelling and of browsers; these are ours, by status.
_OURS: dict[int, str] = {
    400: "the request cannot be read: it must be HTTP, and its body JSON where one is wanted",
    404: "nothing is at this address",
    405: "this address does not take this method",
    406: "nothing here has a form that the caller accepts",
    413: "the body is longer than this address takes",
    414: "the address is too long",
    415: "this address does not read this type of content",
    431: "the headers are too long",
}
PROBLEM_JSON = "application/problem+json"
_MAX_FAULTS = 50
_MEANWHILE = "somebody else has done the same at this very moment; look again before you repeat it"
_TWO = "four eyes are two people: "
_AWAY = "the database does not answer just now; send the same call with the same key again"


def register(
    app: Flask,
    is_taken: Callable[[BaseException], bool],
    is_away: Callable[[BaseException], bool],
    four_eyes: Callable[[BaseException], str | None],
) -> None:
    """Turn every error of this application into a problem document.

    `is_taken` knows the database's word for a row that somebody else wrote a moment before: a conflict, no fault;
    `is_away` that it does not answer now and may later (503, RFC 9110, section 15.6.4); `four_eyes` gives the words with
    which it refuses the same person a second time.
    """

    def unexpected(error: Exception) -> Response:
        if is_taken(error):
            _log.warning("two calls at one instant", path=request.path, exc_info=error)
            return problem(409, "conflict", _MEANWHILE, headers={"Retry-After": "1"})
        refused = four_eyes(error)
        if refused:
            return problem(403, "not_allowed", f"{_TWO}{refused}")
        if is_away(error):
            _log.warning("database away", path=request.path, exc_info=error)
            return problem(503, "database_away", _AWAY, headers={"Retry-After": "2"})
        return _unexpected(error)

    app.register_error_handler(ThroughfareError, _domain)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, unexpected)


def problem(
    status: int,
    code: str,
    detail: str,
    faults: tuple[Fault, ...] = (),
    headers: dict[str, str] | None = None,
    *,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Response:
    """Build the response: `{type, code, title, status, detail, instance, errors}`, and what `more` this type of problem tells."""
    body = document(status, code, detail, g.get("request_id", "-"), faults) | dict(more)
    response = Response(json.dumps(body), status, content_type=PROBLEM_JSON)
    response.headers.extend(headers or {})
    return response


def document(
    status: int, code: str, detail: str, request_id: str, faults: tuple[Fault, ...] = ()
) -> dict[str, object]:
    """The members that every problem has."""
    return {
        "type": path_of(code),
        "code": code,
        "title": problem_types()[code].title,
        "status": status,
        "detail": detail,
        "instance": f"urn:throughfare:request:{request_id}",
        "errors": [{"path": fault.path, "message": fault.message} for fault in faults[:_MAX_FAULTS]],
    }


def http(error: HTTPException) -> Response:
    """Answer an error of the framework: 400, 404, 405, 413, 415, 422 and their kin."""
    status = error.code or 500
    code = known_type((error.name or "error").lower().replace(" ", "_"), status)
    messages = getattr(error, "data", {}).get("messages") if isinstance(error, UnprocessableEntity) else None
    faults = tuple(_flatten(_without_location(messages))) if messages else ()
    told = "; ".join(f"{fault.path}: {fault.message}" for fault in faults[:3])
    detail = told or _said(error, status) or code
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return problem(status, "invalid_request" if faults else code, detail, faults, kept)


def _said(error: HTTPException, status: int) -> str | None:
    """Our own sentence where the framework says its own."""
    is_its_own = error.description == type(error).description
    return _OURS.get(status, error.description) if is_its_own else error.description


def status_of(error: ThroughfareError) -> int:
    """The status of a domain error, by the nearest of its classes in the table."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def _domain(error: ThroughfareError) -> Response:
    if isinstance(error, errors.Misconfigured):
        return _unexpected(error)  # names settings and folders: for staff, in the log
    status = status_of(error)
    headers = next((_HEADERS[kind] for kind in type(error).__mro__ if kind in _HEADERS), None)
    if isinstance(error, errors.TooManyRequests):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    return problem(status, error.code, error.detail, error.faults, headers, more=_more(error))


def _more(error: ThroughfareError) -> dict[str, Any]:
    """Tell a caller how to go on: other departures, the ways on that there are now, both prices."""
    if isinstance(error, errors.DepartureCancelled):
        return {"choices": [_choice(one) for one in error.choices]}
    if isinstance(error, errors.OptionGone):
        return {"legs": list(error.legs)}
    if isinstance(error, errors.PriceChanged):
        return {"offered": error.offered, "now": error.now}
    return {}


def _choice(departure: NextDeparture) -> dict[str, str]:
    return {
        "operator": departure.operator,
        "line": departure.line,
        "trip_id": departure.trip_id,
        "from_stop_id": departure.from_stop_id,
        "to_stop_id": departure.to_stop_id,
        "departure": departure.departure.isoformat(),
        "arrival": departure.arrival.isoformat(),
    }


def _unexpected(error: Exception) -> Response:
    _log.error("unexpected error", path=request.path, exc_info=error)
    return problem(
        500, "internal_error", "something went wrong on our side; the request id finds it in the log"
    )


def _without_location(messages: object) -> object:
    """Drop webargs' outermost key: it says where the field came from, not what it is called."""
    if (
        isinstance(messages, dict)
        and len(messages) == 1
        and next(iter(messages)) in {"json", "query", "headers"}
    ):
        return next(iter(messages.values()))
    return messages


def _flatten(messages: object, path: str = "") -> list[Fault]:
    """Turn marshmallow's nested messages into paths like `passengers[0].rider_category`."""
    if isinstance(messages, dict):
        return [fault for name, inner in messages.items() for fault in _flatten(inner, _join(path, name))]
    if isinstance(messages, list):
        return [fault for inner in messages for fault in _flatten(inner, path)]
    return [Fault(path or "body", str(messages))]


def _join(path: str, name: object) -> str:
    if isinstance(name, int):
        return f"{path}[{name}]"
    if name == "_schema":
        return path
    return f"{path}.{name}" if path else str(name)
