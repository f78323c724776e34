"""What commands need of the deployment that they run in: its settings, database and rooms."""

import functools

from ticketing import config
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.settlement.service import Office
from ticketing.tickets.keys import KeyStore


@functools.cache
def settings() -> Settings:
    """The settings of the environment."""
    return config.from_environment()


def database(configured: Settings) -> Database:
    """The database of the settings."""
    return Database(configured.database_url)


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
