"""The hook by which a deployment watches its calls over the wire. By default nobody does."""

from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager

# Given the method, the host and the headers of a call, to which it may add; it is told the status of the answer.
Watch = Callable[[str, str, MutableMapping[str, str]], AbstractContextManager[Callable[[int], None]]]

_watches: list[Watch] = []


def begin(watch: Watch) -> None:
    """Let every call of this process be watched."""
    _watches[:] = [watch]


def end() -> None:
    """Watch no more."""
    _watches.clear()


def current() -> Watch | None:
    """The watch of this process; None where nobody watches."""
    return _watches[0] if _watches else None
