"""Show answers on a whole screen, for a kiosk: ready, a green tick or a red cross, and ready again after some seconds.

It takes the terminal's alternate screen and gives it back in the end, however that comes.
"""

import contextlib
import io
import os
import re
import sys
import termios
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, TextIO

from throughfare_gate.gate import sentences
from throughfare_gate.validator.display import bell
from throughfare_gate.validator.flap import Answer
from throughfare_gate.validator.page import PIXEL, Mood, Page, rows

SHOWN_SECONDS = 4.0
_LOOK_SECONDS = 0.25
# The system writes on its console, too.
_PAINT_AGAIN_SECONDS = 10.0
_USUAL_SIZE = os.terminal_size((80, 24))
# The alternate screen, without cursor and without lines that wrap; and all of it back.
_TAKE, _GIVE_BACK = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
# Letters on the ground of a page; a pixel is a blank on the other ground, so that any encoding and font can show it.
_LOOKS: dict[Mood, tuple[str, str]] = {
    "ready": ("\x1b[0;1;37;44m", "\x1b[47m"),
    "accept": ("\x1b[0;1;37;42m", "\x1b[47m"),
    "look": ("\x1b[0;1;30;43m", "\x1b[40m"),
    "refuse": ("\x1b[0;1;37;41m", "\x1b[47m"),
    "closed": ("\x1b[0;1;37;40m", "\x1b[41m"),
}
_PIXELS = re.compile(f"{PIXEL}+")
_LOCAL_FLAGS, _CHARACTERS = 3, 6
Trouble = Callable[[], Answer | None]


class Screen:
    """Paints pages on a terminal. `troubles` say why the gate cannot decide at present, where it cannot."""

    def __init__(
        self,
        out: TextIO,
        language: str,
        troubles: Sequence[Trouble],
        *,
        silent: bool,
        seconds: float = SHOWN_SECONDS,
    ) -> None:
        self._out = out
        self._language = language
        self._troubles = troubles
        self._silent = silent
        self._seconds = seconds
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._answer: tuple[Answer, float] | None = None
        self._note = ""
        self._painted: tuple[list[str], Mood] | None = None
        self._paint_again = 0.0
        self._keyboard: list[Any] | None = None
        self._painter = threading.Thread(target=self._keep_painted, name="screen", daemon=True)

    def __enter__(self) -> Self:
        """Take the terminal."""
        try:
            if isinstance(self._out, io.TextIOWrapper):
                self._out.reconfigure(errors="replace")
            self._keyboard = _quiet_keyboard()
            self._write(_TAKE)
            self._paint()
            self._painter.start()
        except BaseException:
            self._give_back()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back."""
        self._give_back()

    def _give_back(self) -> None:
        """Leave the terminal as it was; one that is gone needs nothing."""
        with self._lock, contextlib.suppress(OSError):
            self._ended.set()
            self._write(_GIVE_BACK)
        if self._keyboard is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._keyboard)

    def answer(self, answer: Answer) -> None:
        """Show one answer for some seconds; it is on the screen when this returns."""
        with self._lock:
            self._answer = answer, time.monotonic() + self._seconds
            self._write(bell(answer, silent=self._silent))
            self._paint()

    def note(self, text: str) -> None:
        """Say something to staff that is no answer: in the last row, or where standard error leads away from the screen."""
        with self._lock:
            if self._ended.is_set() or not sys.stderr.isatty():
                sys.stderr.write(f"{text}\n")
                sys.stderr.flush()
                return
            self._note = text
            with contextlib.suppress(OSError):  # whoever has something to say does not end with the terminal
                self._paint()

    def _keep_painted(self) -> None:
        """Go back to ready in time, and follow the terminal's size and what befalls the gate."""
        while not self._ended.wait(_LOOK_SECONDS):
            try:
                self._paint()
            except OSError:
                return  # the terminal is gone; the gate goes on

    def _paint(self) -> None:
        with self._lock:
            if self._ended.is_set():
                return
            page, (columns, height) = self._page(), self._size()
            painted = rows(page, columns, height), page.mood
            now = time.monotonic()
            if painted == self._painted and now < self._paint_again:
                return
            self._painted, self._paint_again = painted, now + _PAINT_AGAIN_SECONDS
            letters, pixels = _LOOKS[page.mood]
            lines = (
                f"\x1b[{number};1H{letters}" + _PIXELS.sub(lambda run: _blank(run[0], pixels, letters), line)
                for number, line in enumerate(painted[0], 1)
            )
            self._write("".join(lines))

    def _page(self) -> Page:
        if self._answer and time.monotonic() < self._answer[1]:
            answer = self._answer[0]
            return self._page_of(answer, "refuse" if not answer.admit else _welcome(answer))
        self._answer = None
        for trouble in self._troubles:
            trouble_now = trouble()
            if trouble_now is not None:
                return self._page_of(trouble_now, "closed")
        lines = [sentences.screen(name, self._language) for name in ("ready", "show")]
        return Page(mood="ready", passenger="\n".join(lines), note=self._note)

    def _page_of(self, answer: Answer, mood: Mood) -> Page:
        return Page(mood=mood, passenger=answer.passenger_sees, staff=answer.staff_sees, note=self._note)

    def _size(self) -> os.terminal_size:
        with contextlib.suppress(OSError):
            size = os.get_terminal_size(self._out.fileno())
            return size if all(size) else _USUAL_SIZE
        return _USUAL_SIZE

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _welcome(answer: Answer) -> Mood:
    return "look" if answer.reason == "ok_attention" else "accept"


def _blank(run: str, pixels: str, letters: str) -> str:
    return f"{pixels}{' ' * len(run)}{letters}"


def _quiet_keyboard() -> list[Any] | None:
    """Let a scanner that types write nothing on the screen, and no key suspend the gate; gives what to restore."""
    try:
        before = termios.tcgetattr(sys.stdin.fileno())
        quiet = termios.tcgetattr(sys.stdin.fileno())
    except (OSError, ValueError, termios.error):
        return None  # no terminal
    quiet[_LOCAL_FLAGS] &= ~termios.ECHO
    for key in (termios.VSUSP, termios.VQUIT):
        quiet[_CHARACTERS][key] = b"\0"
    termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, quiet)
    return before
