"""A worker that is killed while a mail server has its message in hand: the message comes again, known by its id."""

import os
import signal
from pathlib import Path

import pytest

from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.rounds import worker
from ticketing.db.notices import outbox

ANNA = {"kind": "email", "address": "anna@example.org"}
pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def test_a_message_in_hand_comes_again_with_the_same_id(town: Town, tmp_path: Path) -> None:
    town.notify(town.api.buy(), ANNA)
    town.mailbox.held = True
    first = worker(town, tmp_path, 0)
    assert town.mailbox.reached.wait(60)
    os.kill(first.pid, signal.SIGKILL)
    first.wait(30)
    town.mailbox.held = False
    second = worker(town, tmp_path, 300)
    assert second.wait(60) == 0

    assert len({one["Message-ID"] for one in town.mailbox.mails}) == 1
    with town.office.database.read() as tx:
        assert outbox.count_by_state(tx) == {("email", "delivered"): 1}
