"""Progress is told by stages as one work, and by the bar that a terminal shows."""

import io
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.ticketing.settlement.bank_details import enter_accounts
from tests.ticketing.settlement.month import office, sell
from throughfare_gate.ids import milliseconds_of
from ticketing.cli.progress import bar
from ticketing.db import Database
from ticketing.db.books.months import through
from ticketing.db.migrate import upgrade
from ticketing.progress import Counted, Stages, told, unnamed
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service
from ticketing.settlement.payout import steps
from ticketing.settlement.proof.verify import verify
from ticketing.settlement.statement import export

Told = list[tuple[str, int, int]]


def test_stages_are_told_as_one_work_by_their_weights() -> None:
    heard: Told = []
    stages = Stages(lambda *said: heard.append(said), {"sums": 3, "chain": 1})
    far = stages.begin("sums")
    far(5, 10)
    stages.begin("chain")(1, 4)
    assert heard == [("sums", 0, 4000), ("sums", 1500, 4000), ("chain", 3000, 4000), ("chain", 3250, 4000)]


def test_a_stage_never_tells_more_than_its_own_part() -> None:
    heard: Told = []
    stages = Stages(lambda *said: heard.append(said), {"sums": 1, "chain": 1})
    far = stages.begin("sums")
    far(12, 10)
    far(-1, 10)
    far(0, 0)
    assert [done for _, done, _ in heard] == [0, 1000, 0, 1000]


def test_stages_within_a_stage_tell_its_part_under_its_name() -> None:
    heard: Told = []
    outer = Stages(lambda *said: heard.append(said), {"months": 1, "tickets": 1})
    inner = Stages(unnamed(outer.begin("months")), {"2026-09": 1, "2026-10": 1})
    inner.begin("2026-10")(1, 2)
    assert heard[-1] == ("months", 750, 2000)


def test_rows_are_passed_on_and_counted() -> None:
    heard: list[tuple[int, int]] = []
    assert list(told(range(5), lambda *said: heard.append(said), 4, every=2)) == [0, 1, 2, 3, 4]
    assert heard == [(2, 4), (4, 4), (5, 5)]


def test_parts_from_several_places_are_counted_together() -> None:
    heard: Told = []
    count = Counted(lambda *said: heard.append(said), "lines", 10)
    count.more(4)
    count.more()
    assert heard == [("lines", 4, 10), ("lines", 5, 10)]


def test_a_key_says_how_far_into_its_month_it_lies() -> None:
    noon = int(datetime(2026, 9, 16, 12, tzinfo=UTC).timestamp() * 1000)
    key = f"{noon >> 16:08x}-{noon & 0xFFFF:04x}-7000-8000-000000000000"
    done, whole = through("2026-09", key)
    assert (milliseconds_of(key), timedelta(milliseconds=done)) == (noon, timedelta(days=15.5))
    assert timedelta(milliseconds=whole) == timedelta(days=31)
    assert through("2026-10", key) == (0, whole)
    assert through("2026-07", key) == (whole, whole)
    assert through("2026-09", "entry one") == (0, whole)
    assert milliseconds_of("c0ffee00-0000-4000-8000-000000000000") is None


def test_a_bar_shows_what_is_done_how_far_and_the_time_left() -> None:
    screen = io.StringIO()
    with bar("closing 2026-03", Console(file=screen, force_terminal=True, width=100)) as tell:
        tell("summing the month", 1, 4)
        tell("summing the month", 2, 4)
    shown = screen.getvalue()
    assert "summing the month" in shown
    assert "50%" in shown
    assert "0:00:0" in shown


def test_a_month_tells_how_far_it_is_from_its_close_to_its_proof(database: Database, tmp_path: Path) -> None:
    for number in range(3):
        sell(database, f"t{number}", {"hsl": 1000, "tlt": 500}, vat=90)
    desk = office(database)
    heard: Told = []

    def tell(*said: Any) -> None:
        heard.append(said)

    def stages() -> list[str]:
        """The stages that were told, in their order; each work counts up to the end of the last one."""
        names, amounts = [name for name, _, _ in heard], [done for _, done, _ in heard]
        assert amounts == sorted(amounts)
        assert {whole for _, _, whole in heard} == {amounts[-1]}
        heard.clear()
        return list(dict.fromkeys(names))

    run = service.close(desk, "r", "2026-09", "Anna", tell)
    assert stages() == ["ending the month", "linking the entries", "summing the month"]
    steps.approve(desk, run.id, "Bertil", run.digest)
    enter_accounts(desk)
    export.export(desk, run.id, "Bertil", tmp_path, progress=tell)
    names = stages()
    assert names[:4] == ["statements/hsl.csv", "statements/hsl.xlsx", "statements/hsl.pdf", "uic/hsl.json"]
    assert names[-2:] == ["payments-other.csv", "payments-sepa.xml"]
    verify(desk, "r", take_back, tell)
    assert stages() == ["entries", "runs", "tickets"]


def test_commands_show_a_bar_on_a_terminal_and_nothing_beside_the_answer_elsewhere(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"
    database = Database(url)
    upgrade(database)
    sell(database, "t1", {"hsl": 1000, "tlt": 500}, region="helsinki-tallinn")
    database.close()
    environment = {
        **os.environ,
        "THROUGHFARE_DATABASE_URL": url,
        "THROUGHFARE_KEYS_FOLDER": str(tmp_path / "keys"),
        "TERM": "xterm-256color",
    }
    close = ("settlement", "close", "2026-09", "--out", str(tmp_path))
    answer, shown = _on_a_terminal(environment, *close)
    assert json.loads(answer)["state"] == "calculated"
    assert "summing the month" in shown
    assert "tlt" in shown  # whose statement was written last
    answer, shown = _on_a_terminal(environment, "settlement", "journal", "2026-09")
    assert answer.startswith('option "tolerance_multiplier" "0"')
    assert "journal of 2026-09" in shown
    command = [sys.executable, "-m", "ticketing", *close]
    again = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert json.loads(again.stdout)["state"] == "calculated"
    assert again.stderr == ""


def _on_a_terminal(environment: dict[str, str], *words: str) -> tuple[str, str]:
    """Run a command and read its answer, and what it shows on the terminal that its standard error is."""
    screen, end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "ticketing", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=end,
        text=True,
    ) as running:
        os.close(end)
        assert running.stdout
        answer = running.stdout.read()
    assert running.returncode == 0
    shown = b""
    try:
        while part := os.read(screen, 65536):
            shown += part
    except OSError:  # Linux says so when the last writer has gone
        pass
    os.close(screen)
    return answer, shown.decode()
