"""`--by`: who acts at the command line. Where second factors are required it is a person of the staff, who gives a code."""

import os
from collections.abc import Callable
from typing import TypeVar

import click

from ticketing.cli.deployment import database, settings
from ticketing.identity import second_factor
from ticketing.identity.staff import StaffDesk
from ticketing.tickets.keys import KeyStore

C = TypeVar("C", bound=Callable[..., object])
# For a command without a terminal: the code of this half minute.
_CODE = "THROUGHFARE_CODE"


def by_option(
    *names: str, default: str | None = None, text: str = "Your name, kept with each action."
) -> Callable[[C], C]:
    """Build the option `--by`; the command is given the name that signs what it does."""
    return click.option(
        "--by",
        *names,
        required=default is None,
        default=default,
        show_default=True,
        callback=_person,
        help=text,
    )


def _person(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Take a name at its word, or check the code of the person it names; raises NotFound, InvalidRequest."""
    configured = settings()
    if configured.second_factor != "required":
        return value
    keys = KeyStore(configured.keys_folder, configured.key_passphrase)
    desk = StaffDesk(database(configured), configured.clock(), keys=keys)
    known = second_factor.find_by_name(desk, value)
    code = os.environ.get(_CODE) or click.prompt(
        f"Code of {known.name}'s authenticator app", err=True, hide_input=True
    )
    return second_factor.prove_by_name(desk, value, code)
