"""A wrong environment is told in one line that names the variable: no traceback, no file left behind."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ticketing.cli import deployment, main
from ticketing.config import DEMO_PASSPHRASE
from ticketing.db import Database
from ticketing.tickets.keys import KeyStore

Run = Callable[..., Result]
REGIONS = Path("regions").resolve()
RUNS = ("settlement", "runs")
CLOSE = ("settlement", "close", "2026-09", "--by", "Anna")
ROOMS = ("operators", "list")


@pytest.fixture
def run(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command in a folder of its own that has a migrated database, a file and a folder."""
    shutil.copy(sqlite_template, tmp_path / "good.db")
    (tmp_path / "file").write_text("not what is wanted")
    (tmp_path / "folder").mkdir()
    (tmp_path / "unread").mkdir()
    (tmp_path / "unread" / "keys.json").write_text("[{}]")
    KeyStore(tmp_path / "keys", DEMO_PASSPHRASE).create_missing(datetime(2026, 9, 1, tzinfo=UTC))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THROUGHFARE_REGIONS_FOLDER", str(REGIONS))
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", "sqlite:///good.db")
    monkeypatch.setenv("THROUGHFARE_KEYS_FOLDER", "keys")

    def command(words: tuple[str, ...], **variables: str) -> Result:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        deployment.settings.cache_clear()
        return CliRunner().invoke(main, list(words))

    yield command
    deployment.settings.cache_clear()


@pytest.mark.parametrize(
    ("variable", "value", "words", "says"),
    [
        ("THROUGHFARE_DATABASE_URL", "nonsense", RUNS, "no address of a database"),
        ("THROUGHFARE_DATABASE_URL", "", RUNS, "is empty"),
        ("THROUGHFARE_DATABASE_URL", "postgresql://u:secret@host:port/name", RUNS, "no address"),
        ("THROUGHFARE_DATABASE_URL", "mysql://u:secret@host/name", RUNS, "names 'mysql'"),
        ("THROUGHFARE_DATABASE_URL", "postgresql+none://u:secret@host/name", RUNS, "driver"),
        ("THROUGHFARE_DATABASE_URL", "sqlite:///missing/new.db", RUNS, "`throughfare db upgrade`"),
        ("THROUGHFARE_DATABASE_URL", "sqlite:///missing.db", ("serve",), "`throughfare db upgrade`"),
        (
            "THROUGHFARE_DATABASE_URL",
            "sqlite:///missing.db",
            ("worker", "--once"),
            "`throughfare db upgrade`",
        ),
        ("THROUGHFARE_DATABASE_URL", "sqlite:///missing.db", ("db", "check"), "`throughfare db upgrade`"),
        ("THROUGHFARE_DATABASE_URL", "sqlite:///file", RUNS, "not an SQLite database"),
        ("THROUGHFARE_DATABASE_URL", "sqlite:///folder", RUNS, "is it a file"),
        ("THROUGHFARE_DATABASE_URL", "sqlite:///file/new.db", ("db", "upgrade"), "is no folder"),
        ("THROUGHFARE_ENVIRONMENT", "staging", RUNS, "development or production"),
        ("THROUGHFARE_REGIONS", "atlantis", ROOMS, "'atlantis'"),
        ("THROUGHFARE_REGIONS", "", RUNS, "is empty"),
        ("THROUGHFARE_REGIONS_FOLDER", "file", RUNS, "is no folder"),
        ("THROUGHFARE_SETTLEMENT_FOLDER", "file", RUNS, "is no folder"),
        ("THROUGHFARE_SETTLEMENT_FOLDER", "", RUNS, "is empty"),
        ("THROUGHFARE_SETTLEMENT_FOLDER", "/proc/settlement", CLOSE, "cannot be used"),
        ("THROUGHFARE_ANCHORS_FOLDER", "file", RUNS, "is no folder"),
        ("THROUGHFARE_KEY_PASSPHRASE", "another one", CLOSE, "does not open the key"),
        ("THROUGHFARE_REGIONS_FOLDER", "folder", ROOMS, "no region at all"),
        ("THROUGHFARE_KEYS_FOLDER", "file", RUNS, "is no folder"),
        ("THROUGHFARE_KEYS_FOLDER", "unread", CLOSE, "is no index of keys"),
        ("THROUGHFARE_KEYS_FOLDER", "/proc/none", CLOSE, "cannot be used"),
        ("THROUGHFARE_KEY_PASSPHRASE", "", RUNS, "is empty"),
        ("THROUGHFARE_ISSUER", "", RUNS, "is empty"),
        ("THROUGHFARE_PUBLIC_URL", "nonsense", RUNS, "an address is like"),
        ("THROUGHFARE_GATEWAY", "paypal", RUNS, "demo or stripe"),
        ("THROUGHFARE_STRIPE_API_ADDRESS", "nonsense", RUNS, "an address is like"),
        ("THROUGHFARE_RATE_LIMITS", "maybe", RUNS, "on or off"),
        ("THROUGHFARE_PROOF_ISSUERS", "missing", ROOMS, "No such file"),
        ("THROUGHFARE_PROOF_ISSUERS", "folder", ROOMS, "Is a directory"),
        ("THROUGHFARE_PROOF_ISSUERS", "file", ROOMS, "cannot be read"),
        ("THROUGHFARE_WEB_ORIGINS", "*", RUNS, "an origin is like"),
        ("THROUGHFARE_PASSKEY_ORIGINS", "app.example", RUNS, "an origin is like"),
        ("THROUGHFARE_OIDC_ISSUER", "https://login.example", RUNS, "CLIENT_ID"),
        ("THROUGHFARE_LIVE_SECONDS", "soon", RUNS, "number of seconds"),
        ("THROUGHFARE_LIVE_SECONDS", "-1", RUNS, "number of seconds"),
        ("THROUGHFARE_WARM_UP", "hot", RUNS, "on or off"),
        ("THROUGHFARE_TALLINK_URL", "nonsense", ROOMS, "THROUGHFARE_TALLINK_URL"),
        ("THROUGHFARE_TALLINK_TIMEOUT_MS", "soon", ROOMS, "whole number"),
        ("THROUGHFARE_LOG_FORMAT", "xml", RUNS, "json or console"),
        ("THROUGHFARE_DEMO_CLOCK_FILE", "folder", RUNS, "Is a directory"),
        ("THROUGHFARE_DEMO_CLOCK_FILE", "file", RUNS, "number of seconds"),
        ("ALLOW_DEMO_PAYMENTS_IN_PRODUCTION", "true", RUNS, "yes or no"),
    ],
)
def test_a_wrong_variable_is_named_in_one_line(
    run: Run, variable: str, value: str, words: tuple[str, ...], says: str
) -> None:
    before = sorted(path.name for path in Path().iterdir())

    result = run(words, **{variable: value})

    lines = [line for line in result.stderr.splitlines() if "stand-in in use" not in line]
    assert (result.exit_code, len(lines)) == (2, 1), result.output + repr(result.exception)
    assert variable.removesuffix("_ISSUER" if "OIDC" in variable else "\0") in lines[0]
    assert says in lines[0]
    assert "secret" not in lines[0]
    assert sorted(path.name for path in Path().iterdir()) in (before, sorted([*before, "var"]))
    assert not list(Path().rglob("missing*"))


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("THROUGHFARE_STRIPE_SECRET_KEY", "must be a secret or restricted key"),
        ("THROUGHFARE_STRIPE_WEBHOOK_SECRET", "is needed"),
    ],
)
def test_stripe_without_its_secrets_names_the_one_that_is_missing(run: Run, missing: str, says: str) -> None:
    secrets = {"THROUGHFARE_STRIPE_SECRET_KEY": "sk_test_1", "THROUGHFARE_STRIPE_WEBHOOK_SECRET": "whsec_1"}

    result = run(ROOMS, THROUGHFARE_GATEWAY="stripe", **{**secrets, missing: ""})

    assert result.exit_code == 2
    assert f"{missing} {says}" in result.stderr


