"""Kill and stall every machine of a small cluster while people buy, and count what was lost: `make bench-cluster`.

A primary and a synchronous standby under Patroni with a third voter, two services, two workers, one proxy, a wire that stalls. It takes some
five minutes and needs PostgreSQL and HAProxy (`apt-get install postgresql haproxy`) and the tools of
requirements-cluster.lock, which `make bench-cluster` installs into `.cluster`. With `--write` the figures go to
docs/reliability.md.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from benchmarks.cluster import databases
from benchmarks.cluster.databases import Node, Pair
from benchmarks.cluster.judging import judge
from benchmarks.cluster.machines import Machine, free_port
from benchmarks.cluster.shop import Notebook, Shop, at_work
from ticketing.clock import SystemClock
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.identity import create_key

PAGE = Path("docs/reliability.md")
_TITLE = "## The cluster, killed and stalled\n"
_TOOLS = Path(".cluster")
_BUYERS, _REST, _STALL = 6, 12.0, 6.0
_PATIENCE = 60


@dataclass(slots=True)
class Cluster:
    """The programs of the cluster."""

    pair: Pair
    services: list[Machine]
    workers: list[Machine]
    proxy: Machine
    network: Machine
    port: int
    environment: Mapping[str, str]
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def end(self) -> None:
        """Stop all of it."""
        for machine in (*self.services, *self.workers, self.proxy, self.network):
            machine.end()
        self.pair.end()


def main() -> None:
    """Run it, print the table, and end with 1 where anything was lost."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help=f"write the figures to {PAGE}")
    wanted, console = arguments.parse_args(), Console()
    missing = [name for name in ("haproxy", "initdb") if not _find(name)]
    if missing or not _TOOLS.is_dir():
        console.print(f"left out: {', '.join(missing) or 'the tools of make bench-cluster'} are not here")
        sys.exit(2)
    load = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="throughfare-cluster-", dir="/tmp"))
    folder.chmod(0o755)
    cluster = _start(folder, console)
    notes = Notebook()
    began = time.monotonic()
    try:
        events = _run(cluster, notes, console)
        results = _results(cluster, notes)
    finally:
        cluster.end()
    lines = _lines(events, results, notes, load, time.monotonic() - began)
    for row in lines:
        console.print(row, highlight=False, markup=False)
    for reason in sorted(set(notes.given_up))[:5]:
        console.print(f"given up: {reason[:300]}", highlight=False, markup=False)
    if wanted.write:
        _write(lines)
    lost = sum(found for name, found, _ in results)
    if lost == 0:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        console.print(f"the logs are in {folder}")
    sys.exit(1 if lost else 0)


def _start(folder: Path, console: Console) -> Cluster:
    console.print("a primary and a synchronous standby …")
    pair = databases.start(_TOOLS.absolute(), folder)
    database = Database(pair.url)
    upgrade(database)
    gate = create_key(database, SystemClock(), role="gate", operator="tlt", label="bench")[1]
    database.close()
    (folder / "ahead").write_text(str(int(_ahead().total_seconds())))
    environment = {
        "THROUGHFARE_DEMO_CLOCK_FILE": str(folder / "ahead"),
        "THROUGHFARE_CACHE_FOLDER": str(folder / "cache"),
        # Anchors of another run would say that the books were rewritten.
        "THROUGHFARE_SETTLEMENT_FOLDER": str(folder / "settlement"),
        "THROUGHFARE_DATABASE_URL": pair.url,
        "THROUGHFARE_KEYS_FOLDER": str(folder / "keys"),
        "THROUGHFARE_REGIONS": "helsinki-tallinn",
        "THROUGHFARE_RATE_LIMITS": "off",
        "THROUGHFARE_LIVE_SECONDS": "0",
        "THROUGHFARE_WARM_UP": "off",
        "THROUGHFARE_TRUSTED_PROXIES": "1",
        "THROUGHFARE_PUBLIC_URL": "https://tickets.example",
        "TF_GATE": gate,
    }
    ports = [free_port() for _ in range(2)]
    program = [sys.executable, "-m", "ticketing"]
    network, url = _network(pair, folder)
    services = [
        Machine(
            f"web{at}",
            [*program, "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1"],
            folder,
            {**environment, "THROUGHFARE_DATABASE_URL": url if at else pair.url},
        )
        for at, port in enumerate(ports)
    ]
    console.print("two services, two workers, one proxy …")
    services[0].start()
    _wait_for(ports[0], "/readyz")  # it makes the keys, the others find them
    workers = [Machine(f"worker{at}", [*program, "worker"], folder, environment) for at in range(2)]
    for machine in (services[1], *workers):
        machine.start()
    _wait_for(ports[1], "/readyz")
    front = free_port()
    (folder / "haproxy.cfg").write_text(_PROXY.format(front=front, first=ports[0], second=ports[1]))
    proxy = Machine("proxy", ["haproxy", "-db", "-f", folder / "haproxy.cfg"], folder)
    proxy.start()
    _wait_for(front, "/readyz")
    return Cluster(pair, services, workers, proxy, network, front, environment)


