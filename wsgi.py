"""The WSGI entry point: `gunicorn wsgi:app`."""

from ticketing.app import create_app

app = create_app()
