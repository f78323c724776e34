"""Ask something that may never answer on a thread of its own, so that a caller waits for a moment and no longer."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


class Silent(Exception):
    """The question has no answer in time."""


@dataclass(slots=True)
class Apart(Generic[T]):
    """One question at a time: while it is not answered, all who ask wait for the same answer."""

    ask: Callable[[], T]
    patience_seconds: float
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: "Future[T] | None" = None

    def answer(self) -> T:
        """The answer, or the error that the question raises; raises Silent where there is none in time."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = Future()
                threading.Thread(
                    target=_fill, args=(self._asked, self.ask), name="apart", daemon=True
                ).start()
            asked = self._asked
        try:
            return asked.result(self.patience_seconds)
        except TimeoutError:
            if asked.done():
                raise
            raise Silent from None


def _fill(asked: "Future[T]", ask: Callable[[], T]) -> None:
    try:
        asked.set_result(ask())
    except Exception as error:  # noqa: BLE001  it is raised where the answer is waited for
        asked.set_exception(error)
