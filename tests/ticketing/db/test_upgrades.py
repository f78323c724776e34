"""Migrations while a release serves: each a transaction of its own, patient with sales, and older releases go on."""

import re
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.conftest import new_database
from ticketing.db import Database, migrate
from ticketing.db.migrate import is_current, is_served, newest, upgrade

LAST, BEFORE = newest(), "0057_exchanges"
ONE_BEFORE = migrate._chain()[-2]


@pytest.fixture(params=["sqlite", "postgresql"])
def older(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[Database]:
    """A database that the release before has made."""
    server = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else ""
    made = Database(new_database(server) if server else f"sqlite:///{tmp_path}/older.db")
    upgrade(made, BEFORE)
    yield made
    made.close()


def steps(database: Database) -> list[str]:
    with database.read() as tx:
        return list(tx.execute(sa.text("SELECT revision FROM schema_step ORDER BY revision")).scalars())


def test_a_schema_that_lacks_what_the_code_needs_is_not_served(older: Database) -> None:
    assert (is_current(older), is_served(older)) == (False, False)


def test_code_works_on_a_schema_that_lacks_only_what_it_can_do_without(
    older: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_DISPENSABLE", re.compile(f'^revision = "{LAST}"', re.MULTILINE))
    migrate._before_served.cache_clear()
    upgrade(older, ONE_BEFORE)

    served = (is_current(older), is_served(older))

    migrate._before_served.cache_clear()
    assert served == (False, True)


def test_an_older_release_is_served_by_the_schema_of_a_newer_one(older: Database) -> None:
    upgrade(older)
    assert {BEFORE, "0064_people", LAST} <= set(steps(older))
    with older.write() as tx:  # a release to come has run its migration
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '0999_of_a_release_to_come'"))

    assert (is_current(older), is_served(older)) == (False, True)
    with older.write() as tx:  # and a later one ends this release: its tables are gone
        tx.execute(sa.text("DELETE FROM schema_step WHERE revision = :mine"), {"mine": LAST})
    assert not is_served(older)


def test_an_upgrade_gives_way_to_a_sale_and_tries_again(postgresql_server: str) -> None:
    database = Database(new_database(postgresql_server))
    upgrade(database, BEFORE)
    pauses: list[float] = []
    sale = database.engine.connect()
    sale.execute(sa.text("SELECT * FROM api_key"))  # holds its table against every change of it

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            sale.rollback()

    upgrade(database, wait=wait)

    sale.close()
    assert len(pauses) == 2
    assert is_current(database)
    database.close()


def test_two_who_upgrade_at_one_instant_both_succeed(postgresql_server: str) -> None:
    url = new_database(postgresql_server)
    made = Database(url)
    upgrade(made, BEFORE)
    errors: list[Exception] = []

    def run() -> None:
        mine = Database(url)
        try:
            upgrade(mine)
        except Exception as error:  # noqa: BLE001  told below
            errors.append(error)
        mine.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert is_current(made)
    made.close()


def test_a_revision_that_fails_leaves_the_ones_before_it(
    older: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = migrate._run

    def fails_at_the_last(tx: object, configuration: object, script: object, step: str) -> None:
        if step == LAST:
            raise RuntimeError("the power went")
        run(tx, configuration, script, step)  # type: ignore[arg-type]

    monkeypatch.setattr(migrate, "_run", fails_at_the_last)
    with pytest.raises(RuntimeError):
        upgrade(older)
    monkeypatch.undo()
    with older.read() as tx:
        assert tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == ONE_BEFORE

    upgrade(older)

    assert is_current(older)