def _network(pair: Pair, folder: Path) -> tuple[Machine, str]:
    """Lay a wire between the second host of services and both servers; answers it, and the address by way of it."""
    ports = [(free_port(), node.port) for node in pair.nodes]
    words = [f"{here}:{there}" for here, there in ports]
    network = Machine("network", [sys.executable, "-m", "benchmarks.cluster.network", *words], folder)
    network.start()
    url = pair.url
    for here, there in ports:
        url = url.replace(f":{there}", f":{here}")
    return network, url


def _ahead() -> timedelta:
    """The time until a weekday's ten o'clock in Tallinn (eight in UTC, or seven in summer)."""
    now = datetime.now(UTC)
    then = now.replace(hour=8, minute=0, second=0)
    while then < now or then.isoweekday() > 5:  # noqa: PLR2004  Saturday
        then += timedelta(days=1)
    return then - now


def _run(cluster: Cluster, notes: Notebook, console: Console) -> list[tuple[str, float, float, str]]:
    """Do one thing after the other to it, each with a rest; answers what was done, the gap in sales and the slowest buyer."""
    ahead = timedelta(seconds=int(Path(cluster.environment["THROUGHFARE_DEMO_CLOCK_FILE"]).read_text()))
    shop = Shop(cluster.port, cluster.environment["TF_GATE"], notes, ahead)
    _, wait = at_work(shop, _BUYERS)
    time.sleep(_REST)
    told: list[tuple[str, float, float, str]] = []
    for name, act, rest in _acts(cluster):
        at = time.monotonic()
        detail = act()
        time.sleep(rest)
        until = time.monotonic()
        told.append((name, notes.longest_between(at, until), notes.slowest_across(at), detail))
        console.print(f"{name}: no sale for {told[-1][1]:.1f} s, slowest buyer {told[-1][2]:.1f} s {detail}")
    wait()
    time.sleep(_REST)  # the workers finish what they have found
    return told


def _acts(cluster: Cluster) -> Iterator[tuple[str, Callable[[], str], float]]:
    """The deeds in their order: a name, the deed, and the rest afterwards."""
    pair = cluster.pair
    yield "a web process is killed", lambda: _kill_child(cluster.services[0]), _REST
    yield "a host of services is killed, away 5 s", lambda: _kill(cluster.services[0], 5.0), _REST + 5
    yield "a worker is killed", lambda: _kill(cluster.workers[0]), _REST
    yield "the proxy is killed", lambda: _kill(cluster.proxy), _REST
    yield "the network of a host of services stalls", lambda: _hold(cluster.network), _REST
    yield "the standby stalls", lambda: _stall(pair.standby()), _REST
    yield "the standby is killed with its host, away 5 s", lambda: _kill_node(pair.standby(), 5.0), 2 * _REST
    yield "the primary's server is killed", lambda: _kill_server(pair), 2 * _REST
    yield "the primary's host is killed, away 30 s", lambda: _kill_primary(pair), 4 * _REST


