"""Staff write two lines for those who hold a ticket: each reads them in their language or in English, beside our own sentence."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api import Bought
from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.receivers import text_of
from tests.ticketing.notices.storm import ferry_of
from ticketing.errors import InvalidRequest
from ticketing.regions import by_staff
from ticketing.regions.note import read_note

pytestmark = pytest.mark.usefixtures("quick_hashes")
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOTE = {"en": "The engine is broken.\nWe are sorry.", "et": "Mootor on rikkis.", "fi": " "}


def cancel(town: Town, bought: Bought, note: dict[str, str]) -> None:
    _, operator, trip, day = ferry_of(bought)
    by_staff.cancel_departure(town.live, "helsinki-tallinn", operator, trip, day, by="mari", note=note)


def read(town: Town, bought: Bought, path: str, language: str) -> dict[str, Any]:
    head = {"Authorization": f"Bearer {bought.token}", "Accept-Language": language}
    answer = town.api.client.get(f"/v1/orders/{bought.order['id']}/{path}", headers=head)
    return answer.json or {}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("et", "Teenindajate teade:\nMootor on rikkis."),
        ("fi", "Henkilökunnan viesti englanniksi:\nThe engine is broken.\nWe are sorry."),
        ("en", "From staff:\nThe engine is broken.\nWe are sorry."),
    ],
)
@ONE
def test_a_message_ends_with_the_words_of_staff_in_a_language_that_it_names(
    town: Town, language: str, said: str
) -> None:
    bought = town.api.buy()
    town.notify(bought, {"kind": "email", "address": "anna@example.org", "language": language})
    town.work()
    town.mailbox.mails.clear()

    cancel(town, bought, NOTE)
    town.work()

    text = text_of(town.mailbox.only()).replace("\r\n", "\n").rstrip()
    assert text.endswith(said)
    assert bought.order["id"] in text


def test_who_asks_reads_them_with_the_event_and_with_the_ticket(town: Town) -> None:
    bought = town.api.buy()
    town.api.clock.advance(timedelta(minutes=1))
    cancel(town, bought, NOTE)

    at = ferry_of(bought)[0]
    events = {tongue: read(town, bought, "events", tongue)["events"][-1]["data"] for tongue in ("et", "fi")}
    news = {tongue: read(town, bought, "tickets", tongue)["news"] for tongue in ("et", "sv")}
    assert (events["et"]["note"], events["et"]["note_language"]) == ("Mootor on rikkis.", "et")
    assert events["fi"]["note_language"] == "en"
    assert events["et"]["leg"] == str(at)
    (estonian,) = (one for one in news["et"] if one["leg"] == at)
    (swedish,) = (one for one in news["sv"] if one["leg"] == at)
    assert estonian["note"] == {"text": "Mootor on rikkis.", "language": "et"}
    assert swedish["note"] == {"text": "The engine is broken.\nWe are sorry.", "language": "en"}


@ONE
def test_the_end_of_a_disruption_has_words_of_its_own(town: Town) -> None:
    bought = town.api.buy()
    cancel(town, bought, NOTE)
    town.api.clock.advance(timedelta(minutes=1))
    _, operator, trip, day = ferry_of(bought)
    by_staff.take_back(
        town.live, "helsinki-tallinn", operator, trip, day, by="mari", note={"en": "It is mended."}
    )

    last = read(town, bought, "events", "en")["events"][-1]
    assert (last["type"], last["data"]["note"]) == ("journey.service_restored", "It is mended.")


def who_was_told(town: Town) -> Bought:
    """An order whose buyer was told a minute ago to take the ship at nine."""
    bought = town.api.buy()
    town.notify(bought, {"kind": "email", "address": "anna@example.org", "language": "en"})
    cancel(town, bought, {"en": "Take the ship at nine."})
    town.work()
    town.mailbox.mails.clear()
    town.api.clock.advance(timedelta(minutes=1))
    return bought


def test_who_was_told_is_told_again_when_staff_correct_their_words(town: Town) -> None:
    bought = who_was_told(town)

    cancel(town, bought, {"en": "The ship at nine is full."})
    town.work()

    said = text_of(town.mailbox.only()).replace("\r\n", "\n").rstrip()
    assert said.endswith("From staff:\nThe ship at nine is full.")
    last = read(town, bought, "events", "en")["events"][-1]
    assert (last["type"], last["data"]["note"]) == ("journey.cancelled", "The ship at nine is full.")


@pytest.mark.parametrize("again", [{"en": "Take the ship at nine."}, {}])
@ONE
def test_who_was_told_hears_nothing_of_a_report_without_other_words(
    town: Town, again: dict[str, str]
) -> None:
    bought = who_was_told(town)

    cancel(town, bought, again)
    town.work()

    assert town.mailbox.mails == []


@pytest.mark.parametrize(
    ("note", "field"),
    [
        ({"et": "Mootor on rikkis."}, "note_en"),
        ({"en": "a\nb\nc"}, "note_en"),
        ({"en": "x" * 121}, "note_en"),
        ({"en": "fine", "fi": "<b>rikki</b>"}, "note_fi"),
        ({"en": "fine", "sv": "tyst\u202e"}, "note_sv"),
        ({"en": "fine", "ru": "сломан"}, "note_ru"),
    ],
)
def test_a_note_that_can_be_none_is_refused_by_its_field(note: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_note(note)

    assert refused.value.faults[0].path == field


def test_a_note_may_be_empty_and_is_kept_line_by_line() -> None:
    assert read_note({"en": "", "et": "\n"}) == {}
    assert read_note({"en": "  one   two \n\tthree "}) == {"en": "one two\nthree"}
