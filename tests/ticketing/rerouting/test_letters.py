"""The letter about a cancelled ferry ends with a link that opens the order once; letters about ferries that one has left are not sent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.spoiled import spoiled
from tests.ticketing.rerouting.harbour import ONE, REGION, Harbour, take
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import Region

PAGE = "https://app.example/options"


@pytest.fixture
def harbour(
    settings: Settings,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
    tmp_path: Path,
) -> Iterator[Harbour]:
    there = replace(settings, options_page=PAGE, mail_folder=tmp_path / "mail")
    app = create_app(there, clock=clock, regions=regions, connectors={REGION: ferries})
    with lent(app):
        yield Harbour(Api(app.test_client(), clock, lambda *_: ""), ferries)
    app.extensions["throughfare"].till.database.close()


def mails(harbour: Harbour, tmp_path: Path) -> list[Message]:
    """Let the worker work; answers all mails, the first one first."""
    for _ in range(2):
        harbour.work()
    return [message_from_bytes(path.read_bytes()) for path in sorted((tmp_path / "mail").glob("*.eml"))]


def text_of(mail: Message) -> str:
    part = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    return bytes(part.get_payload(decode=True)).decode()


def printed(paper: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages)


def papers_of(mail: Message) -> list[bytes]:
    """The papers that a mail brings."""
    drawn = [part for part in mail.walk() if (part.get_filename() or "").startswith("ticket-")]
    return [bytes(part.get_payload(decode=True)) for part in drawn]


def letters(harbour: Harbour, tmp_path: Path) -> list[str]:
    """Let the worker work; answers the texts of all letters about ferries that do not run, the first one first."""
    return [text for mail in mails(harbour, tmp_path) if "does not run" in (text := text_of(mail))]


def asks_for_mail(harbour: Harbour, order_id: str, token: str) -> None:
    contact = {"kind": "email", "address": "anna@example.org", "language": "en"}
    headers = {"Authorization": f"Bearer {token}"}
    answer = harbour.api.client.put(
        f"/v1/orders/{order_id}/notify", json={"contacts": [contact]}, headers=headers
    )
    assert answer.status_code == 200, answer.json


def test_the_link_of_a_letter_opens_the_order_once_and_for_two_days(harbour: Harbour, tmp_path: Path) -> None:
    bought = harbour.api.buy(**ONE)
    asks_for_mail(harbour, bought.order["id"], bought.token)
    harbour.cancels(bought)

    (letter,) = letters(harbour, tmp_path)
    address, _, code = next(word for word in letter.split() if word.startswith(PAGE)).partition("#")
    opened, again, forged = (
        harbour.api.post("/v1/orders/link", {"code": one}, once=None) for one in (code, code, spoiled(code))
    )

    assert address == PAGE
    assert bought.token not in letter
    assert opened.json == {"order_id": bought.order["id"], "access_token": bought.token}
    assert (again.status_code, forged.status_code) == (401, 401)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_link_is_over_after_two_days(harbour: Harbour, tmp_path: Path) -> None:
    bought = harbour.api.buy(**ONE)
    asks_for_mail(harbour, bought.order["id"], bought.token)
    harbour.cancels(bought)
    (letter,) = letters(harbour, tmp_path)
    code = next(word for word in letter.split() if word.startswith(PAGE)).partition("#")[2]

    harbour.api.clock.advance(timedelta(hours=48))

    assert harbour.api.post("/v1/orders/link", {"code": code}, once=None).status_code == 401
    for nonsense in ("", "x", "a.b.c.d", "....", "a.b"):
        assert harbour.api.post("/v1/orders/link", {"code": nonsense}, once=None).status_code in {401, 422}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_has_moved_before_the_letter_leaves_hears_only_of_the_ferry_that_they_have(
    harbour: Harbour, tmp_path: Path
) -> None:
    bought = harbour.api.buy(**ONE)
    asks_for_mail(harbour, bought.order["id"], bought.token)
    harbour.cancels(bought)
    take(harbour.api, bought, harbour.options(bought)[0]["options"][0])

    assert letters(harbour, tmp_path) == []
    crossing, _ = harbour.ship(bought)
    new = harbour.ticket(bought)["legs"][crossing]
    harbour.cancels(bought, new)
    (letter,) = letters(harbour, tmp_path)
    assert new["departure"][11:16] in letter


def test_a_moved_holder_gets_the_new_ticket_once_and_reads_that_it_replaces_the_old_one(
    harbour: Harbour, tmp_path: Path
) -> None:
    bought = harbour.api.buy(**ONE)
    asks_for_mail(harbour, bought.order["id"], bought.token)
    (old,) = [paper for mail in mails(harbour, tmp_path) for paper in papers_of(mail)]
    harbour.cancels(bought)
    option = harbour.options(bought)[0]["options"][0]
    take(harbour.api, bought, option)

    *_, mail = mails(harbour, tmp_path)
    again = mails(harbour, tmp_path)

    (new,) = papers_of(mail)
    leaves = option["departure"][11:16]
    assert leaves in text_of(mail)
    assert "replaces your earlier ticket" in text_of(mail)
    assert [leaves in printed(paper) for paper in (old, new)] == [False, True]
    assert len([one for one in again if "replaces your earlier ticket" in text_of(one)]) == 1


def test_a_holder_is_asked_about_a_held_place_and_told_of_the_move_with_the_new_ticket(
    harbour: Harbour, tmp_path: Path
) -> None:
    bought = harbour.api.buy(**ONE)
    asks_for_mail(harbour, bought.order["id"], bought.token)
    only = harbour.leaves_one_way(bought)

    asked = [text_of(one) for one in mails(harbour, tmp_path) if "We keep one for you" in text_of(one)]
    until = datetime.fromisoformat(harbour.options(bought)[0]["held"]["until"])
    harbour.api.clock.advance(timedelta(minutes=60))
    *_, mail = mails(harbour, tmp_path)

    assert len(asked) == 1
    assert only["departure"][11:16] in asked[0]
    assert f"until {until.astimezone(ZoneInfo('Europe/Tallinn')):%H:%M}" in asked[0]
    assert "your ticket will be for this departure" in asked[0]
    assert PAGE in asked[0]
    assert text_of(mail).startswith("You have not answered")
    assert "replaces your earlier ticket" in text_of(mail)
    assert len(papers_of(mail)) == 1
    events = harbour.api.get(f"/v1/orders/{bought.order['id']}/events", bought.token).json["events"]
    names = [one["type"] for one in events if one["type"].startswith("journey.")]
    assert names == ["journey.cancelled", "journey.place_held", "journey.moved"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_holder_hears_that_an_unanswered_place_went_back(harbour: Harbour, tmp_path: Path) -> None:
    harbour.api.clock.advance(timedelta(hours=-4))
    bought = harbour.api.buy(**ONE)
    asks_for_mail(harbour, bought.order["id"], bought.token)
    harbour.leaves_one_way(bought)
    asked = [text_of(one) for one in mails(harbour, tmp_path)]
    harbour.api.clock.advance(timedelta(minutes=60))
    *_, mail = mails(harbour, tmp_path)

    assert any("If you do not answer by then, the place is given back" in text for text in asked)
    assert "has been given back" in text_of(mail)
    assert papers_of(mail) == []


def reminders(harbour: Harbour, tmp_path: Path) -> list[str]:
    """Let the worker work; answers the texts of all reminders."""
    return [text for mail in mails(harbour, tmp_path) if "not chosen yet" in (text := text_of(mail))]


def test_a_holder_who_has_not_chosen_is_reminded_once_before_the_departure(
    harbour: Harbour, tmp_path: Path
) -> None:
    silent, quick = harbour.api.buy(**ONE), harbour.api.buy(**ONE)
    for bought in (silent, quick):
        asks_for_mail(harbour, bought.order["id"], bought.token)
    harbour.cancels(silent)
    take(harbour.api, quick, harbour.options(quick)[0]["options"][0])
    harbour.api.clock.advance(timedelta(minutes=59))
    early = reminders(harbour, tmp_path)

    harbour.api.clock.advance(timedelta(minutes=2))
    first = reminders(harbour, tmp_path)
    harbour.api.clock.advance(timedelta(minutes=30))
    again = reminders(harbour, tmp_path)

    assert early == []
    assert len(first) == len(again) == 1
    assert silent.order["id"] in first[0]
    assert PAGE in first[0]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_takes_the_money_or_whose_departure_is_far_away_is_not_reminded(
    harbour: Harbour, tmp_path: Path
) -> None:
    harbour.api.clock.advance(timedelta(hours=-4))
    paid_back, patient = harbour.api.buy(**ONE), harbour.api.buy(**ONE)
    for bought in (paid_back, patient):
        asks_for_mail(harbour, bought.order["id"], bought.token)
    harbour.cancels(patient)
    money = next(one for one in harbour.options(paid_back)[0]["options"] if one["kind"] == "refund")
    call = take(harbour.api, paid_back, money).json["refund"]
    assert harbour.api.post(call["path"], call["body"], paid_back.token).status_code == 201
    harbour.api.clock.advance(timedelta(minutes=90))
    far = reminders(harbour, tmp_path)

    harbour.api.clock.advance(timedelta(hours=3))
    near = reminders(harbour, tmp_path)

    assert far == []
    assert [patient.order["id"] in one for one in near] == [True]
