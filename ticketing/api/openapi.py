"""Serve the API's description: flask-smorest writes it when it is first asked for, and `description` completes it.

Writing the document takes more than all else that builds an application, and few of its processes ever serve it.
"""

import threading
from typing import Any

from flask import Flask, Response, json, request
from flask_smorest import Api

from ticketing.api import description, problems
from ticketing.api.schemas.problems import ProblemSchema
from ticketing.config import Settings


class DescribedApi(Api):
    """flask-smorest with its errors written as problem documents, and the document written once."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Any] = []
        self._text = ""
        self._describing = threading.Lock()
        super().__init__(app)

    def register_blueprint(self, blueprint: Any) -> None:
        """Serve a blueprint; its part of the document is written later."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._undescribed.append(blueprint)

    def _openapi_json(self) -> Response:
        with self._describing:
            self._text = self._text or self._written()
        response = Response(self._text, content_type="application/json")
        response.add_etag()
        response.headers["Cache-Control"] = "public, no-cache"
        response.make_conditional(request)
        return response

    def _written(self) -> str:
        super()._register_responses()
        while self._undescribed:
            room = self._undescribed.pop(0)
            room.register_views_in_doc(self, self._app, self.spec, name=room.name, parameters=None)
            self.spec.tag({"name": room.name, "description": room.description})
        self.spec.tag(description.TAG)
        schemas = {name: key[0] for key, name in self.ma_plugin.converter.refs.items()}
        written = self.spec.to_dict()
        written["paths"].update(description.public_paths(self._view_of))
        document = description.complete(
            written, schemas, self._view_of, self._app.extensions["deprecated_calls"]
        )
        return json.dumps(document, separators=(",", ":"))

    def _view_of(self, method: str, path: str) -> object:
        """The view of a method and a path of the document."""
        call = description.call_of(method, path)
        rules = (
            rule for rule in self._app.url_map.iter_rules() if description.call_of(method, rule.rule) == call
        )
        views = (self._app.view_functions[rule.endpoint] for rule in rules)
        return next((found for view in views if (found := _method_of(view, method)) is not None), None)

    def _register_responses(self) -> None:
        """Leave the responses that every view may give to the document's writing."""

    def handle_http_exception(self, error: Any) -> Any:
        """Answer as the rest of the service does."""
        return problems.http(error)


def _method_of(view: object, method: str) -> object | None:
    """The method of a class of views, or the function that is a view itself."""
    made_of = getattr(view, "view_class", None)
    return view if made_of is None else getattr(made_of, method, None)


def settings_of(settings: Settings) -> dict[str, Any]:
    """The settings by which flask-smorest writes the document."""
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "API_TITLE": "Throughfare",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "OPENAPI_JSON_PATH": "openapi.json",
        "API_SPEC_OPTIONS": {
            "info": {
                "description": "One ticket for people who commute across a border. "
                + " ".join(f"Stand-in: {warning}." for warning in settings.warnings()),
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "components": {
                "securitySchemes": {
                    "orderToken": {
                        **bearer,
                        "description": "the `access_token` of the answer that placed the order",
                    },
                    "accessToken": {
                        **bearer,
                        "description": "the `access_token` of somebody who has signed in",
                    },
                    "partnerToken": {
                        **bearer,
                        "description": "a token that a partner has signed for this call (docs/incidents.md)",
                    },
                    "apiKey": {**bearer, "description": "a key of a gate or of finance staff"},
                }
            },
        },
    }
