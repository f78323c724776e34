"""`throughfare serve`: the HTTP API under gunicorn."""

import os
import sys

import click

from ticketing.cli.deployment import current_database, settings


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True)
def command(bind: str, workers: int, threads: int) -> None:
    """Serve the HTTP API; settings come from the environment (docs/operate.md).

    \b
    Example:
      throughfare serve --bind 0.0.0.0:8000 --workers 4
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()  # refuses unsafe ones here, in plain words
    current_database(configured).close()
    os.execv(sys.executable, gunicorn(bind, workers, threads))  # noqa: S606  our own words, no shell


def gunicorn(bind: str, workers: int, threads: int) -> list[str]:
    """The command line that serves the application."""
    return [
        sys.executable, "-m", "gunicorn", "wsgi:app", "--worker-class", "gthread", "--bind", bind,
        "--workers", str(workers), "--threads", str(threads), "--timeout", "30", "--no-control-socket",
    ]  # fmt: skip
