"""The WSGI entry point: `gunicorn wsgi:app`; `throughfare serve` builds `wsgi.shared()` and forks it."""

import gc
import os

from flask import Flask

from ticketing import config
from ticketing.app import create_app
from ticketing.search.warm import keep_warm, warm_up

# Databases and exports are for the account that runs the service, and for nobody else of the machine.
os.umask(0o077)


_SHARED: list[Flask] = []


def shared(settings: config.Settings) -> Flask:
    """Build the service for `serve`, before it is forked: with all that searches of today need, and no open connection.

    Stand-ins and gaps are named once for all of its processes.
    """
    built = create_app(settings)
    rooms = built.extensions["throughfare"]
    if settings.warm_up:
        warm_up(rooms.planner)
        _SHARED.append(built)
    # A connection belongs to one process; each opens its own.
    rooms.till.database.close()
    # What is there now stays: a collector that visits it in each worker would copy it there.
    gc.collect()
    gc.freeze()
    return built


def begin_worker() -> None:
    """Keep the networks of the next days warm in a worker that was forked (`ticketing.serving`)."""
    for built in _SHARED:
        keep_warm(built.extensions["throughfare"].planner)


def __getattr__(name: str) -> Flask:
    """Build `app` for whoever starts gunicorn by hand: each worker builds its own."""
    if name != "app":
        raise AttributeError(name)
    settings = config.from_environment()
    built = create_app(settings)
    if settings.warm_up:
        keep_warm(built.extensions["throughfare"].planner)
    return built
