"""`throughfare devices`: what an operator's technician types."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.ticketing.tickets.mint import phone_jwk
from ticketing.cli import deployment, main
from ticketing.clock import SystemClock
from ticketing.config import DEMO_PASSPHRASE
from ticketing.db import Database
from ticketing.gate import devices
from ticketing.gate.house import Gatehouse
from ticketing.tickets.issue import Press
from ticketing.tickets.keys import KeyStore


@pytest.fixture
def house(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    url = database.url.render_as_string(hide_password=False).replace("+psycopg", "")
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", url)
    monkeypatch.setenv("THROUGHFARE_KEYS_FOLDER", str(tmp_path / "keys"))
    deployment.settings.cache_clear()
    keys = KeyStore(tmp_path / "keys", DEMO_PASSPHRASE)
    keys.create_missing(SystemClock().now())
    press = Press(keys, "throughfare.eu", "http://127.0.0.1:8000", demo=True)
    yield Gatehouse(database=database, clock=SystemClock(), keys=keys, press=press, accept_demo=True)
    deployment.settings.cache_clear()


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["devices", *words])


def test_a_code_is_made_used_listed_and_its_device_revoked(house: Gatehouse) -> None:
    code = run("code", "--operator", "hsl", "--name", "Pasila 3").output.splitlines()[0]
    device = devices.enrol(house, code, phone_jwk(), None).device.id

    listed = run("list", "--operator", "hsl").output
    revoked = run("revoke", "--operator", "hsl", device, "--because", "stolen")

    assert (device in listed, "Pasila 3" in listed, "working" in listed) == (True, True, True)
    assert revoked.exit_code == 0
    assert '"state": "revoked"' in run("list", "--operator", "hsl", "--json").output
    assert run("list", "--operator", "tlt").output == ""
    assert run("journal", "--operator", "hsl").output.splitlines()[-1] == "the journal is whole"
