"""The WSGI entry point: `gunicorn wsgi:app`."""

import os

from ticketing import config
from ticketing.app import create_app
from ticketing.search.warm import keep_warm

# Databases and exports are for the account that runs the service, and for nobody else of the machine.
os.umask(0o077)
settings = config.from_environment()
app = create_app(settings)
if settings.warm_up:
    keep_warm(app.extensions["throughfare"].planner)
