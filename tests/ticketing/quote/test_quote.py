"""Quotes: frozen, explained, and the same again from their stored version."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from ticketing.db import Database
from ticketing.db.tables import sale as tables
from ticketing.quote.service import replay


def test_a_quote_says_everything_behind_its_price(api: Api) -> None:
    quote = api.quote()

    for passenger in quote["passengers"]:
        gross = [share["gross"]["amount"] for share in passenger["shares"]]
        assert len(gross) == 3
        assert passenger["derivation"][-1]["reason"] == "agreement"
        assert {row["member_state"] for row in passenger["taxes"]} == {"EE", "FI", "XX"}
    assert quote["tax_unverified"] is True
    assert api.get(f"/v1/quotes/{quote['id']}").json == quote


def test_a_quote_replays_to_the_same_cent_and_derivation(api: Api, database: Database) -> None:
    quote = api.quote()

    again = replay(database, quote["id"])

    assert again.differences == ()
    assert again.total.text == quote["total"]["amount"]
    assert again.tariff_version == quote["tariff_version"]


def test_a_stored_tariff_that_was_tampered_with_is_noticed(api: Api, database: Database) -> None:
    quote = api.quote()
    with database.write() as tx:
        row: Any = tx.execute(sa.select(tables.tariff_version)).one()
        damaged = row.document.replace('\\"amount\\": \\"32.00', '\\"amount\\": \\"31.00').replace(
            '"32.00"', '"31.00"'
        )
        for trigger in ("tariff_version_no_update", "tariff_version_append_only"):
            statement = f"DROP TRIGGER IF EXISTS {trigger}"
            tx.execute(sa.text(statement if database.is_sqlite else f"{statement} ON tariff_version"))
        tx.execute(sa.update(tables.tariff_version).values(document=damaged))

    again = replay(database, quote["id"])

    assert set(again.differences) >= {"passengers", "tariff_version"}


def test_an_unknown_offer_is_named(api: Api) -> None:
    response = api.post("/v1/quotes", {"offer_id": "none"})

    assert (response.status_code, (response.json or {})["errors"][0]["path"]) == (410, "offer_id")


@pytest.mark.parametrize(
    ("languages", "joint"),
    [
        ("fi-FI, en;q=0.5", "Yhteislippu {}: 32,00 EUR"),
        ("et", "Ühispilet {}: 32,00 EUR"),
        ("sv", "Gemensam biljett {}: 32,00 EUR"),
        ("de", "Joint ticket {}: 32.00 EUR"),
        (None, "Joint ticket {}: 32.00 EUR"),
    ],
)
def test_a_quote_explains_itself_in_the_buyers_language(api: Api, languages: str | None, joint: str) -> None:
    quote = api.quote()
    headers = {"Accept-Language": languages} if languages else {}

    shown = api.client.get(f"/v1/quotes/{quote['id']}", headers=headers).json or {}

    sentence = shown["passengers"][0]["explanation"][-1]
    assert sentence.startswith(joint.format("Tallinna ühistransport + Tallink + HSL"))
