"""Every setting that docs/operate.md names is started once with each value that it documents."""

import json
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gunicorn.config  # noqa: F401  it keeps the folder in which it is first imported
import pytest
from click.testing import CliRunner

from operators.fake import FakeOperator
from tests import softhsm
from tests.source_tree import PYTHONPATH
from ticketing import config, telemetry
from ticketing.app import create_app
from ticketing.cli import deployment, main
from ticketing.clock import FixedClock
from ticketing.errors import Misconfigured
from ticketing.regions import Region

# Settings are in capitals; other tables of the page name other things.
TABLE = re.compile(r"^\| (`[A-Z][^|]+) \|", re.MULTILINE)
STRIPE = {
    "THROUGHFARE_STRIPE_SECRET_KEY": "sk_test_x",
    "THROUGHFARE_STRIPE_WEBHOOK_SECRET": "whsec_new,whsec_old",
    "THROUGHFARE_STRIPE_PUBLISHABLE_KEY": "pk_test_x",
}
OIDC = {
    "THROUGHFARE_OIDC_ISSUER": "https://login.example",
    "THROUGHFARE_OIDC_CLIENT_ID": "throughfare",
    "THROUGHFARE_OIDC_CLIENT_SECRET": "a secret",
    "THROUGHFARE_OIDC_REDIRECT_URI": "https://app.example/signed-in",
}
PRODUCTION = {
    "THROUGHFARE_ENVIRONMENT": "production",
    "THROUGHFARE_KEY_PASSPHRASE": "long and of this deployment",
    "ALLOW_DEMO_PAYMENTS_IN_PRODUCTION": "yes",
    "THROUGHFARE_PUBLIC_URL": "https://throughfare.example",
}
# Each setting with the surroundings in which each of its documented values is started.
STARTS: dict[str, list[dict[str, str]]] = {
    "THROUGHFARE_DATABASE_URL": [{}],  # SQLite here; both databases in the fixture of every other test
    "THROUGHFARE_ENVIRONMENT": [{"THROUGHFARE_ENVIRONMENT": "development"}, PRODUCTION],
    "THROUGHFARE_REGIONS": [{"THROUGHFARE_REGIONS": "helsinki-tallinn,oresund"}],
    "THROUGHFARE_REGIONS_FOLDER": [{"THROUGHFARE_REGIONS_FOLDER": str(Path("regions").absolute())}],
    "THROUGHFARE_KEYS": [{"THROUGHFARE_KEYS": "files"}, {"THROUGHFARE_KEYS": "pkcs11"}],
    "THROUGHFARE_PKCS11_MODULE": [{"THROUGHFARE_KEYS": "pkcs11"}],
    "THROUGHFARE_PKCS11_TOKEN": [{"THROUGHFARE_KEYS": "pkcs11"}],
    "THROUGHFARE_PKCS11_PIN": [{"THROUGHFARE_KEYS": "pkcs11"}],
    "THROUGHFARE_KEYS_FOLDER": [{"THROUGHFARE_KEYS_FOLDER": "other-keys"}],
    "THROUGHFARE_CACHE_FOLDER": [{"THROUGHFARE_CACHE_FOLDER": "other/cache"}],
    "THROUGHFARE_KEY_PASSPHRASE": [{"THROUGHFARE_KEY_PASSPHRASE": "long and of this deployment"}],
    "THROUGHFARE_ISSUER": [{"THROUGHFARE_ISSUER": "tickets.example"}],
    "THROUGHFARE_PUBLIC_URL": [{"THROUGHFARE_PUBLIC_URL": "https://throughfare.example"}],
    "THROUGHFARE_GATEWAY": [{"THROUGHFARE_GATEWAY": "demo"}, {"THROUGHFARE_GATEWAY": "stripe", **STRIPE}],
    "THROUGHFARE_STRIPE_SECRET_KEY": [{"THROUGHFARE_GATEWAY": "stripe", **STRIPE}],
    "THROUGHFARE_STRIPE_WEBHOOK_SECRET": [{"THROUGHFARE_GATEWAY": "stripe", **STRIPE}],
    "THROUGHFARE_STRIPE_PUBLISHABLE_KEY": [{"THROUGHFARE_GATEWAY": "stripe", **STRIPE}],
    "THROUGHFARE_SALE_CHANNEL": [{"THROUGHFARE_SALE_CHANNEL": "app"}],
    "THROUGHFARE_RATE_LIMITS": [{"THROUGHFARE_RATE_LIMITS": "on"}, {"THROUGHFARE_RATE_LIMITS": "off"}],
    "THROUGHFARE_POOLER": [{"THROUGHFARE_POOLER": "none"}, {"THROUGHFARE_POOLER": "transaction"}],
    "THROUGHFARE_SECOND_FACTOR": [
        {"THROUGHFARE_SECOND_FACTOR": "optional"},
        {"THROUGHFARE_SECOND_FACTOR": "required"},
        {**PRODUCTION, "THROUGHFARE_SECOND_FACTOR": "required"},
    ],
    "THROUGHFARE_ORDERS_AT_ONCE": [{"THROUGHFARE_ORDERS_AT_ONCE": count} for count in ("3", "0", "64")],
    "THROUGHFARE_COMMIT_SECONDS": [{"THROUGHFARE_COMMIT_SECONDS": count} for count in ("2", "0")],
    "THROUGHFARE_TRUSTED_PROXIES": [{"THROUGHFARE_TRUSTED_PROXIES": count} for count in "012"],
    "THROUGHFARE_OPEN_BIND": [{"THROUGHFARE_OPEN_BIND": word} for word in ("refused", "allowed")],
    "THROUGHFARE_PROOF_ISSUERS": [{"THROUGHFARE_PROOF_ISSUERS": "issuers.json"}],
    "THROUGHFARE_WEB_ORIGINS": [{"THROUGHFARE_WEB_ORIGINS": "https://app.example"}],
    "THROUGHFARE_PASSKEY_ORIGINS": [
        {"THROUGHFARE_PASSKEY_ORIGINS": "https://app.example,android:apk-key-hash:abc"}
    ],
    "THROUGHFARE_OIDC_ISSUER": [OIDC],
    "THROUGHFARE_OIDC_CLIENT_ID": [OIDC],
    "THROUGHFARE_OIDC_CLIENT_SECRET": [OIDC],
    "THROUGHFARE_OIDC_REDIRECT_URI": [OIDC],
    "THROUGHFARE_OIDC_ACR": [{**OIDC, "THROUGHFARE_OIDC_ACR": "substantial high"}],
    "THROUGHFARE_OIDC_MAX_AGE": [{**OIDC, "THROUGHFARE_OIDC_MAX_AGE": age} for age in ("0", "3600")],
    "THROUGHFARE_LIVE_SECONDS": [{"THROUGHFARE_LIVE_SECONDS": "30"}, {"THROUGHFARE_LIVE_SECONDS": "0"}],
    "THROUGHFARE_WARM_UP": [{"THROUGHFARE_WARM_UP": "on"}, {"THROUGHFARE_WARM_UP": "off"}],
    "THROUGHFARE_<OPERATOR>_<NAME>": [{"THROUGHFARE_TALLINK_URL": "https://booking.example"}],
    "THROUGHFARE_SETTLEMENT_FOLDER": [{"THROUGHFARE_SETTLEMENT_FOLDER": "exports"}],
    "THROUGHFARE_ANCHORS_FOLDER": [{"THROUGHFARE_ANCHORS_FOLDER": "anchors"}],
    "THROUGHFARE_DEMO_CLOCK_FILE": [{"THROUGHFARE_DEMO_CLOCK_FILE": "clock"}],
    "THROUGHFARE_SMTP_ADDRESS": [
        {
            "THROUGHFARE_SMTP_ADDRESS": f"{scheme}://{who}mail.example",
            "THROUGHFARE_MAIL_SENDER": "T <t@example.eu>",
        }
        for scheme, who in (("smtp", ""), ("smtp+starttls", "a:b%40c@"), ("smtps", "a:b@"))
    ],
    "THROUGHFARE_MAIL_SENDER": [{"THROUGHFARE_MAIL_SENDER": "Throughfare <tickets@example.eu>"}],
    "THROUGHFARE_MAIL_FOLDER": [{"THROUGHFARE_MAIL_FOLDER": "mail"}],
    "THROUGHFARE_MESSAGES_REACH": [
        {"THROUGHFARE_MESSAGES_REACH": "public"},
        {"THROUGHFARE_MESSAGES_REACH": "anywhere"},
    ],
    "THROUGHFARE_OPTIONS_PAGE": [{"THROUGHFARE_OPTIONS_PAGE": "https://app.example/options"}],
    "THROUGHFARE_LOG_FORMAT": [{"THROUGHFARE_LOG_FORMAT": "json"}, {"THROUGHFARE_LOG_FORMAT": "console"}],
    "THROUGHFARE_TELEMETRY": [{"THROUGHFARE_TELEMETRY": "http://127.0.0.1:9"}],
    "ALLOW_DEMO_PAYMENTS_IN_PRODUCTION": [PRODUCTION],
}
# These say what is loaded; all others are started with regions that are loaded once for the whole session.
LOADS = {"THROUGHFARE_REGIONS", "THROUGHFARE_<OPERATOR>_<NAME>"}


