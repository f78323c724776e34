"""Answer a gate online without Flask, where its request is as a gate sends it: a crowd at sixty flaps costs half the processor time.

Whatever is unusual goes to Flask as it came: another form of the request, a caller who is not known yet, a fault, a refusal
of the service. So there is one place that writes problems, and this one knows only the plain answer.
"""

import io
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from marshmallow import ValidationError

from throughfare_gate.strictjson import NotStrict, loads
from ticketing.api import edge, http_metrics
from ticketing.api.again import FAILED
from ticketing.api.context import token_of
from ticketing.api.gate_caller import GateCaller, wait_of_gate
from ticketing.api.gates import Validations, presentation
from ticketing.api.language import language_of
from ticketing.api.limits import wait_of_address
from ticketing.api.schemas.gates import ValidationRequestSchema, ValidationSchema
from ticketing.gate import service as gates
from ticketing.rooms import Rooms

_ASKED, _TOLD = ValidationRequestSchema(), ValidationSchema()
_PATH, _ENDPOINT = "/v1/validations", "gates.Validations"
_JSON = "application/json"
_UNUSUAL = frozenset({"HTTP_ORIGIN", "HTTP_TRANSFER_ENCODING"})


@dataclass(frozen=True, slots=True)
class _Shortcut:
    """A way before an application, for the plain requests of gates."""

    inner: WSGIApplication
    app: Flask
    rooms: Rooms
    headers: Mapping[str, str]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as WSGI wants it."""
        if environ["PATH_INFO"] != _PATH or not _is_plain(environ):
            return self.inner(environ, start_response)
        began = time.perf_counter()
        answer = self._answer(environ)
        if answer is None:
            return self.inner(environ, start_response)
        text = answer.encode()
        request_id = edge.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        headers = {
            **self.headers,
            "Content-Type": _JSON,
            "Content-Length": str(len(text)),
            "X-Request-Id": request_id,
            "Vary": "Origin",
        }
        took = time.perf_counter() - began
        http_metrics.count(_PATH, "POST", 200, took)
        edge.note(request_id, "POST", _PATH, 200, took)
        start_response("200 OK", list(headers.items()))
        return [text]

    def _answer(self, environ: WSGIEnvironment) -> str | None:
        """Decide about a ticket that is shown, and write the answer down as JSON; None where Flask shall answer."""
        gate = self._recognised(environ)
        shown = _shown(environ, gate) if gate else None
        if gate is None or shown is None or self._refuses(environ, gate):
            return None
        try:
            answer = gates.validate(self.rooms.gatehouse, shown)
        except Exception as error:  # noqa: BLE001  Flask raises it, and says what it is
            environ[FAILED] = error
            return None
        return f"{self.app.json.dumps(_TOLD.dump(answer), separators=(',', ':'))}\n"

    def _recognised(self, environ: WSGIEnvironment) -> GateCaller | None:
        token = token_of(environ.get("HTTP_AUTHORIZATION", ""))
        house = self.rooms.gatehouse
        return house.recognised.find(token, house.clock.now()) if token else None

    def _refuses(self, environ: WSGIEnvironment, gate: GateCaller) -> bool:
        """Tell whether the service takes no such call now: a commit waits, or there are too many calls."""
        if self.app.extensions["commits_wait"]():
            return True
        if not self.app.extensions["meter"]:
            return False
        rate = Validations.post.__dict__["limits"].address
        is_crowded = wait_of_address(self.app, _ENDPOINT, environ.get("REMOTE_ADDR"), rate)
        return bool(is_crowded or wait_of_gate(self.rooms, gate))


def _is_plain(environ: WSGIEnvironment) -> bool:
    """Tell whether a request has the form in which gates send it; a page of another origin has more headers."""
    if (
        environ["REQUEST_METHOD"] != "POST"
        or environ.get("CONTENT_TYPE") != _JSON
        or environ.get("QUERY_STRING")
    ):
        return False
    if not _UNUSUAL.isdisjoint(environ):
        return False
    length = environ.get("CONTENT_LENGTH", "")
    return length.isdecimal() and int(length) <= edge.MAX_BODY_BYTES


def _shown(environ: WSGIEnvironment, gate: GateCaller) -> gates.Presentation | None:
    """Read the body, and leave it there for whoever comes next; None for one that has a fault."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = io.BytesIO(body)
    try:
        wanted = _ASKED.load(loads(body, nul=False))
    except (NotStrict, ValidationError):
        return None
    return presentation(gate, wanted, language_of(environ.get("HTTP_ACCEPT_LANGUAGE", "")))


def register(app: Flask, rooms: Rooms, headers: Mapping[str, str]) -> None:
    """Lay the way before an application."""
    app.wsgi_app = _Shortcut(app.wsgi_app, app, rooms, headers)  # type: ignore[method-assign]
