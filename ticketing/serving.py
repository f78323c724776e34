"""gunicorn's settings for `throughfare serve`: the service is built once, and its workers share what it has read.

A region of a large city fills some hundred megabytes. Built before gunicorn forks, it is there once, and each worker is ready at once.
"""

import importlib
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

preload_app = True


def child_exit(_arbiter: Any, worker: Any) -> None:
    """Take the gauges of a process that has ended out of the figures of the service."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def post_fork(_arbiter: Any, _worker: Any) -> None:
    """Begin in a worker what does not outlive a fork: its threads."""
    importlib.import_module("wsgi").begin_worker()
