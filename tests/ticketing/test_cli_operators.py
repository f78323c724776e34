"""`throughfare operators` and `throughfare simulate`, as an operator's engineer uses them."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from tests.api import Api
from ticketing.cli import deployment
from ticketing.cli.operators import command


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[str]:
    """A simulator in a process of its own; the address that it prints."""
    faults = tmp_path / "faults.json"
    faults.write_text('{"faults": [{"call": "reserve", "kind": "unavailable", "nth": 1}]}')
    started = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "ticketing",
            "simulate",
            "maritime",
            "--price",
            "adult=2500",
            "--faults",
            str(faults),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    line = started.stdout.readline()
    yield line.split(" at ")[1].split()[0]
    started.send_signal(signal.SIGTERM)
    assert started.wait(timeout=10) == 0
    started.stdout.close()


def test_a_simulator_speaks_its_protocol_and_shows_what_it_knows(simulator: str) -> None:
    body = {
        "maas_operator_id": "throughfare",
        "departures": [{"trip_id": "T1", "date": "2026-12-01"}],
        "tickets": [{"ticket_type_id": "deck", "customer_type_id": "<b>adult</b>"}],
    }
    with httpx.Client(base_url=simulator, headers={"Authorization": "Bearer sandbox"}) as http:
        planned = http.post("/bookings/", json=body).status_code
        reserved = http.post("/bookings/", json=body).json()
        confirmed = http.post(
            f"/bookings/{reserved['id']}/confirm/", json={"maas_operator_id": "throughfare"}
        )
        page, state = http.get("/"), http.get("/_state").json()
        wrong = http.post("/_faults", json={"faults": [{"call": "confirm", "kind": "bogus"}]})
        stranger = httpx.post(f"{simulator}/bookings/", json=body)

    assert planned == 503
    assert (reserved["status"], confirmed.json()["status"]) == ("RESERVED", "CONFIRMED")
    assert [row["status"] for row in state["state"]["bookings"]] == ["CONFIRMED"]
    assert "nothing here is real" in page.text
    assert "<b>" not in page.text
    assert (wrong.status_code, stranger.status_code) == (400, 401)


def test_the_suite_prints_its_score_and_fails_where_a_promise_is_broken() -> None:
    whole = CliRunner().invoke(command, ["conform", "own", "--json"])
    stranger = CliRunner().invoke(command, ["conform", "nobody"])

    assert whole.exit_code == 0
    assert json.loads(whole.stdout)["percent"] == 100
    assert {one["verdict"] for one in json.loads(whole.stdout)["promises"]} == {"kept", "not_declared"}
    assert stranger.exit_code == 2
    assert "tallink" in stranger.output


def test_an_operator_that_is_away_gets_its_score_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHFARE_TALLINK_URL", "http://127.0.0.1:9/bookings/")
    monkeypatch.setenv("THROUGHFARE_TALLINK_AVAILABILITY_URL", "http://127.0.0.1:9/availability/")

    away = CliRunner().invoke(command, ["conform", "tallink", "--json"])

    assert away.exit_code == 1
    assert json.loads(away.stdout)["may"] == "nothing"


def test_the_usage_of_a_delay_names_what_to_type_and_what_it_means() -> None:
    said = " ".join(CliRunner().invoke(command, ["late", "--help"]).output.split())

    assert "late [OPTIONS] OPERATOR TRIP DAY MINUTES" in said
    for word in ("trip_id", "2026-12-01", "1 to 1440", "planned times", "--undo"):
        assert word in said


@pytest.fixture
def deployed(settings: Any, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The service whose commands run on its database, at its hour."""
    shift = (api.clock.now() - datetime.now(UTC)).total_seconds()
    (tmp_path / "shift").write_text(str(shift))
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("THROUGHFARE_KEYS_FOLDER", str(settings.keys_folder))
    monkeypatch.setenv("THROUGHFARE_DEMO_CLOCK_FILE", str(tmp_path / "shift"))
    deployment.settings.cache_clear()
    yield api
    deployment.settings.cache_clear()


