"""A month in which everything is sold that can be: passes, journeys, exchanges both ways, refunds; it closes and is proven."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.identity.people_of import register
from ticketing.cli.worker import run_round
from ticketing.purchase.gateway import reports
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement.proof.verify import verify

pytestmark = pytest.mark.usefixtures("frozen_rows")

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}
TWO = {"passengers": [{"ref": "anna", "rider_category": "adult"}, {"ref": "mari", "rider_category": "child"}]}
LATER = {"depart_at": "2026-10-16T06:10:00+03:00"}


def exchange(api: Api, old: Any, **wish: Any) -> dict[str, Any]:
    made = (
        api.post(
            f"/v1/orders/{old.order['id']}/exchanges", {"quote_id": api.quote(**wish)["id"]}, old.token
        ).json
        or {}
    )
    if made["state"] == "awaiting_payment":
        api.post(f"/v1/orders/{made['id']}/payments", {"method": "demo_ok"}, made["access_token"])
    return made


def test_a_month_of_everything_closes_and_its_books_prove_themselves(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rooms = api.client.application.extensions["throughfare"]
    anna = register(api)
    pass_quote = anna.post("/v1/passes/quotes", {"product": "tll-30d"}, once=None).json
    placed = anna.post("/v1/orders", {"quote_id": pass_quote["id"]}).json
    anna.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"})
    kept, back, lost = api.buy(**TWO), api.buy(**TWO, **LATER), api.buy(**ONE)
    api.post(f"/v1/orders/{back.order['id']}/refunds", {"passengers": ["mari"]}, back.token)
    shorter = api.buy(**ONE, **LATER)
    gone = api.post(
        f"/v1/orders/{shorter.order['id']}/refunds", {"passengers": ["anna"], "legs": [1]}, shorter.token
    )
    assert gone.status_code == 201, gone.json
    exchange(api, api.buy(**ONE, **LATER), **TWO, depart_at="2026-10-17T06:10:00+03:00")
    exchange(api, api.buy(**ONE, **LATER), **ONE, to={"place": "Hobujaama"}, **LATER)
    with rooms.till.database.read() as tx:
        charge = tx.execute(
            sa.text("SELECT external_id FROM payment WHERE order_id = :order"), {"order": lost.order["id"]}
        ).scalar_one()
    for step in ("withdrawn", "lost"):
        reports.learn_dispute(rooms.till, rooms.till.gateway.dispute(charge, step))
    run_round(rooms.till)
    api.clock.advance(timedelta(hours=1, minutes=14))
    api.scan(kept.ticket_of("anna")["token"], api.key("gate", "tlt"), stop_id="09005-1")

    open_month = verify(rooms.office, "helsinki-tallinn", take_back)
    api.clock.set(datetime(2026, 11, 3, 8, tzinfo=UTC))
    run = api.post(
        "/v1/settlement-runs", {"region": "helsinki-tallinn", "period": "2026-10"}, api.key("finance")
    )
    closed_month = verify(rooms.office, "helsinki-tallinn", take_back)

    assert run.status_code == 201, run.json
    assert (open_month.faults, closed_month.faults) == ([], [])
    assert closed_month.checked["tickets"] == 12
    with rooms.till.database.read() as tx:
        left = tx.execute(
            sa.text(
                "SELECT account_id, sum(amount_minor) FROM posting WHERE account_id LIKE 'unearned%' "
                "OR account_id LIKE 'refund_payable%' GROUP BY account_id HAVING sum(amount_minor) <> 0"
            )
        ).all()
    assert left == []