def test_a_database_without_its_schema_says_what_makes_it(run: Run) -> None:
    Path("empty.db").touch()

    result = run(RUNS, THROUGHFARE_DATABASE_URL="sqlite:///empty.db")

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "THROUGHFARE_DATABASE_URL: the schema is missing" in result.stderr
    assert "run `throughfare db upgrade`" in result.stderr


def test_an_older_schema_says_what_makes_it_newer(run: Run) -> None:
    old = Database("sqlite:///good.db")
    with old.write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0056_holds_again'")
    old.close()

    assert "run `throughfare db upgrade`" in run(("serve",)).stderr


def test_an_empty_postgresql_says_what_makes_its_schema(run: Run, postgresql_server: str) -> None:
    result = run(RUNS, THROUGHFARE_DATABASE_URL=postgresql_server)

    assert result.exit_code == 2
    assert "run `throughfare db upgrade`" in result.stderr


def test_a_postgresql_that_is_down_is_named_without_its_password(run: Run) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        result = run(RUNS, THROUGHFARE_DATABASE_URL=f"postgresql://u:secret@127.0.0.1:{port}/name")

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "THROUGHFARE_DATABASE_URL: PostgreSQL does not answer" in result.stderr
    assert "secret" not in result.stderr


def test_a_migration_makes_the_database_that_reading_does_not(run: Run) -> None:
    url = "sqlite:///var/new.db"

    assert run(RUNS, THROUGHFARE_DATABASE_URL=url).exit_code == 2
    assert not Path("var/new.db").exists()
    assert run(("db", "upgrade"), THROUGHFARE_DATABASE_URL=url).exit_code == 0
    assert run(RUNS, THROUGHFARE_DATABASE_URL=url).exit_code == 0


def test_a_defect_of_the_program_keeps_its_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_settings: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(deployment, "office", broken)

    assert isinstance(run(RUNS).exception, ZeroDivisionError)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--help"], 0, "Answer the payment file"),
        (["missing.xml"], 2, "No such file"),
        (["pyproject.toml"], 2, "is no payment file"),
    ],
)
def test_the_demos_bank_explains_itself(words: list[str], code: int, says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ticketing.cli.demo.bank", *words], capture_output=True, text=True, check=False
    )

    assert done.returncode == code
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
