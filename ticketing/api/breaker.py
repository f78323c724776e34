"""Refuse what would write while a commit waits: it would wait too, and hold a thread for as long."""

from collections.abc import Callable

from flask import Flask, request

from ticketing.errors import CommitWaits

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
# A search is sent by POST and writes nothing.
_SEARCH = "/v1/journeys"


def register(
    app: Flask, waits_seconds: Callable[[], float], refuses: Callable[[float], bool], limit_seconds: int
) -> None:
    """Hook the breaker into an application; with a limit of 0 there is none.

    `waits_seconds` tells how long the oldest commit has waited, `refuses` whether nothing may try for that.
    """
    app.extensions["commits_wait"] = lambda: 0 < limit_seconds < waits_seconds()
    if not limit_seconds:
        return

    @app.before_request
    def _refuse() -> None:
        if request.method not in _READS and request.path != _SEARCH and refuses(limit_seconds):
            raise CommitWaits("the database does not confirm what it is given; send the same call again")
