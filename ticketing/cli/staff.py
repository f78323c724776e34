"""`throughfare staff`: accounts of the people who work in the console."""

import click

from ticketing.cli import deployment
from ticketing.cli.deployment import database, settings
from ticketing.db.people.staff import ROLES as STAFF_ROLES
from ticketing.db.people.staff import StaffMember
from ticketing.identity import second_factor, staff
from ticketing.identity.staff import StaffDesk


@click.group()
def command() -> None:
    """Make, list and end accounts of the console (/console)."""


@command.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The name that signs their actions; no two people share one.")
@click.option(
    "--role", type=click.Choice(STAFF_ROLES), required=True, help="admin reads and changes nothing."
)
@click.option("--operator", default=None, help="The operator, for its finance staff.")
def add_command(email: str, name: str, role: str, operator: str | None) -> None:
    """Make an account and show its first password, once; it is changed at the first sign-in.

    \b
    Example:
      throughfare staff add anna@scheme.example --name "Anna Kask" --role finance
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    theirs = deployment.operator(operator)
    made, first = staff.add(_desk(), email, name, role=role, operator=theirs)
    click.echo(
        f"id              {made.id}\nfirst password  {first}\nIt is not stored and cannot be shown again."
    )


@command.command("list")
def list_command() -> None:
    """List the accounts.

    \b
    Example:
      throughfare staff list
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    for one in staff.list_members(_desk()):
        click.echo(f"{one.email:<32} {one.role:<16} {one.operator or '-':<12} {_state(one):<22} {one.name}")


def _state(member: StaffMember) -> str:
    if member.ended_at:
        return "ended"
    return "first sign-in awaited" if member.must_change else "active"


@command.command("reset")
@click.argument("email")
@click.option("--app", "with_app", is_flag=True, help="Forget their authenticator app too, which is lost.")
def reset_command(email: str, *, with_app: bool) -> None:
    """Give somebody a new first password; they are signed out everywhere.

    \b
    Example:
      throughfare staff reset anna@scheme.example --app
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    desk = _desk()
    if with_app:
        second_factor.forget(desk, email)
    click.echo(f"first password  {staff.reset(desk, email)}")


@command.command("end")
@click.argument("email")
def end_command(email: str) -> None:
    """End the account of somebody who leaves, at once; their actions keep their name.

    \b
    Example:
      throughfare staff end anna@scheme.example
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    staff.end(_desk(), email)
    click.echo(f"{email} has left")


def _desk() -> StaffDesk:
    configured = settings()
    return StaffDesk(database(configured), configured.clock())
