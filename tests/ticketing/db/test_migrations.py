"""The migrations and the tables say the same."""

from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import DatabaseError

from tests.conftest import new_database
from ticketing.db import Database
from ticketing.db.migrate import is_current, upgrade
from ticketing.db.tables.schema import metadata

NOW = "'2026-10-13T02:10:00.000000Z'"
FIRST_RELEASE = (
    "INSERT INTO tariff_version VALUES ('v', 'gulf', {now}, '{{}}')",
    "INSERT INTO quote VALUES ('q', NULL, 'gulf', 'v', 100, 'EUR', {now}, {now}, '{{}}')",
    "INSERT INTO ticket_order VALUES ('o', 'q', 'gulf', 'authorised', 100, 'EUR', {now}, {now})",
    "INSERT INTO order_event VALUES ('e', 'o', {now}, NULL, 'authorised', 'buyer', 'x')",
    "INSERT INTO payment VALUES ('p', 'o', 'demo', 'demo_ok', 'k', 'authorised', 100, 'EUR', NULL, {now})",
)


def test_the_migrated_schema_is_the_schema_of_the_tables(database: Database) -> None:
    with database.read() as tx:
        differences = compare_metadata(
            MigrationContext.configure(tx, opts={"include_object": _is_no_partition}), metadata
        )

    assert differences == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    upgrade(database)

    assert is_current(database)


def test_orders_of_the_first_release_survive_the_wider_states(tmp_path: Path, postgresql_server: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.db'}", new_database(postgresql_server)):
        old = Database(url)
        upgrade(old, "0002_scan_facts")
        with old.write() as tx:
            for statement in FIRST_RELEASE:
                tx.exec_driver_sql(statement.format(now=NOW))

        upgrade(old)

        with old.read() as tx:
            found = tx.exec_driver_sql("SELECT state, credit_minor FROM ticket_order").one()
            assert tuple(found) == ("authorised", 0)
            assert tx.exec_driver_sql("SELECT state, fee_minor FROM payment").one()[0] == "authorised"
            assert tx.exec_driver_sql("SELECT count(*) FROM order_event").scalar_one() == 1
        old.close()


def test_double_uses_survive_the_wider_key_and_one_scan_may_be_that_of_two_tickets(
    tmp_path: Path, postgresql_server: str
) -> None:
    double = "INSERT INTO double_use VALUES ('g', 's', '{jti}', 0, 'tlt', 'tlt', 'a', 'b', 60, {now}, {now})"
    ticket = (
        "INSERT INTO ticket VALUES ('{jti}', 'o', '{jti}', 'valid', 't', 'through', 100, 'EUR', '261013', {at}, {now}, {now}, "
        "{now}, NULL, '{{}}')"
    )
    for url in (f"sqlite:///{tmp_path / 'old.db'}", new_database(postgresql_server)):
        old = Database(url)
        upgrade(old, "0002_scan_facts")
        with old.write() as tx:
            for statement in FIRST_RELEASE:
                tx.exec_driver_sql(statement.format(now=NOW))
        upgrade(old, "0030_passes_and_places")
        with old.write() as tx:
            for at, jti in enumerate(("A", "B")):
                tx.exec_driver_sql(ticket.format(jti=jti, at=at, now=NOW))
            tx.exec_driver_sql(double.format(jti="A", now=NOW))

        upgrade(old)

        with old.write() as tx:
            tx.exec_driver_sql(double.format(jti="B", now=NOW))
            found = tx.exec_driver_sql("SELECT jti, gap_seconds FROM double_use ORDER BY jti").all()
        assert [tuple(row) for row in found] == [("A", 60), ("B", 60)]
        old.close()


def test_what_lines_of_the_bank_were_booked_as_survives_and_begins_their_trails(
    tmp_path: Path, postgresql_server: str
) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.db'}", new_database(postgresql_server)):
        old = Database(url)
        upgrade(old, "0012_run_accounts")
        with old.write() as tx:
            tx.exec_driver_sql(
                "INSERT INTO bank_line VALUES "
                f"('l', 'gulf', 'I', 'S', 1, '2026-10-13', '2026-10-13', 'EUR', -1, '', '', '', '', {NOW})"
            )
            tx.exec_driver_sql(
                f"INSERT INTO bank_match VALUES ('l', 'bank_fee', NULL, NULL, -1, 'r', 'a', {NOW})"
            )

        upgrade(old)

        with old.write() as tx:
            assert tuple(tx.exec_driver_sql("SELECT seq, kind FROM bank_match").one()) == (1, "bank_fee")
            tx.exec_driver_sql(  # as the previous release writes it
                "INSERT INTO bank_line VALUES "
                f"('m', 'gulf', 'I', 'S', 2, '2026-10-13', '2026-10-13', 'EUR', -1, '', '', '', '', {NOW})"
            )
            tx.exec_driver_sql(
                "INSERT INTO bank_match (line_id, kind, amount_minor, reason, actor, at) "
                f"VALUES ('m', 'bank_fee', -1, 'r', 'a', {NOW})"
            )
            tx.exec_driver_sql(
                "INSERT INTO bank_match (line_id, seq, kind, amount_minor, reason, actor, at) "
                f"VALUES ('m', 2, 'unbooked', -1, 'r', 'a', {NOW}), ('m', 3, 'fx', -1, 'r', 'a', {NOW})"
            )
        with pytest.raises(DatabaseError, match="does not clear"), old.write() as tx:
            tx.exec_driver_sql(
                "INSERT INTO bank_match (line_id, seq, kind, amount_minor, reason, actor, at) "
                f"VALUES ('l', 2, 'cleared', -1, 'r', 'a', {NOW})"
            )
        for change in ("UPDATE bank_match SET actor = 'b'", "DELETE FROM bank_match"):
            with pytest.raises(DatabaseError), old.write() as tx:
                tx.exec_driver_sql(change)
        old.close()


def _is_no_partition(part: Any, name: str, kind: str, reflected: bool, other: Any) -> bool:
    """PostgreSQL repeats a foreign key for each partition of the table that it points to."""
    return not (kind == "foreign_key_constraint" and part.elements[0].target_fullname.startswith("months."))
