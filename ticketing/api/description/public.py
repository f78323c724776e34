"""Describe the answers outside of `/v1`: keys, words, status lists, pages of problems, the service's health.

Anybody may read them, and their views are plain functions: only a table here says what they answer with.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

_TAG = "public"
_OBJECT = {"type": "object", "additionalProperties": True}
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "/.well-known/delay-confirmation-jwks.json": "application/json",
        "/.well-known/gate-bundle-jwks.json": "application/json",
        "/.well-known/gate-sentences.json": "application/json",
        "/.well-known/incident-jwks.json": "application/json",
        "/.well-known/jwks.json": "application/json",
        "/.well-known/purchase-words.json": "application/json",
        "/.well-known/status-list-jwks.json": "application/json",
        "/catalog.jsonld": "application/ld+json",
        "/catalog.ttl": "text/turtle",
        "/errors/": "application/json",
        "/errors/{problem}": "application/json",
        "/healthz": "application/json",
        "/ngsi-ld/v1/entities": "application/json",
        "/ngsi-ld/v1/entities/{entity}": "application/json",
        "/status": "application/json",
        "/open/{region}/": "application/json",
        "/open/{region}/{name}": "application/octet-stream",
        "/s/{list_id}": "application/statuslist+jwt",
    }
)

TAG = {"name": _TAG, "description": "Keys, words, status lists and pages of problems, for anybody"}


def public_paths(view_of: Callable[[str, str], object]) -> Iterator[tuple[str, dict[str, object]]]:
    """Every such path with its operation, described by the docstring of its view."""
    for path, media_type in _TYPES.items():
        first, _, rest = (view_of("get", path).__doc__ or "").partition("\n")
        schema = _OBJECT if media_type.endswith("json") else {"type": "string"}
        operation = {
            "tags": [_TAG],
            "summary": first.strip(),
            "description": rest.strip(),
            "responses": {"200": {"description": "OK", "content": {media_type: {"schema": schema}}}},
        }
        yield path, {"get": operation, **_parameters(path)}


def _parameters(path: str) -> dict[str, object]:
    names = re.findall(r"\{(\w+)\}", path)
    given = [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in names
    ]
    return {"parameters": given} if given else {}
