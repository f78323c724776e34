"""`throughfare rights`: decide a claim as the engine of passenger rights does, and check the confirmation of a delay."""

import json
import sys
from pathlib import Path
from typing import Any, TextIO

import click

from operators.errors import OperatorError
from tariffs.words import LANGUAGES
from throughfare_gate.strictjson import NotStrict, loads
from throughfare_gate.tickets import confirmation
from throughfare_gate.tickets.confirmation import BadConfirmation
from throughfare_gate.tickets.jwk import BadKey, VerifyKey, load_jwks
from throughfare_gate.tickets.jws import Refused
from ticketing.cli import contract
from ticketing.errors import InvalidRequest
from ticketing.rights import decide, decision_document, read_facts, rules_for

_ADDRESSES = ("https://", "http://")
_OK = 200


@click.group()
def command() -> None:
    """Decide what passenger rights grant for a delay, and check confirmations of delays."""


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


@command.command("confirm-check")
@click.argument("code", metavar="TOKEN")
@click.option(
    "--jwks",
    required=True,
    help="The issuer's keys: a file, or the address of /.well-known/delay-confirmation-jwks.json.",
)
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
def confirm_check_command(code: str, *, jwks: str, language: str) -> None:
    """Check the signed confirmation of a delay: the content of its code, or - for standard input.

    The answer says whether the issuer has signed it, and what it says; exit 1 if it is not genuine. With a file of keys it needs
    no network. A later correction gives another confirmation: of two for one ride the later `iat` counts.

    \b
    Example:
      throughfare rights confirm-check eyJhbGciOi... --jwks delay-confirmation-jwks.json
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    shown = sys.stdin.read(contract.MAX_DOCUMENT_BYTES) if code == "-" else code
    answered = checked(shown.strip(), _ring(jwks), language)
    click.echo(json.dumps(answered, ensure_ascii=False, indent=2))
    sys.exit(0 if answered["genuine"] else 1)


def checked(token: str, ring: dict[str, VerifyKey], language: str) -> dict[str, object]:
    """Answer the contract `rights confirm-check`."""
    from ticketing.delay_papers import shown_as  # noqa: PLC0415  `decide` needs nothing of the service

    try:
        return shown_as(confirmation.read(token, ring), "ok", language)
    except Refused as error:
        return shown_as(None, error.reason, language)
    except BadConfirmation:
        return shown_as(None, "bad_claims", language)


def _ring(jwks: str) -> dict[str, VerifyKey]:
    """Read the keys from a file or an address; raises InvalidRequest."""
    try:
        document = loads(_fetched(jwks) if jwks.startswith(_ADDRESSES) else Path(jwks).read_bytes())
        return load_jwks(document if isinstance(document, dict) else {})
    except (OSError, OperatorError, NotStrict, BadKey, UnicodeDecodeError) as error:
        raise InvalidRequest.at("jwks", str(error) or type(error).__name__) from None


def _fetched(address: str) -> bytes:
    from operators.transport import open_wire  # noqa: PLC0415  only an address needs it

    reply = open_wire(allow_private=True).call("GET", address, changes=False)
    if reply.status != _OK:
        raise InvalidRequest.at("jwks", f"{address} answers {reply.status}")
    return reply.content
