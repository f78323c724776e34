"""Serve the whole service in a process of its own, as `python -m tests.web.served FOLDER PORT`, until it is killed.

Time is pretended: a Tuesday morning, from the moment in the folder's file on. The operators of ships are in memory and
have as many places as `places.json` says at each look. The built apps are a copy, which a test may change.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, request
from werkzeug.http import http_date
from werkzeug.serving import WSGIRequestHandler, make_server

from operators.fake import FakeOperator
from tests.source_tree import ROOT
from tests.working import round_of
from ticketing.api.door import door_of
from ticketing.app import create_app
from ticketing.clock import Clock, DemoClock
from ticketing.config import Settings
from ticketing.web import blueprint

WORK = "/one-round-of-a-worker"
CROWD = "/a-crowd"
SHIPS = ("tallink", "viking", "eckero")


class Places(Mapping[str, int]):
    """The places of a ship by kind, read anew each time: a test sells it out by writing a file."""

    def __init__(self, file: Path, operator: str) -> None:
        self._file, self._operator = file, operator

    def _now(self) -> dict[str, int]:
        told: dict[str, dict[str, int]] = json.loads(self._file.read_text(encoding="utf-8"))
        return told[self._operator]

    def __getitem__(self, kind: str) -> int:
        return self._now()[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())


def service(folder: Path, port: int) -> Flask:
    """Build the service on a folder that holds its database, keys, clock and places."""
    settings = Settings(
        database_url=f"sqlite:///{folder / 'test.db'}",
        keys_folder=folder / "keys",
        public_url=f"http://localhost:{port}",
        rate_limits=False,
        demo_clock_file=folder / "clock",
        mail_folder=folder / "mail",
        cache_folder=ROOT / "var/cache",
        settlement_folder=folder / "settlement",
        messages_reach="anywhere",
        regions_folder=folder / "regions",
        **_more(folder),
    )
    clock = settings.clock()
    ships = {name: FakeOperator(name, clock.now, Places(folder / "places.json", name)) for name in SHIPS}
    app = create_app(settings, connectors={"helsinki-tallinn": ships}, announces=False)
    blueprint.BUILT = folder / "built"
    rooms = app.extensions["throughfare"]

    @app.post(WORK)
    def work() -> str:
        """Do one round of a worker here: another process would read the region anew each time."""
        for job in round_of(rooms, *settings.regions):
            job.go(clock.now())
        return ""

    @app.route(CROWD, methods=["POST", "DELETE"])
    def crowd() -> str:
        """Let a crowd stand at a door, or go away."""
        door = door_of(app, request.args["path"])
        assert door is not None
        for _ in range(door.slots.most):
            if request.method == "POST":
                door.slots.enter(0, 0)
                door.line.join()
            else:
                door.slots.leave()
        return ""

    return app


def _more(folder: Path) -> dict[str, Any]:
    """Settings that a test has written into the folder; a list stands for values of which there may be several."""
    file = folder / "settings.json"
    written = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in written.items()}


def dated_by(clock: Clock) -> type[WSGIRequestHandler]:
    """Date each answer by the pretended clock, as an app takes its time from there."""

    class Dated(WSGIRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return http_date(clock.now())

    return Dated


def main(folder: Path, port: int) -> None:
    """Serve until this process is killed."""
    handler = dated_by(DemoClock(folder / "clock"))
    make_server(
        "127.0.0.1", port, service(folder, port), threaded=True, request_handler=handler
    ).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
