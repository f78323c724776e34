"""A gate as a program: on a scanner's line, or on a terminal of its own."""

import codecs
import json
import os
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from throughfare_gate.validator import letters

PATIENCE = 30
_BEGUN = re.compile(r"(.*?)((?:\x1b(?:\[[?\d;]*)?)?)", re.DOTALL)
_TOKEN = re.compile(r"\x1b\[\??([\d;]*)([A-Za-z])|(.)", re.DOTALL)


def line_of(folder: Path, *words: str) -> list[str]:
    """The command of a gate."""
    return [
        sys.executable,
        "-m",
        "throughfare_gate.validator",
        "run",
        "--folder",
        str(folder),
        "--drain",
        "0",
        *words,
    ]


class Plug:
    """A serial line whose name stays: what a scanner is plugged into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scanner = -1

    def push_in(self) -> None:
        """Connect a scanner."""
        self.scanner, device = os.openpty()
        self.path.symlink_to(os.ttyname(device))
        os.close(device)

    def pull_out(self) -> None:
        """Unplug it."""
        self.path.unlink()
        os.close(self.scanner)
        self.scanner = -1

    def send(self, text: str | bytes) -> None:
        """Send what a scanner has read."""
        left = text.encode() if isinstance(text, str) else text
        while left:
            left = left[os.write(self.scanner, left) :]

    @property
    def speed(self) -> int:
        """The speed that the gate has set."""
        return int(termios.tcgetattr(self.scanner)[4])


class GateProcess:
    """A gate as a process that answers in JSON, and the notes that staff read."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            line_of(folder, "--json", *words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.notes: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        out, notes = self.process.communicate(timeout=PATIENCE)
        self.rest = [json.loads(line) for line in out.splitlines()]
        self.notes += notes.splitlines()
        if error is None:
            assert self.process.returncode == 0, self.notes

    def await_note(self, text: str) -> None:
        """Wait until staff read this."""
        assert self.process.stderr
        while not self.notes or text not in self.notes[-1]:
            line = self.process.stderr.readline()
            assert line, self.notes
            self.notes.append(line.strip())

    def answer(self) -> dict[str, Any]:
        """Wait for the next answer."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.notes
        return dict(json.loads(line))


@dataclass
class Terminal:
    """A terminal with a program on it, and what it shows: a grid of characters, a painted pixel as `#`."""

    folder: Path
    columns: int = 80
    rows: int = 24
    words: tuple[str, ...] = ()
    told: str = ""
    grid: list[list[str]] = field(default_factory=list)
    ground: str = ""
    place: tuple[int, int] = (0, 0)
    is_pixel: bool = False
    begun: str = ""
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    def __enter__(self) -> Self:
        self.ours, self.theirs = os.openpty()
        self.resize(self.columns, self.rows)
        self.process = subprocess.Popen(
            line_of(self.folder, "--screen", *self.words),
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=subprocess.PIPE,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        os.close(self.ours)
        os.close(self.theirs)

    def resize(self, columns: int, rows: int) -> None:
        """Become another size."""
        termios.tcsetwinsize(self.theirs, (rows, columns))
        self.columns, self.rows = columns, rows
        self.grid = [[" "] * columns for _ in range(rows)]

    def type(self, text: str) -> None:
        """Type a line, as a scanner does."""
        os.write(self.ours, f"{text}\n".encode())

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the program by a signal, and read what it writes last."""
        self.process.send_signal(number)
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None or select.select([self.ours], [], [], 0)[0]:
            assert time.monotonic() < deadline
            self._read(0.1)

    def await_shown(self, *texts: str) -> str:
        """Wait until all of these are on the screen, and give it as text."""
        return self._await(lambda: all(text in self.text for text in texts))

    def _await(self, is_shown: Callable[[], bool]) -> str:
        deadline = time.monotonic() + PATIENCE
        while not is_shown():
            assert time.monotonic() < deadline, self.text
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
            self._read(1)
        return self.text

    def await_words(self, words: str) -> str:
        """Wait until these are on the screen in capitals, spaced or drawn, and give it as text."""
        spaced = "   ".join(" ".join(word) for word in words.upper().split())
        return self._await(lambda: spaced in self.text or all(map(self._has_drawn, words.upper().split())))

    def _has_drawn(self, words: str) -> bool:
        block = ["".join(("#" if one == "#" else " ") * 2 for one in row) for row in letters.drawn(words)]
        lines = self.text.splitlines()
        return any(
            all(row.strip() in line for row, line in zip(block, lines[top:], strict=False))
            for top in range(len(lines) - len(block))
        )

    @property
    def text(self) -> str:
        """Read the screen, without blanks at the ends of rows."""
        return "\n".join("".join(row).rstrip() for row in self.grid)

    @property
    def echoes(self) -> bool:
        """Tell whether what is typed is written on the screen."""
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def _read(self, seconds: float) -> None:
        if select.select([self.ours], [], [], seconds)[0]:
            chunk = self.decoder.decode(os.read(self.ours, 65536))
            self.told += chunk
            # The end of a command may still be on its way.
            whole, self.begun = _BEGUN.fullmatch(self.begun + chunk).groups()
            self._take(whole)

    def _take(self, chunk: str) -> None:
        for values, command, one in _TOKEN.findall(chunk):
            row, column = self.place
            if command == "H":
                row, column = (int(value) - 1 for value in values.split(";"))
            elif command == "m":
                self.is_pixel = not values.startswith("0;")
                self.ground = self.ground if self.is_pixel else values.rpartition(";")[2]
            elif one >= " ":
                if row < self.rows and column < self.columns:
                    self.grid[row][column] = "#" if self.is_pixel else one
                column += 1
            self.place = row, column
