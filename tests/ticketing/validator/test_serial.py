"""A scanner on a serial line, here a pseudo-terminal: line ends, rubbish, speed, and a plug that is pulled."""

import json
import os
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ticketing.validator.enrolled import enrolled, ticket_of_now
from tests.ticketing.validator.kiosk import PATIENCE, GateProcess, Plug, line_of
from throughfare_gate.validator.serial import Lines
from throughfare_gate.validator.sources import LONGEST_LINE

HERE, AWAY = "is connected", "is not connected"


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    made = Plug(tmp_path / "scanner")
    made.push_in()
    yield made
    if made.scanner >= 0:
        os.close(made.scanner)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return enrolled(tmp_path / "gate")


def test_a_code_may_end_with_either_line_end_or_both(plug: Plug, folder: Path) -> None:
    with GateProcess(folder, "--serial", str(plug.path)) as gate:
        gate.await_note(HERE)
        for letter, end in (("A", "\r"), ("B", "\n"), ("C", "\r\n")):
            plug.send(ticket_of_now(letter) + end)

        reasons = [gate.answer()["reason"] for _ in range(3)]

    assert reasons == ["ok", "ok", "ok"]
    assert gate.rest == []


def test_a_scanner_that_ends_no_line_is_understood_after_a_silence(plug: Plug, folder: Path) -> None:
    with GateProcess(folder, "--serial", str(plug.path)) as gate:
        gate.await_note(HERE)
        plug.send(ticket_of_now())

        assert gate.answer()["reason"] == "ok"


def test_rubbish_is_refused_and_the_next_ticket_is_read(plug: Plug, folder: Path) -> None:
    rubbish = [
        bytes(one for one in range(256) if one not in b"\r\n"),
        b"\xff\xfe~~..\0",
        b"{" * 3000,
        "\u202e\u00e9".encode(),
    ]
    with GateProcess(folder, "--serial", str(plug.path)) as gate:
        gate.await_note(HERE)
        for line in rubbish:
            plug.send(line + b"\r\n")
        plug.send(ticket_of_now() + "\r\n")

        answers = [gate.answer() for _ in range(len(rubbish) + 1)]

    assert [one["reason"] for one in answers] == ["malformed"] * len(rubbish) + ["ok"]


def test_a_line_without_end_is_one_refusal(plug: Plug, folder: Path) -> None:
    with GateProcess(folder, "--serial", str(plug.path)) as gate:
        gate.await_note(HERE)
        plug.send("A" * (20 * LONGEST_LINE) + "\r")
        plug.send(ticket_of_now() + "\r")

        assert [gate.answer()["reason"] for _ in range(2)] == ["malformed", "ok"]


def test_a_scanner_that_is_unplugged_is_missed_once_and_used_again(plug: Plug, folder: Path) -> None:
    with GateProcess(folder, "--serial", str(plug.path)) as gate:
        gate.await_note(HERE)
        plug.send(ticket_of_now("A") + "\r")
        first = gate.answer()
        plug.send(ticket_of_now("B")[:40])
        plug.pull_out()
        gate.await_note(AWAY)
        plug.push_in()
        gate.await_note(HERE)
        plug.send(ticket_of_now("C") + "\r")
        second = gate.answer()

    assert (first["reason"], second["reason"]) == ("ok", "ok")
    assert [note for note in gate.notes if AWAY in note] == [
        f"the scanner {plug.path} is not connected: {os.strerror(5)}"
    ]


def test_a_scanner_that_is_not_there_yet_is_waited_for(tmp_path: Path, folder: Path) -> None:
    plug = Plug(tmp_path / "scanner")
    with GateProcess(folder, "--serial", str(plug.path), "--language", "et") as gate:
        gate.await_note("ei ole ühendatud")
        plug.push_in()
        gate.await_note("on ühendatud")
        plug.send(ticket_of_now() + "\n")
        answer = gate.answer()

    assert answer["passenger_sees"] == "Tere tulemast"
    plug.pull_out()


def test_what_is_no_serial_line_is_said_and_the_gate_lives_on(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "scanner").write_text("no line", encoding="ascii")
    with GateProcess(folder, "--serial", str(tmp_path / "scanner")) as gate:
        gate.await_note(AWAY)

    assert len([note for note in gate.notes if AWAY in note]) == 1


def test_the_line_is_raw_and_as_fast_as_asked(plug: Plug, folder: Path) -> None:
    with GateProcess(folder, "--serial", str(plug.path), "--baud", "19200") as gate:
        gate.await_note(HERE)
        flags = termios.tcgetattr(plug.scanner)

        assert plug.speed == termios.B19200
        assert flags[2] & termios.CSIZE == termios.CS8
        assert not flags[2] & (termios.PARENB | termios.CSTOPB)
        assert not flags[3] & (termios.ECHO | termios.ICANON | termios.ISIG)


@given(
    st.lists(st.binary(max_size=40).filter(lambda one: not set(one) & set(b"\r\n")), max_size=5), st.data()
)
def test_lines_do_not_depend_on_how_the_bytes_arrive(lines: list[bytes], data: st.DataObject) -> None:
    sent = b"".join(line + data.draw(st.sampled_from([b"\r", b"\n", b"\r\n"])) for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
    chunks = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    cutter = Lines()

    codes = [code for chunk in chunks for code in cutter.feed(chunk)]

    assert codes == [text for text in (line.decode("utf-8", "replace") for line in lines) if text.strip()]
    assert list(cutter.end()) == []


def test_of_an_endless_line_no_more_is_kept_than_a_ticket_may_have() -> None:
    cutter = Lines()
    for _ in range(10):
        assert list(cutter.feed(b"A" * LONGEST_LINE)) == []

    assert list(cutter.feed(b"\n")) == ["A" * LONGEST_LINE]


def test_bytes_that_are_no_text_are_refused_on_standard_input_too(folder: Path) -> None:
    done = subprocess.run(
        line_of(folder, "--json"),
        input=b"\xff\xfe\x80\n" + ticket_of_now().encode() + b"\n",
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )

    answers = [json.loads(line)["reason"] for line in done.stdout.splitlines()]
    assert (done.returncode, answers) == (0, ["malformed", "ok"]), done.stderr
