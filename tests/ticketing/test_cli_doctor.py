"""`throughfare doctor` tries what a deployment needs, and names each ill thing with its remedy."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ticketing import config
from ticketing.cli import deployment, main
from ticketing.cli.doctor import examine
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.errors import Misconfigured
from ticketing.rooms import build_rooms


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment that has been started once."""
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", f"sqlite:///{tmp_path / 'doctor.db'}")
    monkeypatch.setenv("THROUGHFARE_KEYS_FOLDER", str(tmp_path / "keys"))
    deployment.settings.cache_clear()
    database = Database(f"sqlite:///{tmp_path / 'doctor.db'}")
    upgrade(database)
    database.close()
    build_rooms(config.from_environment(), regions={}).till.database.close()
    return tmp_path


def ill() -> dict[str, str]:
    return {finding.what: finding.said for finding in examine() if finding.verdict == "ill"}


def test_a_deployment_that_is_well_has_nothing_ill(place: Path) -> None:
    done = CliRunner().invoke(main, ["doctor", "--json"])

    assert done.exit_code == 0, done.output
    found = {one["what"] for one in json.loads(done.output)}
    assert {"settings", "schema", "keys", "people", "worker", "audit", "disk"} <= found


def test_what_a_restore_may_lack_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "keys" / "keys.json").rename(place / "keys.json")
    assert "Copy the keys folder" in ill()["keys"]
    (place / "keys.json").rename(place / "keys" / "keys.json")
    assert ill() == {}
    monkeypatch.setenv("THROUGHFARE_KEY_PASSPHRASE", "not the one of this folder")
    assert "THROUGHFARE_KEY_PASSPHRASE" in ill()["keys"]
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert "does not answer" in ill()["schema"]
    monkeypatch.setenv("THROUGHFARE_GATEWAY", "gold")
    assert "THROUGHFARE_GATEWAY" in ill()["settings"]


def test_an_empty_database_is_told_the_command(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "empty.db").touch()
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", f"sqlite:///{place / 'empty.db'}")

    assert "throughfare db upgrade" in ill()["schema"]


def test_a_secret_comes_from_its_file_and_a_file_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("a passphrase of a container\n")
    read = config.from_environment({"THROUGHFARE_KEY_PASSPHRASE_FILE": str(secret)})
    assert read.key_passphrase == "a passphrase of a container"
    (tmp_path / "empty").touch()
    for spoiled in (
        {"THROUGHFARE_KEY_PASSPHRASE_FILE": str(tmp_path / "nowhere")},
        {"THROUGHFARE_KEY_PASSPHRASE_FILE": str(tmp_path / "empty")},
        {"THROUGHFARE_KEY_PASSPHRASE_FILE": str(tmp_path)},
        {"THROUGHFARE_KEY_PASSPHRASE_FILE": str(secret), "THROUGHFARE_KEY_PASSPHRASE": "both"},
    ):
        with pytest.raises(Misconfigured, match="THROUGHFARE_KEY_PASSPHRASE_FILE"):
            config.from_environment(spoiled)
