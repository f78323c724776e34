"""`throughfare drill restore` on both databases: a backup is restored to a moment and proven, and what is ill is named."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from tests import postgresql
from tests.api import Api
from ticketing.cli import deployment, main
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.restoring import count_rows, restored
from ticketing.errors import Misconfigured


@pytest.fixture
def programs(database: Database) -> list[str]:
    """The option that names PostgreSQL's programs, where the server has them."""
    if database.is_sqlite:
        return []
    with database.read() as tx:
        place = Path(tx.execute(sa.text("SHOW data_directory")).scalar_one()).parent / "install/bin"
    return ["--programs", str(place if place.is_dir() else postgresql.find_programs())]


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder with a short name, as a socket needs."""
    with tempfile.TemporaryDirectory(prefix="throughfare-test-", ignore_cleanup_errors=True) as place:
        yield Path(place)


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("THROUGHFARE_KEYS_FOLDER", str(settings.keys_folder))
    monkeypatch.setenv("THROUGHFARE_REGIONS_FOLDER", str(Path("regions").absolute()))
    monkeypatch.chdir(tmp_path)
    deployment.settings.cache_clear()
    yield
    deployment.settings.cache_clear()


def drill(*words: str) -> tuple[Result, dict[str, str]]:
    """Run the drill; answers its end, and the fault of each proof by its name."""
    done = CliRunner().invoke(main, ["drill", "restore", *words])
    report = json.loads(next(Path("var/drills").glob("restore-*.json")).read_text(encoding="utf-8"))
    return done, {proof["what"]: proof["fault"] for proof in report["proofs"]}


@pytest.mark.usefixtures("environment")
def test_a_deployment_that_is_restored_has_its_tickets_keys_and_books(api: Api, programs: list[str]) -> None:
    api.buy()

    done, faults = drill(*programs)

    assert (done.exit_code, done.output.splitlines()[-2]) == (0, "WELL"), done.output
    assert set(faults) == {"rows", "schema", "keys", "audit trail", "books of helsinki-tallinn"}
    assert set(faults.values()) == {""}
    assert "ticket 2" in done.output


@pytest.mark.usefixtures("environment")
def test_a_key_that_the_backup_lacks_is_named(api: Api, settings: Settings, programs: list[str]) -> None:
    api.buy()
    lost = next(iter(sorted(settings.keys_folder.glob("*.pem"))))
    lost.unlink()

    done, faults = drill(*programs)

    assert (done.exit_code, done.output.splitlines()[-2]) == (1, "ILL"), done.output
    assert lost.stem in faults["keys"]
    assert faults["rows"] == ""


def test_nothing_after_the_moment_is_there(
    api: Api, database: Database, programs: list[str], scratch: Path
) -> None:
    api.buy()
    before = count_rows(database)

    with restored(database, scratch, Path(programs[1]) if programs else None) as there:
        api.buy()
        copy = Database(there.url)
        rows = count_rows(copy)
        copy.close()

    assert rows == before == there.before
    assert count_rows(database)["ticket"] == 2 * rows["ticket"] > 0


def test_programs_that_are_not_there_are_named(postgresql_url: str, tmp_path: Path) -> None:
    live = Database(postgresql_url)

    with (
        pytest.raises(Misconfigured, match="pg_basebackup, pg_receivewal, pg_ctl not found"),
        restored(live, tmp_path, tmp_path),
    ):
        raise AssertionError
    live.close()
