"""A blueprint whose JSON bodies are read strictly: a repeated name or NaN is an error, not a choice."""

from typing import Any

from flask import Request
from flask_smorest import Blueprint as SmorestBlueprint
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest

from throughfare_gate.strictjson import NotStrict, loads


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


# What a description says of calls that are made once, and of those that the token of an order opens.
IDEMPOTENCY_KEY = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "schema": {"type": "string", "maxLength": 255},
            "description": "A new value for each new intent; the same value repeats the first answer.",
        }
    ]
}
ORDER_TOKEN: dict[str, Any] = {"security": [{"orderToken": []}]}
