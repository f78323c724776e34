"""A worker that is killed while a mail server has its message in hand: the message comes again, known by its id."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ticketing.notices.conftest import Town
from ticketing.db.notices import outbox

ANNA = {"kind": "email", "address": "anna@example.org"}
pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def worker(town: Town, folder: Path, later_seconds: int) -> "subprocess.Popen[bytes]":
    """Start one round of a worker of the same deployment, by a clock that is so many seconds ahead."""
    clock = folder / f"clock-{later_seconds}"
    clock.write_text(str(later_seconds))
    environment = {
        **os.environ,
        "THROUGHFARE_DATABASE_URL": str(town.office.database.url),
        "THROUGHFARE_KEYS_FOLDER": str(folder / "keys"),
        "THROUGHFARE_SMTP_ADDRESS": town.mailbox.address,
        "THROUGHFARE_MAIL_SENDER": "Throughfare <tickets@throughfare.example>",
        "THROUGHFARE_DEMO_CLOCK_FILE": str(clock),
        "THROUGHFARE_SETTLEMENT_FOLDER": str(folder / "settlement"),
        "THROUGHFARE_LIVE_SECONDS": "0",
    }
    program = [sys.executable, "-m", "ticketing", "worker", "--once"]
    return subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


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
