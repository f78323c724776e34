"""What gates accepted before there were judged uses is carried over, and every ticket gets its control code."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic import command

from ticketing.db import Database
from ticketing.db.migrate import _configuration, upgrade
from ticketing.db.ticket import tickets, uses

AT = datetime(2026, 10, 13, tzinfo=UTC)
JTI = "A" * 22


def test_uses_and_control_codes_are_carried_over(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    database.create()
    configuration = _configuration()
    with database.write() as tx:
        configuration.attributes["connection"] = tx
        command.upgrade(configuration, "0002_scan_facts")
    at, late = (
        AT.isoformat(timespec="microseconds"),
        (AT + timedelta(hours=9)).isoformat(timespec="microseconds"),
    )
    with database.write() as tx:
        for statement in (
            f"INSERT INTO offer VALUES ('o', 'r', '{at}', '{late}', '{{}}')",
            f"INSERT INTO tariff_version VALUES ('t', 'r', '{at}', '{{}}')",
            f"INSERT INTO quote VALUES ('q', 'o', 'r', 't', 0, 'EUR', '{at}', '{late}', '{{}}')",
            f"INSERT INTO ticket_order VALUES ('x', 'q', 'r', 'ticketed', 0, 'EUR', '{at}', '{late}')",
            f"INSERT INTO ticket VALUES ('{JTI}', 'x', 'anna', 'valid', 'tok', 'p', 0, 'EUR', '1', 5, '{at}', '{at}', '{late}', NULL, '{{}}')",
            f"INSERT INTO use_claim VALUES ('{JTI}', 0, 1, 'tlt', 'gate', 'scan', '09005-1', '{at}')",
        ):
            tx.exec_driver_sql(statement)

    upgrade(database)

    with database.read() as tx:
        carried = uses.list_uses(tx, JTI)
        found = tickets.list_by_control_code(tx, tickets.control_code_of(JTI), AT)
        changed = uses.list_changed(tx, "tlt", None, AT, 10)
    database.close()
    assert [(use.scan_id, use.gate, use.kind, use.at) for use in carried] == [("scan", "09005-1", "ride", AT)]
    assert ([ticket.jti for ticket in found], changed) == ([JTI], [(JTI, AT)])
