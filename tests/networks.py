"""Planned networks follow from region and day alone, and every service would make them anew: they are lent.

A network never changes once it is made; the one over live delays is made by each service for itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

_PLANNED: dict[Any, Any] = {}


@contextmanager
def lent(app: Flask) -> Iterator[None]:
    """Give a service the networks that earlier tests have planned, and keep those that it plans."""
    networks = app.extensions["throughfare"].planner._networks
    networks.update(_PLANNED)
    yield
    planned = {key: made for key, made in networks.items() if "live" not in key}
    _PLANNED.clear()
    _PLANNED.update(planned)
