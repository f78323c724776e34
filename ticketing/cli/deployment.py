"""What commands need of the deployment that they run in: its settings, database and rooms."""

import functools

import click

from ticketing import config
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import is_current
from ticketing.errors import Misconfigured
from ticketing.settlement.service import Office
from ticketing.tickets.keys import KeyStore


@functools.cache
def settings() -> Settings:
    """The settings of the environment."""
    return config.from_environment()


def database(configured: Settings) -> Database:
    """The database of the settings; it is closed when the command ends."""
    opened = Database(configured.database_url)
    running = click.get_current_context(silent=True)
    if running:
        running.call_on_close(opened.close)
    return opened


def current_database(configured: Settings) -> Database:
    """The database of the settings; raises Misconfigured when its schema is not the newest."""
    opened = database(configured)
    if not is_current(opened):
        raise Misconfigured(
            "THROUGHFARE_DATABASE_URL: the schema is not the newest; run `throughfare db upgrade`"
        )
    return opened


def office(configured: Settings) -> Office:
    """The settlement room."""
    clock = configured.clock()
    keys = KeyStore(configured.keys_folder, configured.key_passphrase)
    keys.create_missing(clock.now())
    specimens = configured.environment != "production"
    return Office(
        database(configured),
        clock,
        keys,
        configured.regions_folder,
        specimens=specimens,
        files=configured.settlement_folder,
        anchors=configured.anchors_folder,
    )
