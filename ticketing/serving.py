"""gunicorn as `throughfare serve` runs it: the service is built once, and its workers share what it has read.

A region of a large city fills some hundred megabytes. Built before gunicorn forks, it is there once, and each worker is ready at once.
This module is also gunicorn's configuration: the names at its end are the hooks that gunicorn calls.
"""

import importlib
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn.app.base import Application
from gunicorn.workers.gthread import TConn, ThreadWorker

preload_app = True

_PROBES = (b"GET /healthz", b"HEAD /healthz", b"GET /readyz", b"HEAD /readyz")
# gunicorn waits so long for the first bytes of a connection, five seconds of them in a thread.
_FIRST_BYTES_SECONDS = 7
_LONGEST = max(map(len, _PROBES))


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
    """gunicorn's threads, with one thread more that answers nothing but the questions after health.

    While every other thread waits for the database, `/healthz` still tells that the process lives, and `/readyz` that
    it cannot work. The first bytes of a request decide; a connection that has sent nothing holds no thread at all.
    """

    def init_process(self) -> None:
        """Begin, with the thread for probes, in the process that serves."""
        self.probes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probes")
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Hand a connection to the threads that answer it, once it has sent something."""
        begins = _begins(conn.sock)
        if begins is None and not (conn.initialized or conn.data_ready):
            self._await_request(conn)
            return
        pool = self.probes if begins is not None and begins.startswith(_PROBES) else self.tpool
        answered: Future[Any] = pool.submit(self.handle, conn)
        answered.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

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


def child_exit(_arbiter: Any, worker: Any) -> None:
    """Take the gauges of a process that has ended out of the figures of the service."""
    importlib.import_module("ticketing.api.http_metrics").forget_process(worker.pid)


def post_fork(_arbiter: Any, _worker: Any) -> None:
    """Begin in a worker what does not outlive a fork: its threads."""
    importlib.import_module("wsgi").begin_worker()
