"""Build the settings, the database and the rooms of a deployment for commands."""

import functools
from typing import TYPE_CHECKING

import click

from operators.region_toml import REGION_TOML, open_toml
from ticketing import config, logs
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import is_served
from ticketing.errors import InvalidRequest, Misconfigured
from ticketing.tickets import known_keys
from ticketing.tickets.keys import key_store

if TYPE_CHECKING:
    from ticketing.settlement.service import Office


@functools.cache
def settings() -> Settings:
    """The settings of the environment; from here on this process logs as they say."""
    found = config.from_environment()
    logs.configure(found.log_format)
    return found


def region(name: str | None) -> str:
    """The region that a command is about, the first configured one by default.

    Raises InvalidRequest for one that is not configured, Misconfigured for one without its folder.
    """
    configured = settings()
    chosen = configured.regions[0] if name is None else name
    if chosen not in configured.regions:
        raise InvalidRequest.at(
            "region",
            f"{chosen!r} is not served here; THROUGHFARE_REGIONS names {', '.join(configured.regions)}",
        )
    configured.region_folder(chosen)
    return chosen


def operator(name: str | None) -> str | None:
    """An operator of a configured region, where a command names one; raises InvalidRequest for any other."""
    if name is None:
        return None
    configured = settings()
    known = {
        known: None
        for region in configured.regions
        for known in open_toml(configured.region_folder(region) / REGION_TOML, []).operators()
    }
    if name not in known:
        raise InvalidRequest.at(
            "operator",
            f"{name!r} is no operator of {', '.join(configured.regions)}; they are {', '.join(known)}",
        )
    return name


def database(configured: Settings) -> Database:
    """The database of the settings; it is closed when the command ends."""
    opened = Database(configured.database_url, is_pooled=configured.pooler == "transaction")
    running = click.get_current_context(silent=True)
    if running:
        running.call_on_close(opened.close)
    return opened


def current_database(configured: Settings) -> Database:
    """The database of the settings; raises Misconfigured when its schema is not the newest."""
    opened = database(configured)
    if not is_served(opened):
        raise Misconfigured(
            "THROUGHFARE_DATABASE_URL: the schema is not the newest; run `throughfare db upgrade`"
        )
    return opened


def office(configured: Settings, *, signs: bool = False) -> "Office":
    """The settlement room; for a command that `signs` the books, missing keys are made."""
    from ticketing.settlement.service import Office  # noqa: PLC0415  commands without money load no settlement

    clock = configured.clock()
    keys = key_store(configured)
    opened = current_database(configured) if signs else database(configured)
    if signs:
        known_keys.make_and_tell(opened, keys, clock.now())
    specimens = configured.environment != "production"
    return Office(
        database=opened,
        clock=clock,
        keys=keys,
        regions_folder=configured.regions_folder,
        specimens=specimens,
        files=configured.settlement_folder,
        anchors=configured.anchors_folder,
        regions=configured.regions,
    )
