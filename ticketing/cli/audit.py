"""`throughfare audit`: the audit trail of a month as one signed file, and the proof that such a file is whole."""

import json
import sys
from pathlib import Path

import click

from ticketing.cli.deployment import current_database, settings
from ticketing.tickets import audit_export
from ticketing.tickets.keys import key_store


@click.group()
def command() -> None:
    """Export the audit trail of a month, signed, and check an export."""


@command.command("export")
@click.argument("month")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write."
)
def export_command(month: str, out: Path) -> None:
    """Write the rows of MONTH (like 2026-11) to a file, one a line, and their signature as the last line.

    \b
    Example:
      throughfare audit export 2026-11 --out audit-2026-11.jsonl
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()
    keys = key_store(configured)
    lines = audit_export.export(current_database(configured), keys, month, configured.clock().now())
    out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    click.echo(f"{len(lines) - 1} rows of {month} are in {out}")


@command.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--keys",
    "jwks",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="The issuer's keys as a JWK set; this deployment's by default.",
)
def verify_command(file: Path, jwks: Path | None) -> None:
    """Check every row of FILE, their chain and the signature; exit 1 where something was changed, added or left out.

    \b
    Example:
      throughfare audit verify audit-2026-11.jsonl
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    if jwks is None:
        configured = settings()
        public = key_store(configured).jwks("books")
    else:
        public = json.loads(jwks.read_text(encoding="utf-8"))
    faults = audit_export.verify(file.read_text(encoding="utf-8").splitlines(), public)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(1)
    click.echo(f"{file} is whole")