def _kill(machine: Machine, away: float = 0.0) -> str:
    machine.kill(away)
    return ""


def _kill_child(machine: Machine) -> str:
    """Kill the process that answers, not gunicorn above it."""
    for process in machine.processes()[1:]:
        os.kill(process, 9)
    return ""


def _hold(network: Machine) -> str:
    network.stall(_STALL)
    return f"(for {_STALL:.0f} s)"


def _stall(node: Node) -> str:
    node.machine.stall(_STALL, [*_below(node), *node.server_processes()])
    return f"(for {_STALL:.0f} s)"


def _kill_node(node: Node, away: float) -> str:
    node.machine.kill(away, [*_below(node), *node.server_processes()])
    return ""


def _kill_server(pair: Pair) -> str:
    pair.wait_until_synchronous()
    node = pair.primary()
    for process in node.server_processes():
        os.kill(process, 9)
    return ""


def _kill_primary(pair: Pair) -> str:
    pair.wait_until_synchronous()
    _kill_node(pair.primary(), 30.0)
    return ""


def _below(node: Node) -> list[int]:
    """The children of a postmaster: they outlive it for a moment."""
    found = []
    for master in node.server_processes():
        listed = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True, check=False)
        found += [int(line) for line in listed.stdout.split()]
    return found


def _results(cluster: Cluster, notes: Notebook) -> list[tuple[str, int, int]]:
    cluster.pair.primary()
    database = Database(cluster.pair.url)
    results = list(judge(database, notes))
    database.close()
    checked = subprocess.run(
        [sys.executable, "-m", "ticketing", "books", "verify"],
        env={**os.environ, **cluster.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if checked.returncode:
        sys.stderr.write(checked.stdout[-2000:] + checked.stderr[-2000:])
    results.append(("faults that `books verify` names", int(checked.returncode != 0), 1))
    return results


def _lines(
    events: list[tuple[str, float, float, str]],
    results: list[tuple[str, int, int]],
    notes: Notebook,
    load: float,
    seconds: float,
) -> list[str]:
    day, cores = datetime.now(UTC).date(), os.cpu_count()
    sold = (
        f"{len(notes.orders)} orders, {len(notes.accepts)} accepts at gates and {len(notes.refunds)} refunds"
    )
    return [
        f"{day}, {cores} cores, load {load:.1f}, {seconds:.0f} s, {_BUYERS} buyers at once. Acknowledged: {sold}.",
        "",
        "| done to it | longest time without a sale | slowest buyer in flight |",
        "|---|---|---|",
        *(
            f"| {f'{name} {detail}'.strip()} | {gap:.1f} s | {slow:.1f} s |"
            for name, gap, slow, detail in events
        ),
        "",
        "| counted afterwards | found | of |",
        "|---|---|---|",
        *(f"| {name} | {found} | {of} |" for name, found, of in results),
    ]


def _write(lines: list[str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(_TITLE)
    _, mark, tail = rest.partition("\n## ")
    about = "Written by `python -m benchmarks.cluster --write` (`make bench-cluster`).\n"
    PAGE.write_text(
        head + _TITLE + "\n" + about + "\n" + "\n".join(lines) + "\n" + mark + tail, encoding="utf-8"
    )


def _find(program: str) -> bool:
    return bool(shutil.which(program)) or any(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))


def _wait_for(port: int, path: str) -> None:
    ends = time.monotonic() + _PATIENCE * 2
    while time.monotonic() < ends:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import urllib.request as u; u.urlopen('http://127.0.0.1:{port}{path}', timeout=3)",
            ],
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return
        time.sleep(0.3)
    raise TimeoutError(f"nothing answers at {port}{path}")


_PROXY = """global
    maxconn 2000
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    option redispatch
    retries 2
frontend world
    bind 127.0.0.1:{front}
    option forwardfor
    default_backend services
backend services
    balance leastconn
    option httpchk GET /readyz
    default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
    server web0 127.0.0.1:{first} check
    server web1 127.0.0.1:{second} check
"""


if __name__ == "__main__":
    main()
