"""Write down together what ends at the same time: one thread writes for all that wait, in one transaction."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Wish(Generic[T]):
    """Something that a thread wants to have written."""

    value: T
    is_written: bool = False


class Together(Generic[T]):
    """Groups what several threads have to write. A commit waits for the disk: what comes meanwhile goes with the next one."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[_Wish[T]] = queue.SimpleQueue()
        self._writing = threading.Lock()

    @property
    def waiting(self) -> int:
        """The number of things that wait to be written."""
        return self._waiting.qsize()

    def write(self, value: T, write: Callable[[Sequence[T]], None]) -> None:
        """Have something written with all that waits; answers once it is.

        Where they cannot be written together, each thread writes its own alone: it raises what `write` raises of that.
        """
        mine = _Wish(value)
        self._waiting.put(mine)
        with self._writing:
            if mine.is_written:
                return
            wishes = [self._waiting.get_nowait() for _ in range(self._waiting.qsize())]
            try:
                write([wish.value for wish in wishes])
            except Exception:
                # The one that cannot be written is told so when it is written alone.
                if len(wishes) == 1:
                    raise
                for wish in wishes:
                    if wish is not mine:
                        self._waiting.put(wish)
                write([mine.value])
            else:
                for wish in wishes:
                    wish.is_written = True
