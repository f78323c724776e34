"""The proxies that docs/proxy configures keep slow requests away from the service: the real nginx and the real Caddy.

A machine without them does not run this; continuous integration has both.
"""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.ticketing.nginx_process import nginx_command
from tests.ticketing.ports import free_port
from tests.waiting import SOON_SECONDS

SLOW = 16
BODY = b'{"quote_id": "x"}'


@dataclass
class Upstream:
    """A stand-in for the service that notes each request that reaches it."""

    port: int = 0
    seen: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Front:
    """A proxy that runs, and the service behind it."""

    port: int
    upstream: Upstream

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, head: str = "GET / HTTP/1.1", **headers: str) -> str:
        """One whole request; its answer."""
        lines = [
            head,
            "Host: throughfare.example",
            "Connection: close",
            *(f"{k}: {v}" for k, v in headers.items()),
        ]
        with self.connect() as connection:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    found = Upstream()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.seen.append(dict(self.headers))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_POST = do_GET  # noqa: N815  the parent's spelling

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(SOON_SECONDS,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def nginx(folder: Path, port: int, behind: int) -> list[str]:
    """The shipped file without TLS, on free ports, with a deadline that a test can wait for."""
    shipped = Path("docs/proxy/nginx.conf").read_text(encoding="utf-8")
    ours = [line for line in shipped.splitlines() if "ssl_certificate" not in line]
    text = (
        "\n".join(ours)
        .replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
        .replace("listen 80", f"listen 127.0.0.1:{free_port()}")
        .replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
    )
    assert text.count(" 10s;") == 2
    return nginx_command(folder, text.replace(" 10s;", " 1s;"))


def caddy(folder: Path, port: int, behind: int) -> list[str]:
    """The shipped file without TLS, on free ports, with a deadline that a test can wait for."""
    shipped = Path("docs/proxy/Caddyfile").read_text(encoding="utf-8")
    assert shipped.count("read_header 10s") == shipped.count("read_body 10s") == 1
    text = (
        shipped.replace("http://throughfare.example {", f"http://:{free_port()} {{")
        .replace("throughfare.example {", f"http://:{port} {{")
        .replace("127.0.0.1:8000", f"127.0.0.1:{behind}")
        .replace(" 10s", " 1s")
        .replace("{\n\tservers", "{\n\tadmin off\n\tauto_https off\n\tservers", 1)
    )
    (folder / "Caddyfile").write_text(text)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, tmp_path: Path, upstream: Upstream) -> Iterator[Front]:
    command: Callable[[Path, int, int], list[str]] = request.param
    if shutil.which(command.__name__) is None:
        pytest.skip(f"THE SHIPPED PROXIES ARE NOT TESTED with {command.__name__}: it is not installed")
    port = free_port()
    environment = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "PATH": "/usr/sbin:/usr/bin:/bin"}
    running = subprocess.Popen(
        command(tmp_path, port, upstream.port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert running.poll() is None, "the proxy refuses the configuration that is shipped"
            time.sleep(0.02)  # nothing tells when another program listens
    yield Front(port, upstream)
    running.terminate()
    running.wait(10)


def test_e5_bodies_that_never_end_hold_no_thread_of_the_service_and_are_cut(front: Front) -> None:
    head = f"POST /v1/orders HTTP/1.1\r\nHost: throughfare.example\r\nContent-Length: {len(BODY)}\r\n\r\n"
    slow = [front.connect() for _ in range(SLOW)]
    for connection in slow:
        connection.sendall(head.encode() + BODY[:1])

    assert "200 OK" in front.ask()
    assert len(front.upstream.seen) == 1  # none of the slow ones has come through
    for connection in slow:
        told = connection.recv(65536)  # ends when the proxy has had enough
        assert not told.endswith(b"ok")
        connection.close()
    assert len(front.upstream.seen) == 1


def test_e5_a_head_that_never_ends_is_cut(front: Front) -> None:
    with front.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: throughfare.ex")
        told = connection.recv(65536)

    assert told == b"" or b" 408 " in told or b" 400 " in told
    assert front.upstream.seen == []


def test_the_service_hears_the_callers_address_last_and_no_stranger_changes_it(front: Front) -> None:
    front.ask(**{"X-Forwarded-For": "203.0.113.9"})

    forwarded = front.upstream.seen[0]["X-Forwarded-For"]
    assert forwarded.rpartition(",")[2].strip() == "127.0.0.1"


def test_a_body_that_is_too_large_does_not_reach_the_service(front: Front) -> None:
    with front.connect() as connection:
        connection.sendall(
            b"POST /v1/orders HTTP/1.1\r\nHost: throughfare.example\r\nContent-Length: 300000\r\n\r\n"
        )
        told = connection.recv(65536)

    assert not told.endswith(b"ok")
    assert front.upstream.seen == []
