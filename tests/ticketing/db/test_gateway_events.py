"""Reports, disputes and alerts: stored once, changed where they are there, on either database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from ticketing.db import Database
from ticketing.db.sale import gateway_events
from ticketing.db.sale.gateway_events import Dispute, Event

AT = datetime(2026, 10, 13, 6, 0, tzinfo=UTC)


def test_a_report_is_stored_once(database: Database) -> None:
    event = Event(
        gateway="stripe",
        id="evt_1",
        type="charge.refunded",
        object_id=None,
        state="new",
        tries=0,
        received_at=AT,
        next_try_at=AT,
        note="",
        document={},
    )

    with database.write() as tx:
        stored = [gateway_events.store_event(tx, event) for _ in range(2)]

    assert stored == [True, False]


def test_a_dispute_takes_its_new_state(database: Database) -> None:
    opened = Dispute(
        id="dp_1",
        payment_id="payment-1",
        state="open",
        reason="fraudulent",
        amount_minor=3200,
        fee_minor=1500,
        currency="EUR",
        opened_at=AT,
        changed_at=AT,
    )

    with database.engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        else:
            connection.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
        gateway_events.put_dispute(connection, opened)
        gateway_events.put_dispute(connection, replace(opened, state="won", fee_minor=0))
        found = gateway_events.find_dispute(connection, "dp_1")
        connection.rollback()

    assert found is not None
    assert (found.state, found.fee_minor) == ("won", 0)


def test_an_alert_that_was_put_away_waits_again_only_where_it_happened_anew(database: Database) -> None:
    with database.write() as tx:
        for kind, again in (("dispute", False), ("refund_refused", True)):
            gateway_events.raise_alert(tx, kind, "x", "first", AT, again=again)
            gateway_events.resolve_alert_of(tx, kind, "x", "Kadri Tamm", AT)
            gateway_events.raise_alert(tx, kind, "x", "second", AT + timedelta(hours=1), again=again)
        waiting = gateway_events.list_alerts(tx)

    assert [(one.kind, one.detail) for one in waiting] == [("refund_refused", "second")]
