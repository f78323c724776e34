"""Write down together what ends at the same time: one thread writes for all that wait, in one transaction."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Together(Generic[T]):
    """Groups what several threads have to write. A commit waits for the disk: what comes meanwhile goes with the next one."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._writing = threading.Lock()

    def write(self, one: T, write: Callable[[Sequence[T]], None]) -> None:
        """Have something written with all that waits; answers once it is. Raises what `write` raises, in the thread that called it."""
        self._waiting.put(one)
        with self._writing:
            waiting = [self._waiting.get_nowait() for _ in range(self._waiting.qsize())]
            if waiting:
                write(waiting)
