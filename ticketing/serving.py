"""gunicorn as `throughfare serve` runs it: the service is built once, and its workers share what it has read.

A region of a large city fills some hundred megabytes. Built before gunicorn forks, it is there once, and each worker is ready at once.
This module is also gunicorn's configuration: the names at its end are the hooks that gunicorn calls.
"""

import contextlib
import importlib
import json
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn import util
from gunicorn.app.base import Application
from gunicorn.workers.gthread import TConn, ThreadWorker

preload_app = True

_PROBES = (b"GET /healthz", b"HEAD /healthz", b"GET /readyz", b"HEAD /readyz")
# gunicorn waits so long for the first bytes of a connection, five seconds of them in a thread.
_FIRST_BYTES_SECONDS = 7
# What has a door has threads of its own, so that those who wait there keep nobody from paying.
_DOORS = {path: (b"POST %s HTTP" % path, b"POST %s?" % path) for path in (b"/v1/orders", b"/v1/quotes")}
# So have those who read: a commit that waits keeps the others for as long as it waits.
_READS = (b"GET ", b"HEAD ", b"OPTIONS ", b"POST /v1/journeys HTTP")
_CROWDED = tuple(begin for begins in _DOORS.values() for begin in begins)
_LONGEST = max(map(len, (*_PROBES, *_READS, *_CROWDED)))
_TAKEN_AT_ONCE = 32
_SWITCH_SECONDS = 0.001
_CLOSING_SECONDS, _DRAINED_BYTES = 2, 65_536


