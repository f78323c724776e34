"""`--by`: who acts at the command line. Where second factors are required it is a person of the right role, who gives a code."""

import os
from collections.abc import Callable, Collection
from typing import TypeVar

import click

from ticketing.cli.deployment import database, settings
from ticketing.config import Settings
from ticketing.errors import NotAllowed, NotFound
from ticketing.identity import second_factor
from ticketing.identity.staff import StaffDesk
from ticketing.tickets.keys import key_store

C = TypeVar("C", bound=Callable[..., object])
_Callback = Callable[[click.Context, click.Parameter, str | None], str | None]
# For a command without a terminal: the code of this half minute.
_CODE = "THROUGHFARE_CODE"


def by_option(
    *names: str,
    default: str | None = None,
    text: str = "Your name, kept with each action.",
    roles: Collection[str] = ("finance",),
    is_optional: bool = False,
) -> Callable[[C], C]:
    """Build the option `--by`; the command is given the name that signs what it does.

    Where second factors are required it is a person of one of the `roles`, the same as in the console.
    """
    return click.option(
        "--by",
        *names,
        required=default is None and not is_optional,
        default=default,
        show_default=default is not None,
        callback=_person_of(roles),
        help=text,
    )


def timer_option(text: str = "The name of the timer that runs this, or yours.") -> Callable[[C], C]:
    """Build the option `--by` of a command that a timer runs: a name that is nobody's needs no code, a person's does."""
    return click.option("--by", required=True, callback=_timer, help=text)


def check_operator(name: str, operator: str) -> None:
    """Keep an operator's person to their own operator; raises NotAllowed."""
    configured = settings()
    if configured.second_factor != "required":
        return
    own = second_factor.find_by_name(_desk(configured), name).operator
    if own not in {None, operator}:
        raise NotAllowed(f"{name} acts for {own}, not for {operator}")


def _person_of(roles: Collection[str]) -> _Callback:
    """Take a name at its word, or check role and code of the person it names; raises NotFound, NotAllowed, InvalidRequest."""

    def person(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        configured = settings()
        if value is None or configured.second_factor != "required":
            return value
        desk = _desk(configured)
        known = second_factor.find_by_name(desk, value)
        if known.role not in roles:
            raise NotAllowed(
                f"{known.name} has the role {known.role}: this is for the role {' or '.join(roles)}"
            )
        return _proven(desk, known.name)

    return person


def _timer(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Take the name of a timer; raises InvalidRequest for a person's without their code."""
    configured = settings()
    if configured.second_factor != "required":
        return value
    desk = _desk(configured)
    try:
        known = second_factor.find_by_name(desk, value)
    except NotFound:
        return value
    return _proven(desk, known.name)


def _proven(desk: StaffDesk, name: str) -> str:
    code = os.environ.get(_CODE) or click.prompt(
        f"Code of {name}'s authenticator app", err=True, hide_input=True
    )
    return second_factor.prove_by_name(desk, name, code)


def _desk(configured: Settings) -> StaffDesk:
    keys = key_store(configured)
    return StaffDesk(database(configured), configured.clock(), keys=keys)