def documented() -> list[str]:
    """Every setting of the table, `A`, `_B` being two of one name's beginning."""
    found = []
    for cell in TABLE.findall(Path("docs/operate.md").read_text(encoding="utf-8")):
        names = re.findall(r"`([^`]+)`", cell)
        stem = names[0].rpartition("_")[0]
        stem = re.sub(r"_(SECRET|ISSUER)$", "", stem) if len(names) > 1 else stem
        found += [name if name[0] != "_" else stem + name for name in names]
    return found


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a migrated database; the regions stay where they are."""
    shutil.copy(sqlite_template, tmp_path / "good.db")
    (tmp_path / "issuers.json").write_text(json.dumps({}))
    (tmp_path / "clock").write_text("-86400")
    monkeypatch.setenv("THROUGHFARE_REGIONS_FOLDER", str(Path("regions").absolute()))
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    deployment.settings.cache_clear()


def test_every_documented_setting_is_started_here() -> None:
    assert sorted(documented()) == sorted(STARTS)


@pytest.mark.parametrize(
    ("name", "environment"),
    [(name, environment) for name, starts in STARTS.items() for environment in starts],
)
def test_the_service_starts_and_answers_with_each_documented_value(
    place: Path, regions: dict[str, Region], name: str, environment: dict[str, str], monkeypatch: Any
) -> None:
    chosen = {
        "THROUGHFARE_DATABASE_URL": f"sqlite:///{place / 'good.db'}",
        "THROUGHFARE_REGIONS_FOLDER": str(Path(__file__).parents[2] / "regions"),
        **environment,
    }
    if chosen.get("THROUGHFARE_KEYS") == "pkcs11":
        chosen |= softhsm.variables(softhsm.make_token(place / "hsm", monkeypatch))
    for variable, value in chosen.items():
        monkeypatch.setenv(variable, value)

    app = create_app(config.from_environment(chosen), regions=None if name in LOADS else regions)

    assert app.test_client().get("/readyz").get_json()["status"] == "ready"
    assert app.test_client().get("/v1/places?q=Kopli").status_code == 200
    app.extensions["throughfare"].till.database.close()
    telemetry.end()


def test_without_rate_limits_nobody_is_counted(
    place: Path, regions: dict[str, Region], clock: FixedClock, ferries: dict[str, FakeOperator]
) -> None:
    chosen = {
        "THROUGHFARE_DATABASE_URL": f"sqlite:///{place / 'good.db'}",
        "THROUGHFARE_REGIONS_FOLDER": str(Path(__file__).parents[2] / "regions"),
        "THROUGHFARE_RATE_LIMITS": "off",
    }
    app = create_app(
        config.from_environment(chosen),
        clock=clock,
        regions=regions,
        connectors={"helsinki-tallinn": ferries},
    )
    client = app.test_client()

    statuses = {client.post("/v1/sessions/refresh", json={}).status_code for _ in range(30)}
    statuses |= {client.post("/v1/sign-in/passkey/options", json={}).status_code for _ in range(30)}

    assert statuses == {422, 200}


@pytest.mark.parametrize("count", ["-1", "ten", "10", "1.0", "¹"])
def test_a_number_of_proxies_that_cannot_be_is_named(count: str) -> None:
    with pytest.raises(Misconfigured, match="THROUGHFARE_TRUSTED_PROXIES"):
        config.from_environment({"THROUGHFARE_TRUSTED_PROXIES": count})


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "[::]:8000", ":8000", "192.0.2.7:80", "app.example:80"])
def test_e5_an_address_that_strangers_reach_needs_a_proxy_that_reads_with_a_deadline(
    place: Path, bind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketing.serving.Server.run", lambda _: None)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(place))
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", "sqlite:///good.db")

    def serve(**environment: str) -> tuple[int, str]:
        deployment.settings.cache_clear()
        done = CliRunner().invoke(main, ["serve", "--bind", bind], env=environment)
        return done.exit_code, done.output

    code, told = serve()
    assert code == 2
    assert "THROUGHFARE_TRUSTED_PROXIES" in told
    assert "THROUGHFARE_OPEN_BIND" in told
    assert serve(THROUGHFARE_TRUSTED_PROXIES="1")[0] == 0
    assert serve(THROUGHFARE_OPEN_BIND="allowed")[0] == 0


@pytest.mark.parametrize(
    "bind", ["127.0.0.1:8000", "[::1]:8000", "localhost:8000", "unix:/run/throughfare/web"]
)
def test_an_address_of_this_machine_alone_needs_no_proxy(
    place: Path, bind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketing.serving.Server.run", lambda _: None)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(place))
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", "sqlite:///good.db")
    deployment.settings.cache_clear()

    assert CliRunner().invoke(main, ["serve", "--bind", bind]).exit_code == 0


def test_e15_what_a_command_writes_is_for_its_own_account_alone(place: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": PYTHONPATH,
        "THROUGHFARE_DATABASE_URL": "sqlite:///var/new.db",
        "THROUGHFARE_KEYS_FOLDER": "var/keys",
    }
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, runpy; os.umask(0o022); runpy.run_module('ticketing')",
            "db",
            "upgrade",
        ],
        cwd=place,
        env=environment,
        check=True,
        capture_output=True,
    )

    assert stat.S_IMODE((place / "var/new.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((place / "var").stat().st_mode) == 0o700
