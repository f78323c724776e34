"""The one clock: everything that needs the time asks it, and tests or the demo replace it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_LAST_SECOND = 253_402_300_799


def from_posix(seconds: int) -> datetime:
    """The moment of POSIX seconds; what lies outside of 1970 to 9999 is the nearer end: a device's clock may say anything."""
    return datetime.fromtimestamp(min(max(0, seconds), _LAST_SECOND), UTC)


class Clock(Protocol):
    """Tells the time, aware and in UTC."""

    def now(self) -> datetime:
        """The present moment in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock for tests: it stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it was set to."""
        return self._at

    def set(self, at: datetime) -> None:
        """Move to another moment."""
        self._at = at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move on by a duration."""
        self._at += by


class DemoClock:
    """A stand-in for the demo: the machine's clock shifted by the seconds written in a file.

    Every worker process reads the same file at each call, so the story of a past day can be told through
    the real service. Production mode refuses it (`config.py`).
    """

    def __init__(self, offset_file: Path) -> None:
        self._offset_file = offset_file

    def now(self) -> datetime:
        """The present moment shifted by the file's offset; an absent file means no shift."""
        try:
            seconds = float(self._offset_file.read_text(encoding="ascii"))
        except FileNotFoundError:
            seconds = 0.0
        return datetime.now(UTC) + timedelta(seconds=seconds)
