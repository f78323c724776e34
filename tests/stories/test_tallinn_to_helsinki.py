"""The whole way: search, price, order, pay, tickets, gates, refund, close, on both databases."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.api import Api
from throughfare_gate.tickets.claims import parse
from throughfare_gate.tickets.jwk import load_jwks
from throughfare_gate.tickets.jws import verify
from throughfare_gate.tickets.strict import json_object
from ticketing.db import Database
from ticketing.db.books import month_books

pytestmark = pytest.mark.usefixtures("frozen_rows")


def amount(money: dict[str, str]) -> Decimal:
    return Decimal(money["amount"])


def test_one_ticket_from_a_tallinn_tram_to_a_helsinki_tram_and_every_cent_is_accounted_for(
    api: Api, database_url: str
) -> None:
    bought = api.buy()
    rides = [leg for leg in bought.itinerary["legs"] if leg["kind"] == "ride"]
    assert [rides[0]["operator"], rides[1]["mode"], rides[-1]["operator"]] == ["tlt", "ferry", "hsl"]
    assert bought.order["state"] == "ticketed"
    paid = amount(bought.order["total"])
    assert paid == sum(amount(ticket["price"]) for ticket in bought.tickets)

    keys = load_jwks(api.get("/.well-known/jwks.json").json or {})
    claims = parse(json_object(verify(bought.ticket_of("anna")["token"], "ticket+jwt", keys)))
    assert [leg.operator for leg in claims.legs] == [ride["operator"] for ride in rides]
    qr = api.get(bought.ticket_of("anna")["qr_png"], bought.token)
    assert qr.data.startswith(b"\x89PNG")

    refund = (
        api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["mari"]}, bought.token).json
        or {}
    )
    assert refund["state"] == "confirmed"
    refunded = amount(refund["amount"])

    api.clock.set(datetime.fromisoformat(rides[0]["departure"]))
    tram, ferry = api.key("gate", "tlt"), api.key("gate", rides[1]["operator"])
    token = bought.ticket_of("anna")["token"]
    assert (api.scan(token, tram).json or {})["decision"] == "accept"
    api.clock.advance(timedelta(minutes=5))
    assert (api.scan(token, tram).json or {})["reason"] == "already_used"
    assert (api.scan(token, ferry).json or {})["decision"] == "accept"
    assert (api.scan(bought.ticket_of("mari")["token"], tram).json or {})["reason"] == "revoked"

    api.clock.set(datetime(2026, 11, 2, 8, 0, tzinfo=UTC))
    finance = api.key("finance")
    close = {"region": "helsinki-tallinn", "period": "2026-10"}
    run = api.post("/v1/settlement-runs", close, finance).json or {}
    again = api.post("/v1/settlement-runs", close, finance).json or {}
    assert again["id"] == run["id"]
    net = sum(Decimal(line["net"]) for line in run["operators"])
    vat = sum(Decimal(line["vat"]) for line in run["taxes"])
    fee = sum(Decimal(line["fee"]) for line in run["operators"])
    assert paid - refunded == net + vat + fee
    assert sum(amount(position) for position in run["positions"]) == 0
    assert {payment["to"]: Decimal(payment["amount"]) for payment in run["payments"]} == {
        line["operator"]: Decimal(line["net"]) for line in run["operators"]
    }
    for line in run["operators"]:
        assert statement_total(api, finance, run["id"], line["operator"]) == Decimal(line["net"])
    database = Database(database_url)
    with database.read() as tx:
        assert month_books.unbalanced_entries(tx, "2026-10") == []
    database.close()


def statement_total(api: Api, finance: str, run_id: str, operator: str) -> Decimal:
    response = api.get(f"/v1/settlement-runs/{run_id}/statements/{operator}.csv", finance)
    rows: list[list[Any]] = list(csv.reader(io.StringIO(response.text)))
    assert rows[0][0].startswith("SPECIMEN")
    named = [dict(zip(rows[2], row, strict=True)) for row in rows[3:]]
    total = next(Decimal(row["Net"]) for row in named if row["Booked"] == "Total EUR")
    assert sum(Decimal(row["Net"]) for row in named if row["Line"]) == total
    return total
