"""The demo leaves nobody behind: however it ends, its processes end, and two demos never share a folder."""

import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path.cwd()
_SECONDS = 60
# Two simulators, gunicorn, its worker, and the worker of the books.
_PROCESSES = 5
# A suite under `nohup` ignores SIGHUP, and so would the demo: it begins as from a terminal.
_HEARS_SIGNALS = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"


def demo(folder: Path, *words: str) -> list[str]:
    """The command line of a demo in a folder of its own, on a port of its own; it ends alike with a month and without."""
    for name in ("regions", "wsgi.py"):
        if not (folder / name).exists():
            (folder / name).symlink_to((ROOT / name).resolve())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return [sys.executable, "-m", "ticketing", "demo", "--no-month", "--port", str(port), *words]


@pytest.fixture
def played(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A demo that has started all of its processes; they share its session."""
    playing = subprocess.Popen(
        [sys.executable, "-c", _HEARS_SIGNALS, *demo(tmp_path)],
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + _SECONDS
        while len(others(playing)) < _PROCESSES:
            assert playing.poll() is None, playing.communicate()
            assert time.monotonic() < until, others(playing)
            time.sleep(0.02)  # nothing tells that another process has been born
        yield playing
    finally:
        for pid in (*others(playing), playing.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        playing.communicate()


def others(playing: "subprocess.Popen[str]") -> list[int]:
    """The living processes of a demo's session but itself, from /proc: their parents may be gone."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, session, pid = told[0], int(told[3]), int(stat.parent.name)
        if session == playing.pid and pid != playing.pid and state != "Z":
            found.append(pid)
    return found


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_a_demo_that_is_ended_by_a_signal_ends_its_processes(
    played: "subprocess.Popen[str]", number: signal.Signals, tmp_path: Path
) -> None:
    ends_with_its_processes(played, number, tmp_path)


def ends_with_its_processes(played: "subprocess.Popen[str]", number: signal.Signals, tmp_path: Path) -> None:
    """Send the signal, and await the end of everything."""
    watched = select.poll()
    handles = [os.pidfd_open(pid) for pid in others(played)]
    for handle in handles:
        watched.register(handle, select.POLLIN)

    os.kill(played.pid, number)

    assert played.wait(timeout=_SECONDS) == (-9 if number == signal.SIGKILL else 128 + number)
    until = time.monotonic() + _SECONDS
    while handles:
        ended = [handle for handle, _ in watched.poll(1000 * _SECONDS)]
        assert ended, f"{others(played)} live on"
        assert time.monotonic() < until
        for handle in ended:
            watched.unregister(handle)
            handles.remove(handle)
            os.close(handle)
    assert others(played) == []
    with (tmp_path / "var/demo.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the next demo may begin


def test_a_second_demo_is_refused_while_the_first_one_plays_on_until_it_is_ended(
    played: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    before = (tmp_path / "var/demo/throughfare.db").stat().st_ino

    second = subprocess.run(
        demo(tmp_path, "--once"),
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
    )

    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == (
        f"conflict: another demo runs in var/demo (process {played.pid}): end that one first\n"
    )
    assert (tmp_path / "var/demo/throughfare.db").stat().st_ino == before
    assert played.poll() is None
    ends_with_its_processes(played, signal.SIGTERM, tmp_path)


def test_a_demo_whose_worker_ends_says_so_with_its_last_words(
    played: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    worker = next(
        pid for pid in others(played) if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    )

    os.kill(worker, signal.SIGKILL)
    _, said = played.communicate(timeout=_SECONDS)

    assert played.returncode == 2
    assert said.startswith("conflict: the worker ended with exit code -9; it said last: ")
    assert "(var/demo/worker.log)" in said
