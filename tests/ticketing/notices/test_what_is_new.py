"""Each round looks at what is new alone, and a look at everything now and then misses nothing that came late."""

from datetime import timedelta

import pytest

from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.storm import cancel
from ticketing import notices

pytestmark = pytest.mark.usefixtures("quick_hashes")
ANNA = {"kind": "email", "address": "anna@example.org"}


def written(town: Town) -> tuple[int, int]:
    """Let the worker look at what is new, and then at everything; the messages that each of the two writes."""
    return notices.write_new(town.office), notices.write_due(town.office)


def give_back(town: Town, order_id: str, token: str, ref: str) -> None:
    """Give back the ticket of one passenger."""
    town.api.post(f"/v1/orders/{order_id}/refunds", {"passengers": [ref]}, token)


def test_whatever_becomes_so_is_new_for_the_next_round(town: Town) -> None:
    bought = town.api.buy()
    order_id, refs = bought.order["id"], [one["passenger"] for one in bought.tickets]

    assert written(town) == (0, 0)
    town.notify(bought, ANNA)
    assert written(town) == (1, 0)
    town.api.clock.advance(timedelta(hours=1))
    give_back(town, order_id, bought.token, refs[0])
    assert written(town) == (1, 0)
    town.api.clock.advance(timedelta(hours=1))
    cancel(town, bought)
    assert written(town) == (1, 0)


def test_a_contact_that_comes_later_is_new_for_what_has_been_so_for_long(town: Town) -> None:
    bought = town.api.buy()
    give_back(town, bought.order["id"], bought.token, bought.tickets[0]["passenger"])
    cancel(town, bought)
    town.api.clock.advance(timedelta(hours=1))
    town.notify(bought, ANNA)

    assert written(town) == (3, 0)


def test_whatever_reaches_the_database_late_is_found_by_the_look_at_everything(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA)
    cancel(town, bought)
    town.api.clock.advance(notices.NEW_FOR + timedelta(seconds=1))

    assert written(town) == (0, 2)


def test_two_looks_at_once_write_each_message_once(town: Town) -> None:
    bought = town.api.buy()
    town.notify(bought, ANNA, {"kind": "email", "address": "bo@example.org"})
    town.work()
    cancel(town, bought)
    notices.write_new(town.office)
    town.work()
    town.work()

    subjects = sorted((one["To"], one["Subject"].partition(":")[0]) for one in town.mailbox.mails)
    assert [to for to, _ in subjects] == ["anna@example.org"] * 2 + ["bo@example.org"] * 2
