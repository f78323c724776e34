"""`throughfare rights`: decide a claim as the engine of passenger rights does."""

from typing import Any, TextIO

import click

from ticketing.cli import contract
from ticketing.rights import decide, decision_document, read_facts, rules_for


@click.group()
def command() -> None:
    """Decide what passenger rights grant for a delay or a cancellation."""


@command.command("decide")
@click.argument("request", type=contract.RequestFile())
@click.option("--jsonl", is_flag=True, help="One request a line in, one answer a line out.")
def decide_command(request: TextIO, *, jsonl: bool) -> None:
    """Decide one claim by the rules of its regime.

    REQUEST holds `regime` (rail, sea, bus, se-2015-953, gb-delay-repay, gb-c2c, proposal), `on` (the day of the service), `price`
    {amount, currency}, and what happened: arrival_delay_minutes, cancelled, cause and so on; every other key may be absent. The answer
    names the sums, the article, its level of certainty and the version of the rules. It is no legal advice.

    \b
    Example:
      echo '{"regime": "rail", "on": "2026-12-01", "arrival_delay_minutes": 60,
             "price": {"amount": "40.00", "currency": "EUR"}}' | throughfare rights decide -
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    contract.run(request, answer, jsonl=jsonl)


def answer(document: Any) -> dict[str, object]:
    """Answer the contract `rights decide`; raises InvalidRequest with every fault and its path."""
    facts = read_facts(document)
    return decision_document(decide(facts, rules_for(facts.regime, facts.on)))
