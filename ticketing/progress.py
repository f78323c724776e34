"""Report the progress of a long piece of work to whoever waits for it.

Those who do the work know how much of it is done (`Far`); who began it knows what is done now (`Progress`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

# So much is done, of so much, in whatever unit.
Far = Callable[[int, int], None]
# The present work; so much is done, of so much.
Progress = Callable[[str, int, int], None]

_EVERY = 1_000
_WHOLE = 1_000
_Row = TypeVar("_Row")


def silent(*_: Any) -> None:
    """Tell nobody, as a `Far` or as a `Progress`."""


def told(rows: Iterable[_Row], far: Far, whole: int, *, every: int = _EVERY) -> Iterator[_Row]:
    """Pass rows on as they come, telling how many have gone by of how many there are."""
    count = 0
    for row in rows:
        yield row
        count += 1
        if count % every == 0:
            far(count, whole)
    far(count, max(count, whole))


def unnamed(far: Far) -> Progress:
    """Take what stages within a stage tell as how far that stage is; their own names are not told."""
    return lambda _, done, whole: far(done, whole)


class Counted:
    """Counts what is done of one piece of work whose parts come from several places."""

    def __init__(self, progress: Progress, what: str, whole: int) -> None:
        self._progress, self._what, self._whole, self._done = progress, what, whole, 0

    def more(self, count: int = 1) -> None:
        """So much more is done."""
        self._done += count
        self._progress(self._what, self._done, self._whole)


class Stages:
    """Tells several stages as one work. Each weighs what it takes beside the others; they come in this order."""

    def __init__(self, progress: Progress, weights: Mapping[str, int]) -> None:
        self._progress, self._weights = progress, dict(weights)
        self._whole = max(1, sum(self._weights.values())) * _WHOLE

    def begin(self, name: str) -> Far:
        """Begin a stage: the ones before it are done, its own work tells how far it is."""
        names = list(self._weights)
        before = sum(self._weights[one] for one in names[: names.index(name)]) * _WHOLE
        weight = self._weights[name]

        def far(done: int, whole: int) -> None:
            part = min(max(done, 0), whole) * weight * _WHOLE // whole if whole > 0 else weight * _WHOLE
            self._progress(name, before + part, self._whole)

        self._progress(name, before, self._whole)
        return far
