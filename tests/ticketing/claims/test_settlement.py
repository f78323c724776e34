"""Compensation in the operator's month: a line of its own, in its position, and books that prove themselves."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.claims.coast import REGION, Coast
from tests.ticketing.purchase.refunding import faults, minor
from ticketing.claims import verify_claims

pytestmark = pytest.mark.usefixtures("frozen_rows")


def compensated(api: Api, minutes: int = 75) -> tuple[Coast, Any]:
    coast = Coast(api)
    bought = api.buy()
    coast.board(bought)
    coast.delay(bought, minutes)
    coast.wait(bought)
    coast.work()
    (claim,) = coast.claims()
    assert claim["state"] == "paid"
    return coast, claim


def test_the_month_takes_it_from_the_operator_on_a_line_of_its_own(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    coast, claim = compensated(api)
    api.clock.set(datetime(2026, 11, 3, 8, tzinfo=UTC))
    run = api.post("/v1/settlement-runs", {"region": REGION, "period": "2026-10"}, api.key("finance"))
    path = f"/v1/settlement-runs/{(run.json or {})['id']}/statements/{claim['operator']}"
    lines = api.client.get(
        f"{path}.csv", headers={"Authorization": f"Bearer {api.key('operator_finance', claim['operator'])}"}
    ).get_data(as_text=True)

    assert run.status_code == 201, run.json
    (line,) = [one for one in lines.splitlines() if "compensation" in one]
    assert claim["id"] in line
    assert claim["jti"] in line
    assert "19(1)(a)" in line
    other = [one for one in (run.json or {})["other"] if one["kind"] == "compensation"]
    assert [(one["operator"], minor(one)) for one in other] == [(claim["operator"], -claim["amount_minor"])]
    assert faults(api) == []
    assert verify_claims(coast.rooms.till.database, REGION) == (1, [])


def test_a_changed_claim_is_found(api: Api) -> None:
    coast, claim = compensated(api)
    database = coast.rooms.till.database
    with database.write() as tx:
        on = "" if database.is_sqlite else " ON claim"
        tx.exec_driver_sql(f"DROP TRIGGER claim_as_decided{on}")
        change = {"before": '"arrival_delay_minutes":75', "after": '"arrival_delay_minutes":130'}
        tx.execute(sa.text("UPDATE claim SET facts = replace(facts, :before, :after)"), change)

    assert verify_claims(database, REGION)[1] == [
        f"claim {claim['id']}: decided anew it differs in compensation",
        f"claim {claim['id']}: {claim['amount_minor']} minor units are paid, {claim['price_minor'] // 2} are due",
    ]


def test_the_database_refuses_to_change_what_was_decided(api: Api) -> None:
    coast, _ = compensated(api)

    # Each alone, for a refused change ends its transaction.
    for change in (
        "UPDATE claim SET amount_minor = 1",
        "UPDATE claim SET state = 'decided'",
        "DELETE FROM claim",
        "UPDATE claim SET operator = 'hsl'",
        "UPDATE claim_step SET reason = ''",
        "DELETE FROM rule_table",
    ):
        with pytest.raises(sa.exc.IntegrityError), coast.rooms.till.database.write() as tx:
            tx.exec_driver_sql(change)
