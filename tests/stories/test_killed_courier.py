"""The worker that carries a record is killed between the partner's having it and our noting that: nothing is lost, nothing is there twice."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.stories.two_deployments import PATIENCE_SECONDS, PAUSE, Deployment, free_port, until, until_told
from throughfare_gate.tickets.strict import decode_base64url, json_object

# A delivery that a dead worker has claimed is due again after two minutes; the clock is set that much ahead instead.
AHEAD_SECONDS = 150
# The programs of this story read the real clock.
SINCE = (datetime.now(UTC) - timedelta(hours=3)).isoformat(timespec="seconds")
FACTS = {"failure": "settlement_file_rejected", "since": SINCE}


class Line(ThreadingHTTPServer):
    """The line to a partner: it carries each call over, and may cut the wire once the partner has answered."""

    daemon_threads = True

    def __init__(self, partner: Deployment) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.partner = partner
        self.cut: Callable[[], object] | None = None
        self.carried: list[tuple[str, bool]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Call(BaseHTTPRequestHandler):
    """One call over the line."""

    server: Line

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        token = json.loads(body)["record"]
        step = json_object(decode_base64url(token.split(".")[1]))["jti"]
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
        reply = httpx.post(
            f"{self.server.partner.address}{self.path}", content=body, headers=headers, timeout=30
        )
        self.server.carried.append((str(step), reply.json()["is_new"]))
        if self.server.cut is not None:
            cut, self.server.cut = self.server.cut, None
            cut()
            self.close_connection = True
            return
        self.send_response(reply.status_code)
        self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)

    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
        """Say nothing."""


@contextmanager
def open_line(partner: Deployment) -> Iterator[Line]:
    with Line(partner) as line:
        thread = threading.Thread(target=line.serve_forever, daemon=True)
        thread.start()
        yield line
        line.shutdown()
        thread.join(PATIENCE_SECONDS)


@contextmanager
def two_houses(folder: Path) -> Iterator[tuple[Deployment, Deployment]]:
    """Have a house whose worker alone runs, and a partner that alone serves: each does one half of the way."""
    a = Deployment("kopli", "helsinki-tallinn", ("hsl",), folder / "a", free_port())
    b = Deployment("malmo", "oresund", ("metro",), folder / "b", free_port())
    try:
        for one in (a, b):
            one.folder.mkdir()
            one.run("db", "upgrade")
        b.start("server", "serve", "--bind", f"127.0.0.1:{b.port}", "--workers", "1")
        yield a, b
    finally:
        for one in (a, b):
            one.client.close()
            for process in one.processes:
                process.kill()
                process.wait(PATIENCE_SECONDS)


def introduce(one: Deployment, other: Deployment, *ways: str) -> None:
    """Let one know the other."""
    (one.folder / "partner.json").write_text(other.run("incidents", "partner", "ours"))
    given = ("--name", other.name, "--jwks", "partner.json", "--by", "Anna", *ways)
    one.run("incidents", "partner", "add", other.issuer, *given)


def is_up(deployment: Deployment) -> bool:
    try:
        return deployment.client.get("/readyz").is_success
    except httpx.TransportError:
        return False


@pytest.mark.programs
def test_a_record_whose_courier_is_killed_is_there_once(tmp_path: Path) -> None:
    with two_houses(tmp_path) as (a, b), open_line(b) as line:
        introduce(a, b, "--address", line.address)
        introduce(b, a)
        until(lambda: is_up(b), "the partner serves")
        drafted = ("other_failure", "--title", "A settlement file was refused", "--facts", json.dumps(FACTS))
        incident = a.run("incidents", "draft", *drafted, "--occurred-at", SINCE, "--by", "Anna").strip()
        a.run(
            "incidents", "share", incident, "--tlp", "GREEN", "--lines", "We read it again.", "--by", "Anna"
        )

        a.start("worker", "worker", "--pause", PAUSE)
        worker = a.processes[-1]
        cut = threading.Event()

        def kill() -> None:
            worker.kill()
            worker.wait(PATIENCE_SECONDS)
            cut.set()

        line.cut = kill
        assert cut.wait(PATIENCE_SECONDS), "the record never left"
        assert worker.returncode == -9
        assert b.incidents() == [incident], "the partner has it"
        assert a.incident(incident)["partners"][0]["arrived_at"] is None, "and nobody here has noted that"

        (a.folder / "clock").write_text(str(AHEAD_SECONDS))
        a.settings["THROUGHFARE_DEMO_CLOCK_FILE"] = str(a.folder / "clock")
        a.start("worker_again", "worker", "--pause", PAUSE)
        until(lambda: line.carried[1:], "the second worker carries it")
        until_told(a, lambda: a.incident(incident)["partners"][0]["arrived_at"], "the second worker notes it")

        (step, _), (again, _) = line.carried
        assert step == again, "the same step was carried twice"
        assert [is_new for _, is_new in line.carried] == [True, False], "the repeat is recognised"
        assert [step["kind"] for step in b.incident(incident)["steps"]] == ["received"]
        assert b.incident(incident)["record"] == a.incident(incident)["record"]
        assert a.run("incidents", "verify") == b.run("incidents", "verify") == "the chain holds\n"
