"""A clerk's month from the command line, as docs/finance.md tells it: two people, one wrong amount, one dispute."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ticketing.settlement.bank_lines import line, statement
from tests.ticketing.settlement.month import ride, sell
from ticketing.cli import deployment, main
from ticketing.db import Database
from ticketing.settlement.payout.sepa import SCHEMA
from ticketing.tickets.keys import KeyStore

Clerk = Callable[..., Result]
_IBANS = {"scheme": "FI2112345600000785", "hsl": "FI4250001510000023", "tlt": "EE382200221020145685"}


@pytest.fixture
def clerk(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Clerk]:
    sell(database, "t1", {"hsl": 1000, "tlt": 500}, region="helsinki-tallinn", vat=20)
    ride(database, "t1", "hsl")
    (tmp_path / "clock").write_text(
        str((datetime(2026, 10, 5, tzinfo=UTC) - datetime.now(UTC)) / timedelta(seconds=1))
    )
    for name, value in {
        "DATABASE_URL": database_url,
        "KEYS_FOLDER": tmp_path / "keys",
        "DEMO_CLOCK_FILE": tmp_path / "clock",
        "SETTLEMENT_FOLDER": tmp_path / "out",
        "REGIONS": "helsinki-tallinn",
        "REGIONS_FOLDER": Path("regions").resolve(),
    }.items():
        monkeypatch.setenv(f"THROUGHFARE_{name}", str(value))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployment, "database", lambda _configured: database)
    deployment.settings.cache_clear()
    yield lambda *words: CliRunner().invoke(main, [str(word) for word in words])
    deployment.settings.cache_clear()


def ok(result: Result) -> str:
    assert result.exit_code == 0, result.output + result.stderr
    return result.stdout


def test_a_month_from_the_close_to_the_auditor(clerk: Clerk, tmp_path: Path) -> None:
    closed = json.loads(ok(clerk("settlement", "close", "2026-09", "--by", "Anna")))
    run, digest = closed["run"], closed["digest"]
    assert (tmp_path / "out/preview/helsinki-tallinn/2026-09/hsl.csv").exists()
    refused = clerk("settlement", "approve", run[-8:], "--by", "Anna", "--digest", digest)
    assert (refused.exit_code, "another person" in refused.stderr) == (2, True)
    ok(clerk("settlement", "approve", run[-8:], "--by", "Bertil", "--digest", digest))
    for party, iban in _IBANS.items():
        account = ok(
            clerk("settlement", "account", "enter", party, iban, "--name", party, "--by", "Clara")
        ).strip()
        ok(clerk("settlement", "account", "approve", account, "--by", "David"))
    assert ok(clerk("settlement", "account", "list")).count("in force") == 3
    exported = json.loads(ok(clerk("settlement", "export", run, "--by", "Bertil", "--language", "fi")))
    payments = (Path(exported["files"]) / "payments-sepa.xml").read_text(encoding="utf-8")
    assert SCHEMA in payments
    ok(clerk("settlement", "sent", run, "--by", "Bertil", "--message-id", exported["message_id"]))
    bank = tmp_path / "bank.xml"
    bank.write_text(_bank(payments), encoding="utf-8")
    told = ok(clerk("settlement", "import", bank, "--by", "Clara"))
    assert told.startswith("2 new lines, 1 booked\nwrong_amount")
    line = told.splitlines()[1].split()[3]
    ok(clerk("settlement", "book", line, "--as", "payment", "--by", "Clara", "--reason", "a cent too much"))
    waits = ok(clerk("settlement", "review"))
    assert waits.startswith("suspense")
    assert "for 0 days, Clara: a cent too much" in waits
    clear = ("settlement", "clear", line, "--as", "operator:tlt", "--reason", "tlt has it", "--by")
    assert "another person clears" in clerk(*clear, "Clara").stderr
    assert ok(clerk(*clear, "David")) == f"{line} cleared as operator:tlt\n"
    assert ok(clerk("settlement", "review")) == "nothing waits\n"
    late = clerk("settlement", "unbook", line, "--by", "Clara", "--reason", "which cent?")
    assert ok(late) == f"{line} uncleared\n"
    refused = clerk("settlement", "unbook", line, "--by", "Clara", "--reason", "all of it")
    assert (refused.exit_code, "is reconciled with this line" in refused.stderr) == (2, True)
    assert "reconciled" in ok(clerk("settlement", "runs"))
    shown = json.loads(ok(clerk("settlement", "show", run)))
    assert [step["state"] for step in shown["steps"]] == [
        "draft",
        "calculated",
        "approved",
        "exported",
        "sent",
        "reconciled",
    ]
    assert json.loads(ok(clerk("books", "verify")))["faults"] == []
    assert json.loads(ok(clerk("books", "trace", "t1")))["taps"][0]["operator"] == "hsl"


def test_reading_with_a_wrong_folder_of_keys_makes_none_and_names_it(
    clerk: Clerk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ok(clerk("settlement", "close", "2026-09", "--by", "Anna"))
    records = KeyStore(deployment.settings().keys_folder, "").records()
    kid = next(one.kid for one in records if one.kind == "books")
    monkeypatch.setenv("THROUGHFARE_KEYS_FOLDER", str(tmp_path / "elsewhere"))
    deployment.settings.cache_clear()

    verified = clerk("books", "verify")
    for words in (("settlement", "runs"), ("settlement", "review"), ("books", "trace", "t1")):
        ok(clerk(*words))

    assert verified.exit_code == 1
    (fault,) = json.loads(verified.stdout)["faults"]
    assert f"no books key {kid} in {tmp_path / 'elsewhere'}: is THROUGHFARE_KEYS_FOLDER right?" in fault
    assert not (tmp_path / "elsewhere").exists()


def test_the_review_shows_who_paid_and_what_for_and_no_stranger_writes_on_the_terminal(
    clerk: Clerk, tmp_path: Path
) -> None:
    account = ok(
        clerk("settlement", "account", "enter", "scheme", _IBANS["scheme"], "--name", "S", "--by", "C")
    )
    ok(clerk("settlement", "account", "approve", account.strip(), "--by", "David"))
    entry = line("1.00", way="CRDT", name="Mallory \u202eLtd", text="rent \u009b2J for\nOctober")
    bank = tmp_path / "bank.xml"
    bank.write_bytes(statement(entry.replace("Cdtr>", "Dbtr>"), closing="101.00"))

    imported, review = ok(clerk("settlement", "import", bank, "--by", "C")), ok(clerk("settlement", "review"))

    assert imported.splitlines()[1:] == review.splitlines()[:2]
    assert review.splitlines()[1].strip() == "from Mallory ?Ltd: rent ?2J for October"


def test_an_account_outside_of_sepa_is_entered_with_a_word_about_it(clerk: Clerk) -> None:
    words = ("settlement", "account", "enter", "hsl", "--name", "H", "--by", "C")

    outside, inside = clerk(*words, "AE070331234567890123456"), clerk(*words, _IBANS["hsl"])

    assert ok(outside) != ok(inside)
    assert outside.stderr == "AE is outside of SEPA: no run is exported that pays it in euro\n"
    assert inside.stderr == ""


def test_an_operator_disputes_a_line_and_is_answered(clerk: Clerk, tmp_path: Path) -> None:
    run = json.loads(ok(clerk("settlement", "close", "2026-09", "--by", "Anna")))["run"]
    rows = (tmp_path / "out/preview/helsinki-tallinn/2026-09/hsl.csv").read_text().splitlines()
    line = rows[2].split(",")[-1]

    case = json.loads(
        ok(clerk("settlement", "dispute", run, "hsl", line[:20], "--by", "Heli", "--reason", "ours"))
    )
    words = ("settlement", "answer", case["id"], "--by", "Anna", "--text", "yes")
    forgotten = clerk(*words, "--against", "tlt")
    stranger = clerk(*words, "--amount", "0.50", "--against", "nobody")
    still = json.loads(ok(clerk("settlement", "disputes")))["state"]
    answer = clerk(*words, "--amount", "0.50", "--against", "tlt")

    assert (forgotten.exit_code, "amount: say that the line stands" in forgotten.stderr) == (2, True)
    assert (stranger.exit_code, "against: must be another operator" in stranger.stderr) == (2, True)
    assert still == "open"
    assert json.loads(ok(answer))["state"] == "corrected"
    assert '"state": "corrected"' in ok(clerk("settlement", "disputes", "--operator", "hsl"))
    assert json.loads(ok(clerk("settlement", "disputes", "--operator", "tlt")))["correction"] == {
        "amount": "0.50",
        "currency": "EUR",
        "against": "tlt",
    }
    assert ok(clerk("settlement", "disputes", "--operator", "viking")) == ""
    followed = json.loads(ok(clerk("books", "trace", case["id"])))
    assert (followed["line"], followed["ticket"], followed["dispute"]["state"]) == (line, "t1", "corrected")
    assert followed["correction"][0]["postings"] == [
        "operator_payable:hsl:EUR -0.50",
        "operator_payable:tlt:EUR 0.50",
    ]
    correction = json.loads(ok(clerk("books", "trace", followed["correction"][0]["entry"])))
    assert correction["entry"]["note"]["line"] == line
    assert json.loads(ok(clerk("books", "trace", line)))["ticket"] == "t1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("settlement", "close", "2026-13"), "is not a month"),
        (("settlement", "close", "2026-10"), "is not over yet"),
        (
            ("settlement", "approve", "x", "--by", "A", "--digest", "d"),
            "not_found: no settlement run has an id that begins or ends with 'x'",
        ),
        (("settlement", "journal", "foo"), "period: 'foo' is not a month like 2026-03"),
        (("settlement", "journal", "2026-9"), "period: '2026-9' is not a month like 2026-03"),
        (("settlement", "simulate", "--period", "foo", "--terms", "/dev/null"), "'foo' is not a month"),
        (("settlement", "account", "enter", "hsl", "FI00", "--name", "H", "--by", "A"), "no IBAN"),
        (("settlement", "simulate", "--period", "2026-09"), "one of them"),
        (("books", "trace", "nothing"), "no ticket nothing"),
    ],
)
def test_what_cannot_be_is_said_in_plain_words(clerk: Clerk, words: tuple[str, ...], said: str) -> None:
    result = clerk(*words)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_rejected_run_makes_room_for_the_next_version(clerk: Clerk) -> None:
    run = json.loads(ok(clerk("settlement", "close", "2026-09", "--by", "Anna")))["run"]
    ok(clerk("settlement", "reject", run, "--by", "Bertil", "--reason", "look again"))

    again = json.loads(ok(clerk("settlement", "close", "2026-09", "--by", "Anna")))

    assert again["run"] != run
    assert "v2" in ok(clerk("settlement", "runs"))


def test_an_id_that_several_runs_share_names_them(clerk: Clerk) -> None:
    made = []
    for _ in range(7):
        made.append(json.loads(ok(clerk("settlement", "close", "2026-09", "--by", "Anna")))["run"])
        ok(clerk("settlement", "reject", made[-1], "--by", "Bertil", "--reason", "again"))

    refused = clerk("settlement", "show", made[0][:4])

    assert refused.exit_code == 2
    assert refused.stderr.startswith(
        f"invalid_request: run: {made[0][:4]!r} is not enough to tell 7 runs apart"
    )
    assert [run in refused.stderr for run in made] == [True] * 5 + [False] * 2
    assert "and 2 more" in refused.stderr


def test_a_run_that_is_over_says_that_it_stays_so(clerk: Clerk) -> None:
    run = json.loads(ok(clerk("settlement", "close", "2026-09", "--by", "Anna")))["run"]
    ok(clerk("settlement", "void", run, "--by", "Anna", "--reason", "again"))

    refused = clerk("settlement", "void", run, "--by", "Anna", "--reason", "again")

    assert refused.stderr == "conflict: the run is voided and stays so: it cannot become voided\n"


def test_on_a_terminal_people_read_tables_and_programs_get_json_as_before(
    clerk: Clerk, tmp_path: Path
) -> None:
    closed = _on_a_terminal("settlement", "close", "2026-09", "--by", "Anna")
    as_json = json.loads(ok(clerk("settlement", "close", "2026-09", "--by", "Anna")))
    run, digest = as_json["run"], as_json["digest"]
    ok(clerk("settlement", "reject", run, "--by", "Bertil", "--reason", "see [this] & that"))
    shown, traced = _on_a_terminal("settlement", "show", run), _on_a_terminal("books", "trace", "t1")

    assert "2026-09 of helsinki-tallinn: calculated" in closed
    assert f'settlement approve {run} --by "..." --digest {digest}' in closed
    assert "statements to look at: " + as_json["statements"] in closed
    assert as_json["statements"] == str(tmp_path / "out/preview/helsinki-tallinn/2026-09")
    assert "2026-09 of helsinki-tallinn, version 1: rejected" in shown
    assert re.search(r"positions\n +amount\n", shown)
    assert re.search(r"^hsl +9\.80 +EUR$", shown, re.MULTILINE)
    assert re.search(r"^scheme +tlt +5\.00 +EUR$", shown, re.MULTILINE)
    assert "carried forward: none" in shown
    assert re.search(r"^rejected +Bertil +2026-10-05 \S+ UTC +see \[this\] & that$", shown, re.MULTILINE)
    assert re.search(r"^hsl +sale +10\.00 +0\.20 +0\.00 +9\.80 +EUR", traced, re.MULTILINE)
    assert re.search(r"^ +operator_payable:hsl:EUR +-9\.80$", traced, re.MULTILINE)
    assert re.search(r"^2026-09-14 12:00:00 UTC +hsl", traced, re.MULTILINE)
    assert "{" not in shown + traced + closed


def test_a_terminal_gives_json_when_asked(clerk: Clerk) -> None:
    run = json.loads(ok(clerk("settlement", "close", "2026-09", "--by", "Anna")))["run"]

    for words in (("settlement", "show", run), ("books", "trace", "t1")):
        assert json.loads(_on_a_terminal(*words, "--json")) == json.loads(ok(clerk(*words)))
    assert json.loads(_on_a_terminal("settlement", "close", "2026-09", "--json"))["run"] == run


def _on_a_terminal(*words: str) -> str:
    """Run a command on a terminal of 120 columns; its bar is on standard error."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, 120))
    with subprocess.Popen(
        [sys.executable, "-m", "ticketing", *words],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**_without_size(os.environ), "TERM": "xterm"},
    ) as running:
        os.close(theirs)
        with open(ours, "rb", buffering=0) as screen:  # noqa: PTH123  a descriptor, not a path
            found = b""
            with contextlib.suppress(OSError):  # the end of a terminal
                while part := screen.read(65_536):
                    found += part
    assert running.returncode == 0, found
    told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", found.decode().replace("\r\n", "\n"))
    return re.sub(r" +$", "", told, flags=re.MULTILINE)


def _without_size(environment: Mapping[str, str]) -> dict[str, str]:
    """Hide the size of the caller's own terminal from the command."""
    return {name: value for name, value in environment.items() if name not in {"COLUMNS", "LINES"}}


def _bank(payments: str) -> str:
    from ticketing.cli.demo.bank import answer  # noqa: PLC0415  the demo's stand-in

    assert re.search("<CtrlSum>", payments)
    return answer(payments.encode(), datetime(2026, 10, 15, tzinfo=UTC).date())
