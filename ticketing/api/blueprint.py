"""A blueprint whose JSON bodies are read strictly: a repeated name or NaN is an error, not a choice."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Request
from flask_smorest import Blueprint as SmorestBlueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from throughfare_gate.strictjson import NotStrict, loads

V = TypeVar("V", bound=Callable[..., Any])


class _StrictParser(FlaskParser):
    def _raw_load_json(self, req: Request) -> Any:
        if not req.is_json:
            return super()._raw_load_json(req)
        try:
            return loads(req.get_data(), nul=False)
        except NotStrict as error:
            raise BadRequest(f"the body is not JSON that can be read: {error}") from None


class Blueprint(SmorestBlueprint):
    """flask-smorest's blueprint with the strict parser."""

    ARGUMENTS_PARSER = _StrictParser()

    def arguments(self, schema: Any, **more: Any) -> Any:
        """Do the same as the parent, with the schema made once: a class would be made anew for every request."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **more)

    def file(self, *media_types: str) -> Callable[[V], V]:
        """Describe an answer that is a file of one of these types; the view makes the response itself."""
        content = {media_type: {"schema": _schema_of(media_type)} for media_type in media_types}

        def mark(view: V) -> V:
            described: V = self.doc(responses={"200": {"description": "OK", "content": content}})(
                self.response(200)(view)
            )
            return described

        return mark


def _schema_of(media_type: str) -> dict[str, object]:
    """The schema of a file: an object of JSON, a text, or bytes."""
    if media_type == "application/json":
        return {"type": "object", "additionalProperties": True}
    is_text = media_type.startswith("text/") or media_type == "application/jose"
    return {"type": "string", **({} if is_text else {"format": "binary"})}


# What a description says of calls that are made once, and of those that the token of an order opens.
IDEMPOTENCY_KEY = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "schema": {"type": "string", "maxLength": 255},
            "description": "A random UUID for each new intent; the same one repeats the first answer.",
            "example": "0f6c1a9e-5b1f-4a8e-9d57-2f1e0c3b7a64",
        }
    ]
}
ORDER_TOKEN: Mapping[str, object] = {"security": [{"orderToken": []}]}
# A guest may call, and so may somebody who has signed in.
OPTIONAL_PERSON: Mapping[str, object] = {"security": [{}, {"accessToken": []}]}
