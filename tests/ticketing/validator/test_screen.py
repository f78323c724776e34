"""A kiosk's screen on a terminal of its own: ready, a tick or a cross, ready again, and the terminal given back."""

import itertools
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.ticketing.validator.enrolled import enrolled, ticket_of_now
from tests.ticketing.validator.kiosk import PATIENCE, Plug, Terminal, line_of
from throughfare_gate.gate.sentences import LANGUAGES

BLUE, GREEN, YELLOW, RED, BLACK = "44", "42", "43", "41", "40"
READY = {"en": "Ready", "et": "Valmis", "fi": "Valmis", "sv": "Klar"}
WELCOME = {"en": "Welcome", "et": "Tere tulemast", "fi": "Tervetuloa", "sv": "Välkommen"}
TICK = """
            ##
          ####
##      ####
####  ####
  ######
    ##
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return enrolled(tmp_path / "gate")


def drawn(text: str) -> list[str]:
    """The mark of a screen, which is the first that is painted."""
    rows = text.splitlines()
    rows = list(
        itertools.takewhile(lambda row: "#" in row, itertools.dropwhile(lambda row: "#" not in row, rows))
    )
    left = min(len(row) - len(row.lstrip()) for row in rows)
    return [row[left:] for row in rows]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 12)])
def test_a_ticket_is_welcomed_with_a_tick_and_the_screen_is_ready_again(
    folder: Path, language: str, columns: int, rows: int
) -> None:
    with Terminal(folder, columns, rows, ("--language", language)) as kiosk:
        kiosk.await_words(READY[language])
        assert kiosk.ground == BLUE

        kiosk.type(ticket_of_now())
        text = kiosk.await_words(WELCOME[language])
        ground = kiosk.ground
        kiosk.await_words(READY[language])

    assert ground == GREEN
    # Two lines of large letters leave less for the mark.
    scale = 2 if rows == 24 and language != "et" else 1
    tick = [row for row in TICK.strip("\n").splitlines() for _ in range(scale)]
    assert drawn(text) == ["".join(one * scale for one in row) for row in tick]
    assert ticket_of_now()[:20] not in kiosk.told  # what is typed is not on the screen


def test_a_refusal_is_a_cross_with_both_sentences(folder: Path) -> None:
    old = {"iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 1_700_003_600}
    with Terminal(folder) as kiosk:
        kiosk.await_words("Ready")
        kiosk.type(ticket_of_now(**old))
        text = kiosk.await_words("Expired")

        assert kiosk.ground == RED
        assert re.search(r"^ +expired: \d+ h \d+ min ago", text, re.MULTILINE)
        kiosk.type("rubbish")
        kiosk.await_words("Not valid")


def test_a_ticket_to_look_at_is_yellow_and_says_where_to_look(folder: Path) -> None:
    with Terminal(folder) as kiosk:
        kiosk.await_words("Ready")
        kiosk.type(ticket_of_now(cat="chil"))
        kiosk.await_words("Welcome")
        kiosk.await_shown("fare category")

        assert kiosk.ground == YELLOW


def test_a_gate_that_cannot_decide_is_never_ready(tmp_path: Path) -> None:
    with Terminal(enrolled(tmp_path / "gate", has_bundle=False)) as kiosk:
        kiosk.await_words("Please ask")
        kiosk.await_shown("this gate has no bundle yet")

        assert kiosk.ground == BLACK


def test_a_kiosk_without_its_scanner_is_not_ready_until_it_returns(folder: Path, tmp_path: Path) -> None:
    plug = Plug(tmp_path / "scanner")
    plug.push_in()
    with Terminal(folder, words=("--serial", str(plug.path))) as kiosk:
        kiosk.await_words("Ready")
        plug.pull_out()
        kiosk.await_words("Please ask")
        kiosk.await_shown("is not connected")
        plug.push_in()
        kiosk.await_words("Ready")
        plug.send(ticket_of_now() + "\r")
        kiosk.await_words("Welcome")
    plug.pull_out()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_gives_the_terminal_back(folder: Path, number: signal.Signals) -> None:
    with Terminal(folder) as kiosk:
        kiosk.await_words("Ready")
        assert not kiosk.echoes
        assert "\x1b[?1049h" in kiosk.told

        kiosk.end(number)

        assert kiosk.process.returncode == 0
        assert kiosk.echoes
        assert kiosk.told.endswith("\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l")


def test_a_screen_follows_its_terminals_size(folder: Path) -> None:
    with Terminal(folder) as kiosk:
        large = drawn(kiosk.await_words("Ready"))
        kiosk.resize(40, 12)
        kiosk.await_words("Ready")

        small = drawn(kiosk.text)

    assert (len(large), len(small)) == (12, 6)


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--screen",), "needs a terminal"), (("--screen", "--json"), "both need standard output")],
)
def test_a_screen_needs_a_terminal_for_itself(folder: Path, words: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        line_of(folder, *words), capture_output=True, text=True, check=False, timeout=PATIENCE, env=os.environ
    )

    assert (done.returncode, said in done.stderr) == (2, True)
