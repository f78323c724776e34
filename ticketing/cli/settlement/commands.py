"""`throughfare settlement`: net obligations, and everything that closes a month (month.py)."""

from typing import Any, TextIO

import click

from tariffs.money import MoneyError, parse
from ticketing.cli import contract
from ticketing.cli.settlement import bank, exchanging, month
from ticketing.errors import Fault, InvalidRequest
from ticketing.settlement.month import Obligation, net
from ticketing.settlement.service import as_dict

_KEYS = ("from", "to", "amount", "currency")


@click.group()
def command() -> None:
    """Net the debts between operators, close a month, pay, reconcile, answer disputes."""


for _commands in (month.COMMANDS, bank.COMMANDS, exchanging.COMMANDS):
    for _one in _commands:
        command.add_command(_one)


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
