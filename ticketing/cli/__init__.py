"""The command `throughfare`: one file a group of commands, loaded when it is asked for."""

import gc
import importlib
import io
import os
import sys
from typing import Any, NoReturn

import click

from ticketing.cli import extras
from ticketing.errors import Misconfigured, ThroughfareError

_COMMANDS = {
    "tariff": ("ticketing.cli.tariff.commands", "Check a tariff, price an itinerary, split an amount."),
    "region": ("ticketing.cli.region.commands", "Check a region's folder, begin a new one, rehearse one."),
    "gate": ("ticketing.cli.gate", "Decide about a ticket as a gate does."),
    "impact": ("ticketing.cli.impact", "Show the effect of another tariff on a month's journeys."),
    "rights": (
        "ticketing.cli.rights",
        "Decide what passenger rights grant for a delay, check confirmations.",
    ),
    "devices": ("ticketing.cli.devices", "Enrol, list and revoke the gates of an operator."),
    "keys": ("ticketing.cli.keys", "List, rotate and withdraw the signing keys."),
    "settlement": (
        "ticketing.cli.settlement.commands",
        "Net obligations, close a month, pay, reconcile, answer disputes.",
    ),
    "books": ("ticketing.cli.books", "Prove the books, anchor them, follow a ticket's money."),
    "payments": (
        "ticketing.cli.payments",
        "Compare the gateway's account with the books; list and settle cases.",
    ),
    "publish": ("ticketing.cli.publish", "Publish open data of past months, list and withdraw it."),
    "access": ("ticketing.cli.access", "Make, list and revoke API keys for gates and finance staff."),
    "staff": ("ticketing.cli.staff", "Make, list and end accounts of the console."),
    "db": ("ticketing.cli.db", "Bring the database to the newest schema."),
    "doctor": ("ticketing.cli.doctor", "Try everything that a deployment needs, and name what is wrong."),
    "drill": ("ticketing.cli.drill", "Practise an emergency on a copy: a stolen signing key."),
    "incidents": (
        "ticketing.cli.incidents.commands",
        "Share failures and attacks with partners, answer, keep the clocks.",
    ),
    "audit": ("ticketing.cli.audit", "Export the audit trail of a month, signed, and check an export."),
    "serve": ("ticketing.cli.serve", "Serve the HTTP API under gunicorn."),
    "worker": (
        "ticketing.cli.worker",
        "Finish orders after a crash, expire unpaid ones, do the regular jobs.",
    ),
    "operators": ("ticketing.cli.operators", "Connections to operators' systems, and their conformance."),
    "simulate": ("ticketing.cli.simulate.commands", "Start a stand-in for an operator's system."),
    "demo": ("ticketing.cli.demo.commands", "Play a commuter's day, with pretended money."),
}
# Those of `throughfare-lab`, with the extra that brings them.
_LENT = {"simulate": "lab", "demo": "demo"}


class LazyGroup(click.Group):
    """Imports a command's module only when that command runs, so that `--help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, in the order of the table."""
        return [*_COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command; its object is called `command`."""
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = _COMMANDS[cmd_name][0]
        group: click.Command = (
            extras.load(module, _LENT[cmd_name], cmd_name)
            if cmd_name in _LENT
            else importlib.import_module(module).command
        )
        if "structlog" in sys.modules:  # what a command logs never stands between what it answers
            from ticketing import logs  # noqa: PLC0415  many commands log nothing

            logs.configure(os.environ.get("THROUGHFARE_LOG_FORMAT", "json"))
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        return group

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what is wrong with the request or the surroundings is said in plain words, exit code 2."""
        try:
            return super().invoke(ctx)
        except ThroughfareError as error:
            _refuse(error)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from ticketing.cli.environment import misconfigured  # noqa: PLC0415  only a failure needs it

            trouble = misconfigured(error)
            if trouble is None:
                raise
            _refuse(trouble)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


def _refuse(error: ThroughfareError) -> NoReturn:
    click.echo(f"{error.code}: {error.detail}", err=True)
    for fault in error.faults[1:] and error.faults:  # a single fault is the detail itself
        click.echo(f"  {fault.path}: {fault.message}", err=True)
    if isinstance(error, Misconfigured):
        from ticketing.variables import misspelt  # noqa: PLC0415  only a failure needs it

        for likely in misspelt(os.environ):
            click.echo(f"  {likely}", err=True)
    sys.exit(2)


def program() -> None:
    """Run the command as a process of its own: what it writes is for the account that runs it, and for nobody else."""
    os.umask(0o077)
    # Nothing of a module is garbage: the search for it takes a fifth of the time in which a command's modules are loaded.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        # Output for another program is UTF-8 in every locale; a terminal gets its own encoding.
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    main()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="throughfare")
def main() -> None:
    """One ticket for people who commute across a border: prices, tickets, gates and settlement."""
