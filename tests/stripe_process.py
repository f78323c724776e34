"""Start the stand-in for Stripe: localstripe as a process, and the proxy that adds what it lacks, both on loopback."""

import contextlib
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from tests.stripe_stand_in import HEADERS, StripeStandIn
from tests.waiting import SOON_SECONDS

_PROGRAM = Path(".stand-in/bin/localstripe")


class NoStandIn(Exception):
    """The stand-in is not installed, which `make test` does: the suite fails rather than skip what it promises."""


@contextlib.contextmanager
def running() -> Iterator[StripeStandIn]:
    """Start localstripe and the proxy on free ports; both end with the block."""
    if not _PROGRAM.exists():
        raise NoStandIn("the stand-in for Stripe is not installed: `make test` does it")
    port = _free_port()
    with tempfile.TemporaryFile() as log:
        program = subprocess.Popen(
            [_PROGRAM.resolve(), "--port", str(port), "--from-scratch"],
            stdout=log,
            stderr=log,
            cwd=tempfile.gettempdir(),
        )
        try:
            upstream = f"http://127.0.0.1:{port}"
            _wait_for(upstream)
            stand_in = StripeStandIn(upstream)
            server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand_in))
            threading.Thread(target=server.serve_forever, args=(SOON_SECONDS,), daemon=True).start()
            stand_in.address = f"http://127.0.0.1:{server.server_address[1]}"
            yield stand_in
            server.shutdown()
            server.server_close()
            stand_in.upstream.close()
        finally:
            program.kill()
            program.wait()


def _handler(stand_in: StripeStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply("GET")

        def do_POST(self) -> None:
            self._reply("POST")

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

        def _reply(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                status, answer, headers = stand_in.answer(
                    method, self.path, body, self.headers.get("Idempotency-Key")
                )
            except ConnectionAbortedError:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(answer)

    return Handler


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{url}/v1/balance", headers=HEADERS)
            return
        time.sleep(0.05)
    raise NoStandIn("localstripe did not start within 30 seconds")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
