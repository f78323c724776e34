"""List the parts of the API's description."""

from collections.abc import Callable
from typing import Any

from flask import Flask

WRITES = ("post", "put", "patch", "delete")


def methods(app: Flask) -> dict[str, Callable[..., Any]]:
    """Every method of a view that changes something, by `POST /v1/...`."""
    return {
        f"{name.upper()} {rule.rule}": getattr(view, name)
        for rule in app.url_map.iter_rules()
        if (view := getattr(app.view_functions[rule.endpoint], "view_class", None))
        for name in WRITES
        if hasattr(view, name)
    }
