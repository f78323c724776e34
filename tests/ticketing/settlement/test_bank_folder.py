"""Names of files that no bank should give: none keeps a payment file or another file of the bank from its way."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.ticketing.settlement.bank_details import enter_accounts
from tests.ticketing.settlement.bank_lines import refusal, sent
from tests.ticketing.settlement.month import office, sell
from ticketing.cli.settlement import exchanging
from ticketing.db import Database
from ticketing.errors import InvalidRequest
from ticketing.settlement import bank
from ticketing.settlement.bank import camt_xml
from ticketing.settlement.payout import end_to_end_id

REGION = "r"
NAMES = {
    "as long as names may be": b"a" * 251 + b".xml",
    "of long letters": ("õ" * 125 + ".xml").encode(),
    "two lines": b"new\nline.xml",
    "an escape of terminals": b"esc\x1b[31m.xml",
    "no UTF-8": b"\xff\xfe.xml",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_an_odd_name_is_told_on_one_line_and_stops_nothing(
    database: Database, tmp_path: Path, name: bytes
) -> None:
    desk, folder = office(database), tmp_path / "bank"
    enter_accounts(desk)
    (folder / "in").mkdir(parents=True)
    for _ in range(2):
        (folder / "in" / os.fsdecode(name)).write_bytes(b"no XML")
        (folder / "in" / "zz.xml").write_bytes(b"<Document/>")

        moved = bank.exchange(desk, REGION, folder, "night", settled_seconds=0)

        assert {one.what for one in moved} == {"refused"}
        assert len(moved) == 2
        assert all(one.name.isprintable() for one in moved)
        assert list((folder / "in").iterdir()) == []
    refused = [path.name for path in (folder / "refused").iterdir()]
    assert (len(refused), sum(one.endswith(".xml.txt") for one in refused)) == (8, 4)


def test_the_file_of_payments_made_again_is_written_where_no_folder_is_and_again_after_a_crash(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(database, "t1", {"hsl": 1000, "tlt": 500})
    desk = replace(office(database), files=tmp_path / "files")
    run = sent(desk, desk.files)
    bank.take_answer(desk, REGION, refusal(run, end_to_end_id(run, "hsl"), "MS03"), "Clara")
    monkeypatch.setattr(exchanging, "_office", lambda: desk)
    out, later = tmp_path / "not" / "there", tmp_path / "later"
    why = ["--by", "Bertil", "--reason", "once more"]
    taken = tmp_path / "taken"
    taken.touch()
    refused = CliRunner().invoke(exchanging.pay_again_command, [run.id, *why, "--out", str(taken)])
    assert refused.exit_code == 2, refused.output  # nothing is paid where no file can be

    first = CliRunner().invoke(exchanging.pay_again_command, [run.id, *why, "--out", str(out)])
    again = CliRunner().invoke(exchanging.pay_again_command, [run.id, "--out", str(later)])

    assert (first.exit_code, again.exit_code) == (0, 0), (first.output, again.output)
    (made,), (same,) = out.iterdir(), later.iterdir()
    assert (made.name, made.read_bytes()) == (same.name, same.read_bytes())


@pytest.mark.parametrize("locale", ["C", "et_EE.UTF-8"])
def test_text_that_no_locale_can_write_ends_no_command(locale: str) -> None:
    code = r"import click; from ticketing import cli; cli.main = lambda: click.echo('\udcff \xf5'); cli.program()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )

    assert (done.returncode, done.stdout.decode()) == (0, "\\udcff õ\n"), done.stderr


def test_a_file_of_more_elements_than_any_statement_is_refused_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(camt_xml, "MAX_ELEMENTS", 100)

    assert camt_xml.parsed(b"<a>" + b"<b/>" * 99 + b"</a>")
    with pytest.raises(InvalidRequest, match="more than 100 elements"):
        camt_xml.parsed(b"<a>" + b"<b/>" * 100 + b"</a>")
