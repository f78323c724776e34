"""The application factory: settings in, a Flask application out."""

from flask import Flask


def create_app() -> Flask:
    """Build the service from the settings in the environment."""
    return Flask(__name__)
