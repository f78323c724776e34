"""The surroundings' faults are told when `serve` and `worker` start: one line by name, before anybody buys."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from operators import skeleton
from ticketing import config, secret_files, variables
from ticketing.app import create_app
from ticketing.cli import deployment, main
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.tickets.keys import KeyStore

FERRY = """
[operators.connector]
kind = "maritime"
url = "http://127.0.0.1:9/bookings/"
secret = "RAIL_API_KEY"
maas_operator_id = "throughfare"
allow_private = true
"""
Run = Callable[..., Result]
STARTS = [("serve",), ("worker", "--once")]


@pytest.fixture(scope="session")
def isle(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A folder with a small region whose railway has a system with a secret, a broken region, and a database."""
    place = tmp_path_factory.mktemp("isle")
    for path, text in skeleton.files("isle").items():
        (place / "regions/isle" / path).parent.mkdir(parents=True, exist_ok=True)
        (place / "regions/isle" / path).write_text(text, encoding="utf-8")
    toml = place / "regions/isle/region.toml"
    before, states, after = toml.read_text().partition("# An operator that runs in several states")
    toml.write_text(
        before.replace(
            'medium = "app"\nrefund = [{ until_hours_before = 1',
            'refund_bearer = "rail"\nmedium = "app"\nrefund = [{ until_hours_before = 1',
        )
        + states
        + after.replace("# Where a line crosses", FERRY + "\n# Where a line crosses")
    )
    (place / "regions/broken").mkdir()
    (place / "regions/broken/region.toml").write_text('name = "Broken"\n')
    (place / "nobody.json").write_text("[]")
    (place / "good.db").write_bytes(sqlite_template.read_bytes())
    KeyStore(place / "var/keys", config.DEMO_PASSPHRASE).create_missing(datetime(2026, 9, 1, tzinfo=UTC))
    return place


