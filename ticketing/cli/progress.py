"""A bar with the time left on a terminal, for every command that may take long; nothing elsewhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from ticketing.progress import Far, Progress, silent

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def progress(begins: str, *, answers: bool = False) -> Iterator[Progress]:
    """Show on standard error what is done now, how far it is and how long it still takes; gone when the block ends.

    `begins` is shown until the work tells something itself. Where standard error is no terminal nothing is written,
    nor for a command that `answers` while it works, when those answers are read on the terminal as they come.
    """
    if not sys.stderr.isatty() or (answers and sys.stdout.isatty()):
        yield silent
        return
    from rich.console import Console  # noqa: PLC0415  a contract's answer in a pipe does not wait for it

    with bar(begins, Console(stderr=True, highlight=False)) as tell:
        yield tell


@contextmanager
def bar(begins: str, console: "Console") -> Iterator[Progress]:
    """Show the bar on a console."""
    from rich import progress as columns  # noqa: PLC0415  see above

    shown = columns.Progress(
        columns.SpinnerColumn(),
        columns.TextColumn("{task.description}"),
        columns.BarColumn(),
        columns.TaskProgressColumn(),
        columns.TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with shown:
        task = shown.add_task(begins, total=None)

        def tell(what: str, done: int, whole: int) -> None:
            shown.update(task, description=what, completed=done, total=whole)

        yield tell


def told_by_size(lines: BinaryIO, far: Far, every: int = 1_000) -> Iterator[bytes]:
    """Pass the lines of a file on, telling how many of its bytes have gone by; a pipe has no size and tells nothing."""
    try:
        whole = os.fstat(lines.fileno()).st_size
    except OSError:
        whole = 0
    done = 0
    # By `readline`: what click puts in the place of standard input under some locales is no iterator.
    for at, line in enumerate(iter(lines.readline, b"")):
        yield line
        done += len(line)
        if whole and at % every == 0:
            far(done, whole)
