"""Show what a rehearsal covered, never reached and found, as tables."""

from collections.abc import Iterable

from rich.table import Table

from ticketing.cli.shown import console_of_tables
from ticketing.rehearsal.journey import Fault
from ticketing.rehearsal.rehearse import Result

_SHOWN = 25
_OPERATORS = "operators: "


def show(result: Result) -> None:
    """Print the tables on standard output."""
    console = console_of_tables()
    console.print(
        f"\n[bold]{result.region}[/bold]: {result.journeys} journeys, months closed: {', '.join(result.months) or 'none'}\n"
    )
    console.print(_covered(result))
    console.print()
    console.print(_outcomes(result))
    console.print()
    if result.never_reached:
        console.print(_list("never reached", result.never_reached))
        console.print()
    unreached = [one.removeprefix(_OPERATORS) for one in result.never_reached if one.startswith(_OPERATORS)]
    if unreached:
        console.print(
            f"[yellow]Nobody travelled with {', '.join(unreached)}.[/yellow] More journeys may reach them; `throughfare region check` "
            "says whose rides can never be sold.",
            soft_wrap=True,
        )
    if not result.faults:
        console.print("[green]No fault.[/green]" if not unreached else "The others had no fault.")
        return
    console.print(_faults(result.faults))
    console.print(f"[red]{len(result.faults)} faults.[/red]")


def _covered(result: Result) -> Table:
    table = Table("covered", "how many", "which", box=None, padding=(0, 2, 0, 0), title_justify="left")
    for name, seen in sorted(result.covered.items()):
        table.add_row(name, str(len(seen)), ", ".join(sorted(seen)))
    return table


def _outcomes(result: Result) -> Table:
    table = Table("journeys ended", "how many", box=None, padding=(0, 2, 0, 0))
    for outcome, count in sorted(result.outcomes.items(), key=lambda pair: -pair[1]):
        table.add_row(outcome, str(count))
    return table


def _list(title: str, lines: Iterable[str]) -> Table:
    table = Table(title, box=None, padding=(0, 2, 0, 0))
    for line in lines:
        table.add_row(line)
    return table


def _faults(faults: list[Fault]) -> Table:
    table = Table("faults", "seen", "smallest input", padding=(0, 2, 0, 0))
    for fault in faults[:_SHOWN]:
        table.add_row(fault.kind, fault.message, _input(fault))
    if len(faults) > _SHOWN:
        table.add_row("...", f"{len(faults) - _SHOWN} more; --json lists all", "")
    return table


def _input(fault: Fault) -> str:
    journey = fault.journey
    if journey is None:
        return "all journeys together"
    brings = f", brings {journey.brings}" if journey.brings else ""
    riders = " + ".join(journey.riders)
    return f"{journey.origin} → {journey.destination} {journey.depart_at:%Y-%m-%d %H:%M}, {riders}{brings}, {journey.ending}"
