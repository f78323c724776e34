"""Repeat a call whose transaction the database ended for the sake of others, where a repetition does no harm."""

import random
import time
from collections.abc import Callable

import structlog
from flask import Flask, g, request
from flask.typing import ResponseReturnValue

_log = structlog.get_logger(__name__)

TRIES = 4
# In the environment of a call that was counted and tried before it came to Flask: the error.
FAILED = "throughfare.failed"
_FIRST_PAUSE_SECONDS = 0.02
# RFC 9110, section 9.2.2, without the methods that this service does not have.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


def repeatable() -> None:
    """Mark the call that is answered: repeated as a whole it has one effect, by its key or by the id in its body."""
    g.repeatable = True


def fail_as_tried() -> None:
    """Raise the error with which this very call has failed already, before it came to Flask; once."""
    error = request.environ.pop(FAILED, None)
    if error is not None:
        raise error


def register(app: Flask, is_torn: Callable[[BaseException], bool]) -> None:
    """Let the view of a call run again, up to four times; `is_torn` knows the database's word for such an end.

    The caller could do so as well, and is asked to (503) where the last try fails too.
    """
    dispatch = app.dispatch_request

    def again() -> ResponseReturnValue:
        for tried in range(1, TRIES):
            try:
                return dispatch()
            except Exception as error:
                if not is_torn(error) or not _may_repeat():
                    raise
                _log.warning("call repeated", path=request.path, tried=tried, reason=str(error.__cause__))
            # Two that stood in each other's way do not come back at the same moment.
            time.sleep(_FIRST_PAUSE_SECONDS * 2**tried * random.uniform(0.5, 1.5))
        return dispatch()

    app.dispatch_request = again  # type: ignore[method-assign]


def _may_repeat() -> bool:
    return request.method in _IDEMPOTENT or bool(g.get("repeatable"))
