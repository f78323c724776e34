"""The WSGI entry point: `gunicorn wsgi:app`; `throughfare serve` has said what there is to say, and takes `wsgi:told()`."""

import os

from flask import Flask

from ticketing import config
from ticketing.app import create_app
from ticketing.search.warm import keep_warm

# Databases and exports are for the account that runs the service, and for nobody else of the machine.
os.umask(0o077)


def told() -> Flask:
    """Build the service for `serve`, which has named stand-ins and gaps once for all of its processes."""
    return _build(announces=False)


def __getattr__(name: str) -> Flask:
    """Build `app` for whoever starts gunicorn by hand."""
    if name != "app":
        raise AttributeError(name)
    return _build(announces=True)


def _build(*, announces: bool) -> Flask:
    settings = config.from_environment()
    built = create_app(settings, announces=announces)
    if settings.warm_up:
        keep_warm(built.extensions["throughfare"].planner)
    return built
