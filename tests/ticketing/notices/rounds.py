"""One round of a worker as a process of its own, which a test may kill."""

import os
import subprocess
import sys
from pathlib import Path

from tests.ticketing.notices.conftest import Town


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
        "THROUGHFARE_MESSAGES_REACH": "anywhere",
        "THROUGHFARE_DEMO_CLOCK_FILE": str(clock),
        "THROUGHFARE_SETTLEMENT_FOLDER": str(folder / "settlement"),
        "THROUGHFARE_LIVE_SECONDS": "0",
    }
    program = [sys.executable, "-m", "ticketing", "worker", "--once"]
    return subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
