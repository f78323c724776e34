"""On a stormy day the holder hears it from us: once for each thing that happens, in order, and nobody else does."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.receivers import Browser, files_of, text_of
from tests.ticketing.notices.storm import cancel, ferry_of
from ticketing.regions import by_staff

pytestmark = pytest.mark.usefixtures("quick_hashes")
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ANNA = {"kind": "email", "address": "anna@example.org"}


def test_the_holders_of_a_cancelled_ship_are_told_once_and_nobody_else(town: Town) -> None:
    bought = town.api.buy()
    other = town.api.buy(depart_at="2026-10-14T06:10:00+03:00")
    town.notify(bought, {**ANNA, "language": "fi"})
    town.notify(other, {"kind": "email", "address": "bo@example.org"})
    town.work()
    town.mailbox.mails.clear()
    town.mailbox.recipients.clear()
    cancel(town, bought)

    assert (town.work(), town.work()) == (1, 0)
    assert town.mailbox.recipients == ["anna@example.org"]
    mail = town.mailbox.only()
    at = ferry_of(bought)[0]
    entries = Calendar.from_ical(files_of(mail)["journey.ics"]).walk("VEVENT")
    states = {str(one["UID"]).split("@")[0].rpartition("-")[2]: str(one["STATUS"]) for one in entries}
    assert mail["Subject"].startswith("Peruttu: ")
    assert bought.order["id"] in text_of(mail)
    assert states[str(at)] == "CANCELLED"
    assert {int(one["SEQUENCE"]) for one in entries} == {1}


@ONE
def test_a_withdrawn_cancellation_goes_to_those_who_were_told(town: Town) -> None:
    bought, later = town.api.buy(), town.api.buy()
    town.notify(bought, ANNA)
    town.work()
    cancel(town, bought)
    town.work()
    town.notify(later, {"kind": "email", "address": "bo@example.org"})
    town.work()
    town.mailbox.mails.clear()
    _, operator, trip, day = ferry_of(bought)
    town.api.clock.advance(timedelta(minutes=5))
    by_staff.take_back(town.live, "helsinki-tallinn", operator, trip, day, by="mari")
    town.work()

    subjects = [(one["To"], one["Subject"].partition(":")[0]) for one in town.mailbox.mails]
    assert sorted(subjects) == [
        ("anna@example.org", "As planned again"),
        ("bo@example.org", "As planned again"),
    ]


@ONE
def test_a_cancellation_that_is_taken_back_before_anybody_heard_is_told_to_nobody(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA)
    town.work()
    town.mailbox.mails.clear()
    cancel(town, bought)
    _, operator, trip, day = ferry_of(bought)
    town.api.clock.advance(timedelta(minutes=5))
    by_staff.take_back(town.live, "helsinki-tallinn", operator, trip, day, by="mari")

    assert (town.work(), town.mailbox.mails) == (0, [])


@ONE
def test_a_contact_that_comes_later_hears_of_a_cancellation_that_still_holds(town: Town) -> None:
    bought = town.api.buy()
    cancel(town, bought)
    town.api.clock.advance(timedelta(minutes=5))
    town.notify(bought, ANNA)
    town.work()

    subjects = {one["Subject"].partition(":")[0] for one in town.mailbox.mails}
    assert subjects == {"Your tickets", "Cancelled"}


@ONE
def test_two_words_on_one_run_share_a_push_topic(town: Town) -> None:
    bought, browser = town.api.buy(), Browser(f"{town.receiver.url}/push")
    town.notify(bought, browser.subscription)
    town.work()
    cancel(town, bought)
    town.work()
    _, operator, trip, day = ferry_of(bought)
    town.api.clock.advance(timedelta(minutes=5))
    by_staff.take_back(town.live, "helsinki-tallinn", operator, trip, day, by="mari")
    town.work()

    _, cancelled, restored = town.receiver.requests
    read = [browser.read(one.body) for one in (cancelled, restored)]
    assert cancelled.headers["topic"] == restored.headers["topic"]
    assert [one["type"] for one in read] == ["journey.cancelled", "journey.service_restored"]
    assert read[0]["data"]["order_id"] == bought.order["id"]


@ONE
def test_who_has_given_the_ticket_back_is_not_told_of_its_ship(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA)
    town.work()
    refs = [one["passenger"] for one in bought.tickets]
    town.api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": refs}, bought.token)
    town.work()
    town.mailbox.mails.clear()
    cancel(town, bought)

    assert (town.work(), town.mailbox.mails) == (0, [])


@ONE
def test_who_polls_an_order_learns_of_its_runs_too(town: Town) -> None:
    bought = town.api.buy()
    town.api.clock.advance(timedelta(minutes=1))
    cancel(town, bought)
    found = town.api.get(f"/v1/orders/{bought.order['id']}/events", bought.token).json or {}

    last = found["events"][-1]
    assert (last["type"], last["data"]["trip_id"]) == ("journey.cancelled", ferry_of(bought)[2])
