"""The page for conductors (docs/delay-confirmations.md): its code takes what we sign and nothing else, and it names every claim and reason."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.claims.coast import Coast
from tests.ticketing.delay_papers.carrier import JWKS, confirmation
from tests.ticketing.tickets.confirming import LATE, OWN, OWN_RING
from tests.ticketing.tickets.mint import ticket
from throughfare_gate.tickets import confirmation as confirmations
from throughfare_gate.tickets.jwk import to_jwk

PAGE = Path("docs/delay-confirmations.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]


def confirmed(token: str, jwks: Any) -> dict[str, Any]:
    """Run the code of the page."""
    page: dict[str, Any] = {}
    exec(CODE, page)
    claims: dict[str, Any] = page["confirmed"](token, jwks)
    return claims


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_code_of_the_page_checks_what_is_signed_and_refuses_a_demo(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    coast.cancel(bought)
    signed = confirmation(api, bought, coast.ship(bought)[0]).json

    with pytest.raises(ValueError, match="demo"):
        confirmed(signed["token"], api.get(JWKS).json)
    real = OWN.sign(confirmations.TYP, LATE)
    assert confirmed(real, {"keys": [to_jwk(OWN_RING["27c"])]}) == LATE


def test_the_code_of_the_page_refuses_a_ticket_another_key_and_a_changed_token() -> None:
    keys = {"keys": [to_jwk(OWN_RING["27c"])]}
    token = OWN.sign(confirmations.TYP, LATE)
    changed = ".".join([token.split(".")[0], OWN.sign(confirmations.TYP, {}).split(".")[1], token[-86:]])

    for bad in (ticket(), changed, "x"):
        with pytest.raises(Exception, match=r"\w"):
            confirmed(bad, keys)
    with pytest.raises(KeyError):
        confirmed(token, {"keys": []})


def test_the_page_names_every_claim_cause_and_reason() -> None:
    names = [*confirmations._CHECKS, *confirmations.CAUSES]
    reasons = ["ok", "malformed", "bad_type", "bad_alg", "unknown_key", "bad_signature", "bad_claims"]

    assert [one for one in (*names, *reasons) if f"`{one}`" not in PAGE] == []
