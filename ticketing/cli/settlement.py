"""`throughfare settlement`: net obligations, close a month, write statements."""

import json
from pathlib import Path
from typing import Any, TextIO

import click

from tariffs.money import MoneyError, parse
from ticketing.cli import contract
from ticketing.errors import Fault, InvalidRequest
from ticketing.settlement.journal import Format
from ticketing.settlement.netting import Obligation, net
from ticketing.settlement.service import as_dict

_KEYS = ("from", "to", "amount", "currency")


@click.group()
def command() -> None:
    """Net what operators owe each other, close a month, write statements."""


@command.command("net")
@click.argument("request", type=contract.RequestFile())
@click.option("--jsonl", is_flag=True, help="One request a line in, one answer a line out.")
def net_command(request: TextIO, *, jsonl: bool) -> None:
    """Net obligations into positions and few payments.

    \b
    Example:
      echo '{"obligations": [{"from": "A", "to": "B", "amount": "10.00", "currency": "EUR"}]}' \\
        | throughfare settlement net -
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    contract.run(request, _net, jsonl=jsonl)


@command.command("close")
@click.argument("period")
@click.option("--region", default=None, help="The region; the first configured one by default.")
@click.option("--by", "prepared_by", default="command line", show_default=True, help="Who prepares the run.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/statements"),
    show_default=True,
    help="Where one CSV statement per operator is written.",
)
def close_command(period: str, region: str | None, prepared_by: str, out: Path) -> None:
    """Close PERIOD (like 2026-03): positions, netting and a statement per operator.

    \b
    Example:
      throughfare settlement close 2026-03 --by "Anna Kask"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.cli.deployment import office, settings  # noqa: PLC0415  only this command needs the database
    from ticketing.settlement import service  # noqa: PLC0415  see above

    configured = settings()
    desk = office(configured)
    run = service.close(desk, region or configured.regions[0], period, prepared_by)
    folder = out / run.region / run.period
    folder.mkdir(parents=True, exist_ok=True)
    for line in run.document["operators"]:
        statement = folder / f"{line['operator']}.csv"
        with statement.open("w", encoding="utf-8", newline="") as file:
            file.writelines(service.statement(desk, run.id, line["operator"]))
    summary = {
        "run": run.id,
        "state": run.state,
        "digest": run.digest,
        "statements": str(folder),
        **run.document,
    }
    click.echo(json.dumps(summary, ensure_ascii=False, indent=2))


@command.command("journal")
@click.argument("period")
@click.option("--region", default=None, help="The region; the first configured one by default.")
@click.option(
    "--format", "form", type=click.Choice(["beancount", "hledger"]), default="beancount", show_default=True
)
def journal_command(period: str, region: str | None, form: Format) -> None:
    """Write the journal of a closed PERIOD for an auditor's own program.

    \b
    Example:
      throughfare settlement journal 2026-03 > 2026-03.beancount && bean-check 2026-03.beancount
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.cli.deployment import office, settings  # noqa: PLC0415  only this command needs the database
    from ticketing.settlement import service  # noqa: PLC0415  see above

    configured = settings()
    for line in service.write_journal(office(configured), region or configured.regions[0], period, form):
        click.echo(line, nl=False)


def _net(document: Any) -> dict[str, Any]:
    """Answer the contract `settlement net`; raises InvalidRequest with every fault."""
    faults: list[Fault] = []
    if not isinstance(document, dict):
        raise InvalidRequest("the request is not an object", [Fault("", "must be an object")])
    faults.extend(Fault(str(name), "unknown key") for name in document if name != "obligations")
    rows = document.get("obligations")
    if not isinstance(rows, list):
        faults.append(Fault("obligations", "must be a list"))
        rows = []
    obligations = [_obligation(row, f"obligations[{at}]", faults) for at, row in enumerate(rows)]
    if faults:
        raise InvalidRequest("; ".join(f"{fault.path}: {fault.message}" for fault in faults[:3]), faults)
    return as_dict(net(owed for owed in obligations if owed))


def _obligation(row: Any, path: str, faults: list[Fault]) -> Obligation | None:
    if not isinstance(row, dict):
        faults.append(Fault(path, "must be an object"))
        return None
    before = len(faults)
    faults.extend(Fault(f"{path}.{name}", "unknown key") for name in row if name not in _KEYS)
    empty = [name for name in _KEYS if not isinstance(row.get(name), str) or not row[name]]
    faults.extend(Fault(f"{path}.{name}", "must be a text that is not empty") for name in empty)
    if len(faults) > before:
        return None
    if row["from"] == row["to"]:
        faults.append(Fault(f"{path}.to", "nobody owes themselves"))
    try:
        amount = parse(row["amount"], row["currency"])
    except MoneyError as error:
        field = "currency" if "currency" in str(error) else "amount"
        faults.append(Fault(f"{path}.{field}", str(error)))
        return None
    if amount.minor < 0:
        faults.append(Fault(f"{path}.amount", "must not be negative"))
    return Obligation(row["from"], row["to"], amount.minor, amount.currency)
