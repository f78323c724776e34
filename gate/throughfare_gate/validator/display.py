"""Show and sound an answer: one line that is read from a metre away, one bell for welcome, three for no."""

import json
import sys
from typing import TextIO

from throughfare_gate.validator.flap import Answer

_GREEN, _RED, _YELLOW, _PLAIN = "\x1b[1;30;42m", "\x1b[1;37;41m", "\x1b[1;30;43m", "\x1b[0m"


class Display:
    """Writes answers to a terminal, or as JSON lines for whatever drives the flap."""

    def __init__(self, out: TextIO, *, as_json: bool, silent: bool) -> None:
        self._out = out
        self._as_json = as_json
        self._silent = silent
        self._colours = not as_json and out.isatty()

    def answer(self, answer: Answer) -> None:
        """Show one answer."""
        if self._as_json:
            self._write(json.dumps(answer.as_dict(), ensure_ascii=False))
            return
        mark = "✔" if answer.admit else "✘"
        line = f" {mark} {answer.passenger_sees.upper()} "
        if self._colours:
            line = f"{_colour(answer)}{line}{_PLAIN}"
        self._write(f"{bell(answer, silent=self._silent)}{line} {answer.reason}: {answer.staff_sees}")

    def note(self, text: str) -> None:
        """Say something to staff that is no answer."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def _write(self, line: str) -> None:
        print(line, file=self._out, flush=True)


def _colour(answer: Answer) -> str:
    if not answer.admit:
        return _RED
    return _YELLOW if answer.reason == "ok_attention" else _GREEN


def bell(answer: Answer, *, silent: bool) -> str:
    """Sound one bell for welcome and three for no; none for an answer that was given before."""
    if silent or answer.again:
        return ""
    return "\a" if answer.admit else "\a\a\a"
