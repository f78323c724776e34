"""The WSGI entry point: `gunicorn wsgi:app`."""

from ticketing import config
from ticketing.app import create_app
from ticketing.search.warm import keep_warm

settings = config.from_environment()
app = create_app(settings)
if settings.warm_up:
    keep_warm(app.extensions["throughfare"].planner)
