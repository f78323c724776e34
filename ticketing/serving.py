"""gunicorn's settings for `throughfare serve`: the service is built once, and its workers share what it has read.

A region of a large city fills some hundred megabytes. Built before gunicorn forks, it is there once, and each worker is ready at once.
"""

import importlib
from typing import Any

preload_app = True


def child_exit(_arbiter: Any, worker: Any) -> None:
    """Take the gauges of a process that has ended out of the figures of the service."""
    importlib.import_module("ticketing.api.http_metrics").forget_process(worker.pid)


def post_fork(_arbiter: Any, _worker: Any) -> None:
    """Begin in a worker what does not outlive a fork: its threads."""
    importlib.import_module("wsgi").begin_worker()
