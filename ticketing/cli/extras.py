"""Load the commands that are in `throughfare-lab`; where it is not installed each says which extra brings it."""

import importlib
from typing import Any

import click

_OF_THE_LAB = {
    "operators.conformance",
    "operators.simulators",
    "ticketing.cli.conform",
    "ticketing.cli.demo",
    "ticketing.cli.lab",
    "ticketing.cli.rehearse",
    "ticketing.cli.simulate",
    "ticketing.cli.vectors",
    "ticketing.rehearsal",
}


class NotInstalled(click.ClickException):
    """A command of another distribution; exit code 2, as for every request that cannot be met."""

    exit_code = 2


class Lending(click.Group):
    """A group with commands of `throughfare-lab`, each imported when it is asked for.

    `lent` says of each by its name the module whose `command` it is, and the extra that brings it.
    """

    def __init__(self, *args: Any, lent: dict[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lent = lent

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command."""
        return sorted([*super().list_commands(ctx), *self._lent])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a lent command."""
        if cmd_name not in self._lent:
            return super().get_command(ctx, cmd_name)
        return load(*self._lent[cmd_name], cmd_name)


def load(module: str, extra: str, name: str) -> click.Command:
    """Import the command of a module, or give one in its place that names the extra."""
    try:
        found: click.Command = importlib.import_module(module).command
    except ModuleNotFoundError as error:
        if error.name not in _OF_THE_LAB:
            raise
        return _absent(name, extra)
    return found


def _absent(name: str, extra: str) -> click.Command:
    """A command that is not installed: whatever it is asked, it says how to get it."""

    def refuse(**_: Any) -> None:
        path = click.get_current_context().command_path
        raise NotInstalled(f"`{path}` is not installed: pip install 'throughfare[{extra}]' brings it")

    return click.Command(
        name,
        callback=refuse,
        params=[click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        add_help_option=False,
        short_help=f"Not installed: pip install 'throughfare[{extra}]'.",
    )