class Server(Application):
    """gunicorn in the process that has built the service: it forks workers from what is there.

    Its options are ours, before them those of GUNICORN_CMD_ARGS, before them the hooks of this module.
    """

    def __init__(self, app: WSGIApplication, options: list[str]) -> None:
        """Serve an application that is built already."""
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the hooks of this module, the environment's options and ours, each over those before it."""
        self.load_config_from_module_name_or_filename(f"python:{__name__}")
        parser = self.cfg.parser()
        for words in (self.cfg.get_cmd_args_from_env(), self._options):
            for name, value in vars(parser.parse_args(words)).items():
                if value is not None and name != "args":
                    self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Hand over the service."""
        return self._app


class Worker(ThreadWorker):
    """gunicorn's threads for what writes, as many for what reads, some for new quotes and orders, and one for questions after health.

    While every other thread waits for the database, `/healthz` still tells that the process lives, and `/readyz` that
    it cannot work. The first bytes of a request decide; a connection that has sent nothing holds no thread at all.
    """

    def init_process(self) -> None:
        """Begin, with the thread for probes, in the process that serves."""
        self.probes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probes")
        self.closing: deque[TConn] = deque()
        self.reading = ThreadPoolExecutor(self.cfg.threads, thread_name_prefix="reading")
        self.refusing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="refusing")
        self.writing: set[TConn] = set()
        self.to_write: deque[TConn] = deque()
        sys.setswitchinterval(_SWITCH_SECONDS)
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the service, and make as many threads for each of its doors as may stand there."""
        super().load_wsgi()
        doors = importlib.import_module("ticketing.api.door").doors_of(self.wsgi)
        self.doors = {
            _DOORS[path.encode()]: ThreadPoolExecutor(door.threads, thread_name_prefix=path)
            for path, door in doors.items()
        }
        told: Callable[[], bool] | None = getattr(self.wsgi, "extensions", {}).get("commits_wait")
        self._commits_wait = told or (lambda: False)

    def accept(self, listener: socket.socket) -> None:
        """Take what has come, some at a time: gunicorn takes one and looks around, which costs a crowd seconds."""
        for _ in range(_TAKEN_AT_ONCE):
            before = self.nr_conns
            super().accept(listener)
            if self.nr_conns == before:
                return

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to the threads that answer it, once it has sent something."""
        begins = _begins(conn.sock)
        if begins is None and not (conn.initialized or conn.data_ready):
            self._await_request(conn)
            return
        conn.data_ready = conn.data_ready or begins is not None
        pool = self._pool_of(begins or b"")
        if pool is None:
            self.to_write.append(conn)
            self._write()
        else:
            self._submit(pool, conn)

    def _submit(self, pool: ThreadPoolExecutor, conn: TConn) -> None:
        answered: Future[Any] = pool.submit(self.handle, conn)
        answered.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _write(self) -> None:
        """Hand on what writes, no more at once than there are threads; while a commit waits the rest is refused by one of its own."""
        while self.to_write and len(self.writing) < self.cfg.threads:
            conn = self.to_write.popleft()
            self.writing.add(conn)
            self._submit(self.tpool, conn)
        while self.to_write and self._commits_wait():
            self._submit(self.refusing, self.to_write.popleft())

    def finish_request(self, conn: TConn, done: "Future[Any]") -> None:
        """Go on with a connection whose request has been answered.

        One that ends is not waited for: gunicorn's own loop stands still until the other side has closed too, for up to two
        seconds, and accepts nobody meanwhile.
        """
        self.writing.discard(conn)
        self._write()
        if done.cancelled() or done.exception() is not None or done.result():
            super().finish_request(conn, done)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            conn.timeout = time.monotonic() + _CLOSING_SECONDS
            self.poller.register(conn.sock, EVENT_READ, partial(self._drain, conn))
        except (OSError, ValueError, KeyError):
            self._close(conn)
        else:
            self.closing.append(conn)

    def murder_pending(self) -> None:
        """Close what has waited too long: for its first bytes, or for the other side to close."""
        super().murder_pending()
        self._write()
        while self.closing and self.closing[0].timeout <= time.monotonic():
            self._end(self.closing[0])

    def _drain(self, conn: TConn, sock: socket.socket) -> None:
        """Read on what nobody needs (RFC 9112, section 9.6), and close once the other side has."""
        try:
            is_open = bool(sock.recv(_DRAINED_BYTES))
        except BlockingIOError:
            return
        except OSError:
            is_open = False
        if not is_open:
            self._end(conn)

    def _end(self, conn: TConn) -> None:
        self.closing.remove(conn)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def _pool_of(self, begins: bytes) -> ThreadPoolExecutor | None:
        """The threads for a request by its first bytes; None for one that may write."""
        if begins.startswith(_PROBES):
            return self.probes
        if begins.startswith(_READS):
            return self.reading
        return next((pool for path, pool in self.doors.items() if begins.startswith(path)), None)

    def _await_request(self, conn: TConn) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + _FIRST_BYTES_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))


def _begins(sock: socket.socket) -> bytes | None:
    """The first bytes that wait at a socket, which stay there; None where there are none yet."""
    try:
        return sock.recv(_LONGEST, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return None


def refuse(sock: socket.socket, status: int, reason: str, _why: str) -> None:
    """Answer a request that gunicorn could not read like any other refusal: with the same headers, and without its words."""
    title = {"type": "about:blank", "title": reason, "status": status}
    body = json.dumps(title).encode()
    headers = {
        "Connection": "close",
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        **importlib.import_module("ticketing.api.edge").headers_of("", is_sandbox=False),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    util.write_nonblock(sock, f"HTTP/1.1 {status} {reason}\r\n{lines}\r\n".encode() + body)


# gunicorn has no hook for it, and its own page has none of the headers that keep a browser safe.
util.write_error = refuse


def child_exit(_arbiter: Any, worker: Any) -> None:
    """Take the gauges of a process that has ended out of the figures of the service."""
    importlib.import_module("ticketing.api.http_metrics").forget_process(worker.pid)


def post_fork(_arbiter: Any, _worker: Any) -> None:
    """Begin in a worker what does not outlive a fork: its threads."""
    importlib.import_module("wsgi").begin_worker()
