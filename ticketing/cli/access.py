"""`throughfare access`: make, list and revoke API keys."""

from datetime import timedelta

import click

from ticketing.cli import deployment
from ticketing.cli.deployment import database, settings
from ticketing.identity import create_key, list_keys, revoke_key, rotate_key
from ticketing.identity.principal import ROLES, STAFF_ROLES, Role
from ticketing.identity.service import find_owner, own_key
from ticketing.identity.sessions import end_of_everybody, end_of_person
from ticketing.identity.staff import StaffDesk, list_members


@click.group()
def command() -> None:
    """Make, list and revoke API keys for gates, operators' people and the scheme's staff."""


@command.command("create")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--operator", default=None, help="The operator, for a gate or an operator's own staff.")
@click.option("--label", default="", help="The purpose of the key.")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=None, help="The days that it is valid; no end by default."
)
@click.option("--test", "is_test", is_flag=True, help="A key for tests, which no live deployment takes.")
@click.option(
    "--owner", default=None, help="The address of the person whose key it is (`throughfare staff add`)."
)
def create_command(
    role: Role, operator: str | None, label: str, days: int | None, owner: str | None, *, is_test: bool
) -> None:
    """Make a key and show its secret, once.

    \b
    Example:
      throughfare access create --role gate --operator hsl --label "Pasila, gate 3"
      throughfare access create --role finance --owner anna@scheme.example
      throughfare access create --role app --test
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured, theirs = settings(), deployment.operator(operator)
    if is_test and not configured.is_sandbox:
        raise click.ClickException(
            "this deployment takes real money, and refuses keys for tests: make the key on a sandbox"
        )
    if configured.second_factor == "required" and role in STAFF_ROLES and owner is None:
        raise click.ClickException(
            f"a key of the role {role} belongs to a person here: name them with --owner"
        )
    life, opened = timedelta(days=days) if days else None, database(configured)
    key, secret = create_key(
        opened,
        configured.clock(),
        role=role,
        operator=theirs,
        label=label,
        life=life,
        is_test=is_test,
        staff_id=find_owner(opened, owner, role, theirs) if owner else None,
    )
    click.echo(f"id      {key.id}\nsecret  {secret}\nThe secret is not stored and cannot be shown again.")


@command.command("list")
def list_command() -> None:
    """List the keys, without their secrets.

    \b
    Example:
      throughfare access list
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    opened = database(settings())
    owners = {member.id: member.email for member in list_members(StaffDesk(opened, settings().clock()))}
    for key in list_keys(opened):
        state = "revoked" if key.revoked_at else "valid"
        kind = f"{key.role} (test)" if key.is_test else key.role
        owner = owners.get(key.staff_id or "", "-")
        click.echo(f"{key.id}  {kind:<16} {key.operator or '-':<12} {state:<8} {owner:<28} {key.label}")


@command.command("own")
@click.argument("key_id")
@click.argument("email")
def own_command(key_id: str, email: str) -> None:
    """Say once whose key KEY_ID is, and those before and after it: they act under that person's name.

    \b
    Example:
      throughfare access own 019a... anna@scheme.example
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()
    own_key(database(configured), configured.clock(), key_id, email)
    click.echo(f"{key_id} belongs to {email}")


@command.command("rotate")
@click.argument("key_id")
@click.option(
    "--overlap-hours", type=click.IntRange(0, 720), default=24, help="The hours that the old key still works."
)
def rotate_command(key_id: str, overlap_hours: int) -> None:
    """Make the successor of a key, with the same role, operator and life, and let the old one expire.

    \b
    Example:
      throughfare access rotate 019a... --overlap-hours 24
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()
    made, secret = rotate_key(
        database(configured), configured.clock(), key_id, overlap=timedelta(hours=overlap_hours)
    )
    click.echo(f"id      {made.id}\nsecret  {secret}\nThe old key ends in {overlap_hours} hours.")


@command.command("revoke")
@click.argument("key_id")
def revoke_command(key_id: str) -> None:
    """Make a key useless at once.

    \b
    Example:
      throughfare access revoke 019a...
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()
    revoke_key(database(configured), configured.clock(), key_id)
    click.echo(f"{key_id} is revoked")


@command.command("sign-out")
@click.argument("email", required=False)
@click.option("--everybody", is_flag=True, help="Sign out every commuter and everybody of the staff.")
def sign_out_command(email: str | None, *, everybody: bool) -> None:
    """Sign somebody out of every device and browser, at once; their password stays.

    \b
    Example:
      throughfare access sign-out anna@example.org
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    if (email is not None) == everybody:
        raise click.UsageError("name one EMAIL, or --everybody")
    configured = settings()
    opened, clock = database(configured), configured.clock()
    ended = end_of_person(opened, clock, email) if email else end_of_everybody(opened, clock)
    click.echo(f"{ended} sessions ended")
