"""`throughfare serve`: the HTTP API under gunicorn."""

import importlib
import ipaddress
import os
import sys
import tempfile

import click

from ticketing.cli.deployment import current_database, settings
from ticketing.config import Settings
from ticketing.errors import Misconfigured


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True)
def command(bind: str, workers: int, threads: int) -> None:
    """Serve the HTTP API; settings come from the environment (docs/operate.md).

    \b
    Example:
      throughfare serve --bind 127.0.0.1:8000 --workers 4
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    _follow(bind)
    configured = settings()  # refuses unsafe ones here, in plain words
    _refuse_open_bind(configured, bind)
    current_database(configured).close()
    # The figures of all processes come together here; prometheus_client looks for it once, when it is imported.
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="throughfare-figures-"))
    # What cannot be built ends the command here with one line; gunicorn would end with a traceback of each process.
    app = importlib.import_module("wsgi").shared(configured)
    importlib.import_module("ticketing.serving").Server(app, _options(bind, workers, threads)).run()


def _follow(bind: str) -> None:
    """Let the address in tickets and pages be the one that is served, where nobody names another: a machine of one's own."""
    if "THROUGHFARE_PUBLIC_URL" not in os.environ and bind.startswith(("127.0.0.1:", "localhost:")):
        os.environ["THROUGHFARE_PUBLIC_URL"] = f"http://{bind}"


def _refuse_open_bind(configured: Settings, bind: str) -> None:
    """Raise Misconfigured where strangers would reach gunicorn itself: it waits for a slow request as long as that takes.

    A few bodies sent byte by byte hold every thread. A proxy in front reads requests with a deadline (docs/proxy).
    """
    if configured.open_bind or configured.trusted_proxies or _is_private(bind):
        return
    raise Misconfigured(
        f"other machines reach --bind {bind}, and no setting names a proxy in front that reads requests with a deadline: "
        "set THROUGHFARE_TRUSTED_PROXIES to the number of proxies (configurations: docs/proxy), "
        "or THROUGHFARE_OPEN_BIND=allowed where another program keeps slow requests away"
    )


def _is_private(bind: str) -> bool:
    """Tell whether an address to listen at is a socket of this machine, or its loopback."""
    if bind.startswith(("unix:", "fd://")):
        return True
    host = bind.rpartition(":")[0].strip("[]") if ":" in bind else bind
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def gunicorn(bind: str, workers: int, threads: int, application: str = "wsgi:app") -> list[str]:
    """The command line that serves an application as `throughfare serve` does, without its shared start."""
    return [sys.executable, "-m", "gunicorn", application, *_options(bind, workers, threads)]


def _options(bind: str, workers: int, threads: int) -> list[str]:
    """The words for gunicorn."""
    return [
        "--worker-class",
        "ticketing.serving.Worker",
        "--bind",
        bind,
        "--workers",
        str(workers),
        "--threads",
        str(threads),
        "--timeout",
        "30",
        # A rush of some thousand at one instant is kept, as far as the system allows.
        "--backlog",
        "4096",
        "--no-control-socket",
    ]
