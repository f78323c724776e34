"""What commands need of the deployment that they run in: its settings, database and rooms."""

import functools

from ticketing import config
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.settlement.service import Office


@functools.cache
def settings() -> Settings:
    """The settings of the environment."""
    return config.from_environment()


def database(configured: Settings) -> Database:
    """The database of the settings."""
    return Database(configured.database_url)


def office(configured: Settings) -> Office:
    """The settlement room."""
    return Office(database(configured), configured.clock())
