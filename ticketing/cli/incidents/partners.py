"""`throughfare incidents partner`: the deployments with which incidents are shared, and our own keys for them."""

import json
from pathlib import Path
from typing import Any, get_args

import click

from ticketing.cli.by import by_option
from ticketing.cli.incidents.desk import opened
from ticketing.db.incidents.partners import Relation


@click.group("partner")
def partner_group() -> None:
    """Add and end partners. Compare the thumbprints over two channels before you add one: no key is fetched.

    \b
    Example:
      throughfare incidents partner ours > ours.json
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped


@partner_group.command("ours")
def ours_command() -> None:
    """Print our key set for a partner, with the thumbprints to read to them on standard error.

    \b
    Example:
      throughfare incidents partner ours > ours.json
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import partnership  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        text = json.dumps(desk.keys.jwks("incident"))
        click.echo(f"issuer {desk.issuer}; thumbprints {', '.join(partnership.thumbprints(text))}", err=True)
    click.echo(text)


@partner_group.command("add")
@click.argument("issuer")
@click.option("--name", required=True, help="The name by which people call it.")
@click.option("--relation", type=click.Choice(get_args(Relation)), default="community", show_default=True)
@click.option(
    "--jwks",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The partner's key set, as a file.",
)
@click.option("--address", help="The address of its service, https://tickets.example.")
@click.option("--mail", help="The mail address of its officers, a shared one.")
@by_option()
def add_command(jwks: Path, by: str, **given: Any) -> None:
    """Add a partner by its issuer and the keys that two people have compared.

    \b
    Example:
      throughfare incidents partner add tickets.malmo.example --name Malmo --jwks malmo.json \\
        --address https://tickets.malmo.example --by Anna
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import partnership  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        wanted = partnership.NewPartner(jwks=jwks.read_text(encoding="utf-8"), **given)
        partner = partnership.add(desk, wanted, by)
        click.echo(
            f"{partner.name} is a partner; its keys: {', '.join(partnership.thumbprints(partner.jwks))}"
        )


@partner_group.command("list")
def list_command() -> None:
    """List the partners with the thumbprints of their keys.

    \b
    Example:
      throughfare incidents partner list
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import partnership  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        for partner in partnership.list_all(desk):
            ways = ", ".join(way for way in (partner.address, partner.mail) if way) or "files only"
            keys = ", ".join(partnership.thumbprints(partner.jwks))
            click.echo(f"{partner.issuer}  {partner.name}  {partner.relation}  {ways}  {keys}")


@partner_group.command("keys")
@click.argument("issuer")
@click.option("--jwks", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@by_option()
def keys_command(issuer: str, jwks: Path, by: str) -> None:
    """Take a partner's new keys, which two people have compared; the old ones end.

    \b
    Example:
      throughfare incidents partner keys tickets.malmo.example --jwks malmo.json --by Anna
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import partnership  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        partnership.change_keys(desk, issuer, jwks.read_text(encoding="utf-8"), by)
    click.echo(f"the keys of {issuer} are changed")


@partner_group.command("end")
@click.argument("issuer")
@by_option()
def end_command(issuer: str, by: str) -> None:
    """End a partnership: nothing more is sent, taken in or given out.

    \b
    Example:
      throughfare incidents partner end tickets.malmo.example --by Anna
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import partnership  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        partnership.end(desk, issuer, by)
    click.echo(f"{issuer} is a partner no longer")
