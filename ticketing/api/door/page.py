"""Numbers in memory that the processes of a service share, which are forked after it was made; none takes any along when it ends."""

import fcntl
import mmap
import os
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BYTES = 8


class Page:
    """So many whole numbers of 64 bits, all 0 at first. One alone may be read at any time."""

    def __init__(self, numbers: int) -> None:
        self._file, name = tempfile.mkstemp(prefix="throughfare-line-")
        weakref.finalize(self, os.close, self._file)
        Path(name).unlink()
        os.truncate(self._file, numbers * _BYTES)
        self._numbers = memoryview(mmap.mmap(self._file, numbers * _BYTES)).cast("q")
        self._thread = threading.Lock()

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, at: int) -> int:
        return self._numbers[at]

    def __setitem__(self, at: int, value: int) -> None:
        self._numbers[at] = value

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other threads and processes out; the system takes the lock from a process that dies."""
        with self._thread:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)
