"""Staff try another tariff: by a form of the console and by a command, over a month's published journeys; nothing is stored."""

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from tests.api import Api
from tests.ticketing.console.browser import Browser
from tests.ticketing.console.pages import faults_of
from tests.ticketing.impact.published import REGION, publish
from ticketing.cli import main
from ticketing.db import Database
from ticketing.errors import InvalidRequest
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.impact import Proposal, changed_book, what_if

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing of it is stored
PRODUCTS = Path(f"regions/{REGION}/feeds/tallink/fare_products.txt")


@pytest.fixture
def anna(api: Api) -> Any:
    """A person of the finance office at her browser."""
    desk = StaffDesk(api.client.application.extensions["throughfare"].office.database, api.clock)
    first = staff.add(desk, "anna@example.org", "Anna Kask", role="finance")[1]
    transport = httpx.WSGITransport(api.client.application, remote_addr="192.0.2.1")
    browser = Browser("https://throughfare.example", transport)
    browser.sign_in("anna@example.org", first, "a password that is long")
    yield browser
    browser.client.close()


def dearer() -> str:
    return PRODUCTS.read_text(encoding="utf-8").replace("29.00", "33.00")


def test_a_dearer_ship_is_seen_by_pair_and_operator(api: Api, database: Database, anna: Browser) -> None:
    publish(database)
    page = anna.open("/console/what-if", params={"what": "tallink"})
    assert "29.00" in page.text

    shown = anna.press(page, "Show the effect", wanted=dearer())

    assert "This is a trial: nothing was stored." in shown.text
    # 40 journeys from quay to quay pay 4.00 more; through tickets keep their price and share it otherwise.
    assert "Passengers pay more by 160.00 EUR" in shown.text
    assert "Journeys that pay more 40" in shown.text
    assert "29.00 EUR 33.00 EUR 160.00 EUR" in shown.text
    assert [fault for seen in anna.seen for fault in faults_of(seen)] == []


@ON_SQLITE
def test_a_fault_of_the_text_is_told_with_its_row(api: Api, database: Database, anna: Browser) -> None:
    publish(database)
    page = anna.open("/console/what-if", params={"what": "tallink"})

    shown = anna.press(page, "Show the effect", wanted=PRODUCTS.read_text("utf-8").replace("29.00", "cheap"))

    assert "amount" in shown.text
    assert "nothing was stored" not in shown.text


@ON_SQLITE
@pytest.mark.parametrize(
    "odd",
    [[], {}, ["hsl"], None, True, 10**400, "\ud800", "\x00", "<script>"],
    ids=lambda odd: repr(odd)[:12],
)
@pytest.mark.parametrize(
    "field", ["kind", "parties", "apportionment", "prices", "bearer", "when", "broken_by"]
)
def test_an_odd_value_of_an_agreement_is_told_as_a_fault(api: Api, odd: object, field: str) -> None:
    region = api.client.application.extensions["throughfare"].impact.region(REGION)
    documents = json.loads(json.dumps(region.tariff["agreement_documents"]))
    steps = {"steps": [{"method": odd, "by_operator": {}}]}
    for document in documents:
        document[field] = steps if field == "apportionment" else odd

    with pytest.raises(InvalidRequest):
        changed_book(region, (Proposal("agreements.json", json.dumps(documents)),))


@ON_SQLITE
def test_without_a_published_month_nothing_is_compared(api: Api) -> None:
    desk = api.client.application.extensions["throughfare"].impact

    with pytest.raises(InvalidRequest, match="no month of helsinki-tallinn is published yet"):
        what_if(desk, REGION, (Proposal("fare_products.txt", dearer(), "tallink"),))


@ON_SQLITE
@pytest.mark.parametrize(
    ("proposal", "field"),
    [
        (Proposal("agreements.json", "{"), "agreements.json"),
        (Proposal("fare_products.txt", "", "nobody"), "operator"),
        (Proposal("stops.txt", "", "tallink"), "file"),
    ],
)
def test_a_proposal_that_cannot_be_read_names_its_field(
    api: Api, database: Database, proposal: Proposal, field: str
) -> None:
    publish(database)
    desk = api.client.application.extensions["throughfare"].impact

    with pytest.raises(InvalidRequest) as refused:
        what_if(desk, REGION, (proposal,))

    assert refused.value.faults[0].path == field


@ON_SQLITE
def test_without_its_agreements_a_through_journey_pays_all_tickets(api: Api, database: Database) -> None:
    publish(database)
    desk = api.client.application.extensions["throughfare"].impact

    month, effect = what_if(desk, REGION, (Proposal("agreements.json", "[]"),))

    assert month.name == "2026-09"
    assert effect.passengers_minor == 60_500  # what the map says is saved
    assert effect.passengers_minor == sum(effect.operators.values())
    assert list(effect.uncounted) == [("tlt:tallinn", "tlt:tallinn")]


@ON_SQLITE
def test_the_command_tells_the_same(
    api: Api, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(database)
    shutil.copytree(f"regions/{REGION}", tmp_path / REGION)
    changed = tmp_path / REGION / "feeds/tallink/fare_products.txt"
    changed.write_text(dearer(), encoding="utf-8")
    monkeypatch.setattr(
        "ticketing.rooms.build_rooms", lambda _: api.client.application.extensions["throughfare"]
    )

    shown = CliRunner().invoke(main, ["impact", "what-if", REGION, str(tmp_path / REGION)])
    written = CliRunner().invoke(main, ["impact", "what-if", REGION, str(tmp_path / REGION), "--json"])

    assert shown.exit_code == 0, shown.output
    assert (
        "tallink:TLL > tallink:HEL: 40 journeys, 29.00 EUR -> 33.00 EUR, together 160.00 EUR" in shown.output
    )
    assert "Passengers pay 160.00 EUR more: 40 journeys pay more, 0 less" in shown.output
    assert json.loads(written.stdout)["passengers_minor"] == 16_000