@pytest.fixture
def run(isle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command beside the small region; `serve` ends where gunicorn would begin."""
    monkeypatch.chdir(isle)
    monkeypatch.setattr("ticketing.serving.Server.run", lambda _: None)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(isle))

    def command(words: tuple[str, ...], **changes: str) -> Result:
        chosen = {
            "THROUGHFARE_DATABASE_URL": "sqlite:///good.db",
            "THROUGHFARE_REGIONS": "isle",
            "RAIL_API_KEY": "sandbox",
        }
        for name, value in {**chosen, **changes}.items():
            monkeypatch.setenv(name, value)
        deployment.settings.cache_clear()
        return CliRunner().invoke(main, list(words))

    yield command
    deployment.settings.cache_clear()


def told(result: Result) -> list[str]:
    """List the warnings of the log."""
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    return [line["what"] for line in lines if line["event"] == "setting needs a look"]


@pytest.mark.parametrize("words", STARTS)
@pytest.mark.parametrize(
    ("variable", "value", "changes"),
    [
        ("THROUGHFARE_REGIONS", "atlantis", {}),
        ("THROUGHFARE_REGIONS_FOLDER", "nowhere", {}),
        ("THROUGHFARE_PROOF_ISSUERS", "/nope.json", {}),
        ("THROUGHFARE_PROOF_ISSUERS", "nobody.json", {}),
        ("THROUGHFARE_GATEWAY", "stripe", {}),
        (
            "THROUGHFARE_STRIPE_WEBHOOK_SECRET",
            "",
            {"THROUGHFARE_GATEWAY": "stripe", "THROUGHFARE_STRIPE_SECRET_KEY": "sk_test_1"},
        ),
        ("THROUGHFARE_KEY_PASSPHRASE", "another one", {}),
        ("THROUGHFARE_RAIL_URL", "notaurl", {}),
        ("THROUGHFARE_RAIL_TIMEOUT_MS", "soon", {}),
        ("RAIL_API_KEY", "sandbox\n", {}),
        ("RAIL_API_KEY", "ключ", {}),
    ],
)
def test_a_wrong_setting_ends_the_start_with_one_line_that_names_it(
    run: Run, words: tuple[str, ...], variable: str, value: str, changes: Mapping[str, str]
) -> None:
    result = run(words, **changes, **{variable: value})

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output + repr(result.exception)
    assert (
        variable if variable != "THROUGHFARE_GATEWAY" else "THROUGHFARE_STRIPE_SECRET_KEY"
    ) in result.stderr
    assert "ключ" not in result.stderr


def test_a_start_that_fails_names_the_setting_that_may_be_misspelt(run: Run) -> None:
    result = run(("serve",), THROUGHFARE_KEY_PASSPHRASE="", THROUGHFARE_KEY_PASSFRASE="horse")

    assert result.exit_code == 2
    assert result.stderr.splitlines()[1:] == [
        "  THROUGHFARE_KEY_PASSFRASE is set and is no setting; the nearest is THROUGHFARE_KEY_PASSPHRASE"
    ]


def test_a_region_with_faults_ends_the_start_too(run: Run) -> None:
    result = run(("serve",), THROUGHFARE_REGIONS="broken")

    assert result.exit_code == 2
    assert "see `throughfare region check broken`" in result.stderr.splitlines()[0]


@pytest.mark.parametrize("words", STARTS)
def test_a_variable_that_nothing_reads_is_told_with_the_nearest_name(
    run: Run, words: tuple[str, ...]
) -> None:
    misspelt = {
        "THROUGHFARE_RATELIMITS": "off",
        "THROUGHFARE_RAIL_FOO": "1",
        "THROUGHFARE_RAIL_TIMEOUTMS": "5000",
        "THROUGHFARE_ALLOW_DEMO_PAYMENTS_IN_PRODUCTION": "yes",
        "THROUGHFARE_XYZZYXYZZY": "",
    }

    assert told(run(words, **misspelt)) == [
        "THROUGHFARE_ALLOW_DEMO_PAYMENTS_IN_PRODUCTION is no setting and changes nothing; the nearest is ALLOW_DEMO_PAYMENTS_IN_PRODUCTION",
        "THROUGHFARE_RAIL_FOO is no setting and changes nothing; the nearest is THROUGHFARE_RAIL_URL",
        "THROUGHFARE_RAIL_TIMEOUTMS is no setting and changes nothing; the nearest is THROUGHFARE_RAIL_TIMEOUT_MS",
        "THROUGHFARE_RATELIMITS is no setting and changes nothing; the nearest is THROUGHFARE_RATE_LIMITS",
        "THROUGHFARE_XYZZYXYZZY is no setting and changes nothing",
    ]


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("tariff", {"sqlalchemy", "flask", "httpx", "structlog", "marshmallow"}),
        ("gate", {"sqlalchemy", "flask", "httpx"}),
        ("access", {"flask", "alembic", "ticketing.settlement", "ticketing.regions"}),
        ("worker", {"flask", "ticketing.console"}),
    ],
)
def test_a_command_loads_no_more_than_it_needs_and_so_starts_at_once(module: str, unneeded: set[str]) -> None:
    program = f"import sys, ticketing.cli.{module}; print(*sorted({unneeded!r} & set(sys.modules)))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert loaded.stdout.split() == []


def test_every_name_that_the_settings_read_is_known_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked(dict[str, str]):
        def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
            seen.add(key)
            return super().get(key, default)

    seen: set[str] = set()
    read = secret_files.read
    monkeypatch.setattr(secret_files, "read", lambda environ: Asked(read(environ)))
    config.from_environment({})

    files = {f"{name}_FILE" for name in secret_files.SECRETS}
    assert seen | files == set(variables.SETTINGS)


@pytest.mark.parametrize("words", STARTS)
def test_a_missing_secret_is_told_once_at_the_start(run: Run, words: tuple[str, ...]) -> None:
    assert told(run(words, RAIL_API_KEY="")) == [
        "RAIL_API_KEY is not set: rail (isle) is not asked and sells nothing"
    ]


def test_a_missing_secret_stands_in_the_list_and_on_the_health_page(run: Run) -> None:
    listed = run(("operators", "list"), RAIL_API_KEY="")
    app = create_app(config.from_environment())
    health = app.test_client().get("/healthz").get_json()
    app.extensions["throughfare"].till.database.close()

    assert [line.split()[-1] for line in listed.stdout.splitlines() if " rail " in line] == ["RAIL_API_KEY"]
    assert health["needs_a_look"] == ["RAIL_API_KEY is not set: rail (isle) is not asked and sells nothing"]
    assert "the system of rail (isle) is on this machine: most likely a simulator" in health["stand_ins"]
    assert "127.0.0.1" not in json.dumps(health)


def test_what_a_command_logs_is_not_between_what_it_answers(run: Run) -> None:
    for words in [
        ("operators", "list"),
        ("operators", "tend"),
        ("payments", "alerts"),
        ("payments", "reconcile"),
    ]:
        result = run(words, RAIL_API_KEY="")

        assert "stand-in in use" not in result.stdout, words
        assert "needs a look" not in result.stdout, words


def test_an_older_database_ends_the_start_before_anything_else(run: Run, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    upgrade(database, "0057_exchanges")
    database.close()

    assert (
        "run `throughfare db upgrade`"
        in run(("serve",), THROUGHFARE_DATABASE_URL=f"sqlite:///{tmp_path / 'old.db'}").stderr
    )