NIGHT = {
    "from": {"stop_id": "viking:TLL-A"},
    "to": {"stop_id": "viking:HEL-KAT"},
    "depart_at": "2026-10-13T23:30:00+03:00",
    "passengers": [{"ref": "anna", "rider_category": "adult"}],
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_word_of_staff_names_the_night_ship_that_it_marks(deployed: Api) -> None:
    """The ship of 00:15 belongs to the day before: whoever typed the day of the calendar marked the ship of the next night."""
    bought = deployed.buy(**NIGHT)
    ship = next(leg for leg in bought.tickets[0]["legs"] if leg["trip_id"] == "VIK-TH-0015")
    sold = next(leg for leg in bought.itinerary["legs"] if leg["trip_id"] == "VIK-TH-0015")

    typed = said("late", "viking", "VIK-TH-0015", "2026-10-14", "40", "--by", "mari")
    meant = said("late", "viking", "VIK-TH-0015", ship["service_date"], "40", "--by", "mari")
    gone = said("cancel", "viking", "VIK-TH-0015", ship["service_date"], "--by", "mari")

    assert ship["service_date"] == sold["service_date"] == "2026-10-13"
    assert "is 40 minutes behind its planned times" in typed
    assert "15 October at 00:15 (2026-10-15)" in typed
    assert "0 valid tickets are for it" in typed
    assert "on 14 October at 00:15" in typed
    assert "belongs to DAY 2026-10-13" in typed
    assert "14 October at 00:15 (2026-10-14)" in meant
    assert "1 valid ticket is for it" in meant
    assert "on 13 October at 00:15 from Tallinn A-terminal belongs to DAY 2026-10-12" in meant
    assert "1 valid ticket is for it" in gone


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_run_that_is_over_is_neither_late_nor_cancelled(deployed: Api) -> None:
    for words in (
        ["late", "viking", "VIK-TH-1030", "2026-10-12", "40"],
        ["cancel", "viking", "VIK-TH-1030", "2026-10-12"],
    ):
        refused = CliRunner().invoke(command, [*words, "--by", "mari"])

        assert refused.exit_code != 0
        assert "is over" in str(refused.exception)
    assert "1440 minutes behind" in said(
        "late", "viking", "VIK-TH-1030", "2026-10-12", "1440", "--by", "mari"
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_said_what_of_a_departure_can_be_read(deployed: Api) -> None:
    said("late", "viking", "VIK-TH-1030", "2026-10-13", "40", "--by", "mari")
    said("cancel", "viking", "VIK-TH-1030", "2026-10-13", "--by", "jaan")
    said("cancel", "viking", "VIK-TH-1030", "2026-10-13", "--by", "jaan", "--undo")

    lines = CliRunner().invoke(command, ["show", "viking"]).output.splitlines()
    rows = json.loads(CliRunner().invoke(command, ["show", "viking", "--json"]).stdout)["said"]

    assert [line.partition("  ")[2] for line in lines] == [
        "jaan: VIK-TH-1030 of DAY 2026-10-13 taken back",
        "jaan: VIK-TH-1030 of DAY 2026-10-13 cancelled",
        "mari: VIK-TH-1030 of DAY 2026-10-13 late by 40 min",
    ]
    assert [(row["by"], row["what"], row["minutes"]) for row in rows][-1] == ("mari", "late", 40)
    assert said("show", "eckero") == ""


def said(*words: str) -> str:
    answer = CliRunner().invoke(command, list(words))
    assert answer.exit_code == 0, (answer.output, answer.exception)
    return " ".join(answer.output.split())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_commands_take_two_lines_for_holders_and_name_the_wrong_one(deployed: Api) -> None:
    ship = ("viking", "VIK-TH-1030", "2026-10-13")
    wrong = CliRunner().invoke(command, ["late", *ship, "40", "--by", "mari", "--note-fi", "Rikki."])
    said("late", *ship, "40", "--by", "mari", "--note-en", "Broken.", "--note-fi", "Rikki.")

    assert "note_en: English is needed" in str(wrong.exception)
    with deployed.client.application.extensions["throughfare"].live.database.read() as tx:
        document = tx.exec_driver_sql("SELECT document FROM run_state").scalar_one()
    assert json.loads(document)["note"] == {"en": "Broken.", "fi": "Rikki."}
