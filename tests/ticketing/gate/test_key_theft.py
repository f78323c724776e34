"""The drill of a stolen signing key: on a copy, with every gate refusing the thief and no honest holder, and a report."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.api import Api
from tests.ticketing.gate.enrolling import enrol
from ticketing.cli import deployment, main
from ticketing.clock import FixedClock
from ticketing.config import DEMO_PASSPHRASE, Settings
from ticketing.gate import drill as drills
from ticketing.tickets.keys import KeyStore


@pytest.fixture
def environment(
    settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    ahead = tmp_path / "ahead"
    ahead.write_text(str(int((clock.now() - datetime.now(UTC)).total_seconds())))
    monkeypatch.setenv("THROUGHFARE_DEMO_CLOCK_FILE", str(ahead))
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("THROUGHFARE_KEYS_FOLDER", str(settings.keys_folder))
    monkeypatch.setattr(drills, "refresh_seconds", lambda _: 1)
    deployment.settings.cache_clear()
    yield
    deployment.settings.cache_clear()


@pytest.mark.usefixtures("environment")
def test_a_drill_times_every_gate_and_touches_nothing(api: Api, settings: Settings, tmp_path: Path) -> None:
    bought, _ = api.buy(), enrol(api)
    gate, old = api.key("gate", "tlt"), bought.ticket_of("anna")["token"]
    keys = KeyStore(settings.keys_folder, DEMO_PASSPHRASE)
    before = keys.records()

    ran = CliRunner().invoke(
        main, ["drill", "signing-key", "--gates", "12", "--out", str(tmp_path / "drills")]
    )

    assert ran.exit_code == 0, ran.output
    report = json.loads(next((tmp_path / "drills").glob("*.json")).read_text())
    assert report["is_well"]
    assert report["thiefs_tickets_passed_before"]
    assert (report["gates_that_still_pass"], report["honest_refused"], report["reissued"]) == (0, [], 2)
    assert report["honest_looked_at"] >= 2
    assert 0 <= report["refused_by_the_first_gate"] <= report["refused_by_every_gate"] < 60
    assert "WELL" in next((tmp_path / "drills").glob("*.txt")).read_text()
    assert KeyStore(settings.keys_folder, DEMO_PASSPHRASE).records() == before
    assert (api.scan(old, gate).json or {})["reason"] == "ok"


@pytest.mark.usefixtures("environment")
def test_a_drill_in_which_nothing_is_signed_anew_is_ill(
    api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    api.buy()
    monkeypatch.setattr(drills, "reissue", lambda *_: 0)

    ran = CliRunner().invoke(main, ["drill", "signing-key", "--gates", "6", "--out", str(tmp_path)])

    assert ran.exit_code == 1, ran.output
    assert "unknown_key after" in ran.output
    assert "ILL" in ran.output
