"""Exchanges of some passengers, and books that agree with them."""

from typing import Any

import sqlalchemy as sa

from tests.api import Api, Bought
from ticketing.cli.worker import run_round
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement.proof.verify import verify

LATER = {"depart_at": "2026-10-16T06:10:00+03:00"}


def rooms(api: Api) -> Any:
    return api.client.application.extensions["throughfare"]


def minor(amount: dict[str, str]) -> int:
    return int(amount["amount"].replace(".", ""))


def exchange(api: Api, old: Bought, quoted: list[Any], journey: dict[str, Any] = LATER, **named: Any) -> Any:
    """Exchange for the first offer of another search for some passengers."""
    quote = api.quote(passengers=quoted, **journey)
    return api.post(f"/v1/orders/{old.order['id']}/exchanges", {"quote_id": quote["id"], **named}, old.token)


def taken_less_back(api: Api) -> int:
    query = sa.text("SELECT sum(captured_minor - refunded_minor) FROM demo_charge")
    with rooms(api).till.database.read() as tx:
        return int(tx.execute(query).scalar_one())


def books_agree(api: Api) -> None:
    """Assert that operators have what was taken and not paid back, to the cent, and that every row follows from its decision."""
    run_round(rooms(api).till)
    assert verify(rooms(api).office, "helsinki-tallinn", take_back).faults == []
    with rooms(api).till.database.read() as tx:
        shares, taxes = (
            int(tx.execute(sa.text(f"SELECT sum(gross_minor) FROM {name}")).scalar_one())
            for name in ("alloc_share", "alloc_tax")
        )
    assert (shares, taxes) == (taken_less_back(api), taken_less_back(api))
