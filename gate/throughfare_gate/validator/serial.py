"""Read codes from a serial scanner, also from one that is unplugged for a while.

Its lines end with CR, LF or both; a scanner that ends none is understood after a second of silence.
"""

import errno
import os
import re
import select
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from throughfare_gate.gate import sentences
from throughfare_gate.validator.flap import Answer
from throughfare_gate.validator.sources import LONGEST_LINE, Show

RATES = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
_CHUNK = 4096
_SILENCE_SECONDS = 1.0
_RETRY_SECONDS = 0.5
_ENDS = re.compile(rb"[\r\n]")


class Lines:
    """Cuts bytes into lines; of a line without end only the beginning is kept, which is no ticket."""

    def __init__(self) -> None:
        self._begun = bytearray()

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Give the lines that end in a chunk; what comes behind them waits for its end."""
        *ended, rest = _ENDS.split(chunk)
        for part in ended:
            self._keep(part)
            yield from self.end()
        self._keep(rest)

    def end(self) -> Iterator[str]:
        """Give what waits for its end, unless it is blank. Bytes that are no text become marks that no ticket has."""
        text, self._begun = self._begun.decode("utf-8", "replace"), bytearray()
        if text.strip():
            yield text

    def _keep(self, part: bytes) -> None:
        self._begun += part[: LONGEST_LINE - len(self._begun)]


class Scanner:
    """A scanner on a serial line (8N1): opened when it is there, missed in one note, opened again when it returns."""

    def __init__(self, path: Path, baud: int, note: Callable[[str], None], language: str) -> None:
        self._path = path
        self._baud = baud
        self._note = note
        self._language = language
        self._device: int | None = None
        # The message to staff while the scanner is missing; empty while it is there, None before the first look.
        self._missing: str | None = None

    def present_to(self, show: Show, ended: threading.Event) -> None:
        """Present each code until the gate ends; half of one is forgotten when the scanner goes away."""
        lines = Lines()
        try:
            while not ended.is_set():
                chunk = self._chunk()
                if chunk is None:
                    lines = Lines()
                    ended.wait(_RETRY_SECONDS)
                    continue
                for code in lines.feed(chunk) if chunk else lines.end():
                    show(code)
        finally:
            self._close()

    def trouble(self) -> Answer | None:
        """Say that the scanner is not there; None while it is."""
        if not self._missing:
            return None
        words = sentences.passenger("internal_error", self._language)
        return Answer(admit=False, reason="internal_error", passenger_sees=words, staff_sees=self._missing)

    def _chunk(self) -> bytes | None:
        """Read what has come; nothing after a second of silence, None from a scanner that is not there."""
        try:
            is_new = self._device is None
            device = _opened(self._path, self._baud) if self._device is None else self._device
            self._device = device
            # One that hangs up at once is not there: nobody is told that it came.
            chunk = _read(device, 0 if is_new else _SILENCE_SECONDS)
        except (OSError, termios.error) as error:
            self._close()
            self._tell(is_missing=True, why=str(error.args[1]))
            return None
        self._tell(is_missing=False)
        return chunk

    def _tell(self, *, is_missing: bool, why: str = "") -> None:
        """Say once that the scanner is there, or that it is not."""
        if self._missing is not None and bool(self._missing) == is_missing:
            return
        sentence = "no_scanner" if is_missing else "scanner"
        said = sentences.staff(sentence, {"device": str(self._path), "why": why}, self._language)
        self._missing = said if is_missing else ""
        self._note(said)

    def _close(self) -> None:
        if self._device is not None:
            os.close(self._device)
            self._device = None


def _read(device: int, seconds: float) -> bytes:
    """Read what comes within some seconds; raises OSError where the line has hung up."""
    if not select.select([device], [], [], seconds)[0]:
        return b""
    chunk = os.read(device, _CHUNK)
    if not chunk:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return chunk


def _opened(path: Path, baud: int) -> int:
    """Open a serial line as raw bytes, eight bits without parity and one stop bit; raises OSError or termios.error."""
    # Without waiting for a carrier, which scanners do not have, and without becoming the terminal of this process.
    device = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        *_, characters = termios.tcgetattr(device)
        characters[termios.VMIN], characters[termios.VTIME] = 1, 0
        speed = getattr(termios, f"B{baud}")
        flags = termios.CS8 | termios.CREAD | termios.CLOCAL
        termios.tcsetattr(device, termios.TCSANOW, [termios.IGNBRK, 0, flags, 0, speed, speed, characters])
        os.set_blocking(device, True)
    except BaseException:
        os.close(device)
        raise
    return device
