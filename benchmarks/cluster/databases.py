"""Two PostgreSQL servers under Patroni, with a third voter, so that a primary which lost the others is no primary any more."""

import json
import os
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster.machines import NOBODY, Machine, free_port
from tests import postgresql

# Patroni's least: a primary that is gone loses its lease after `ttl`.
_TTL, _LOOP, _RETRY = 20, 1, 3
_PATIENCE = 90
# Its module has no entry of its own.
_WITNESS = "from patroni.raft_controller import main; main()"


@dataclass(frozen=True, slots=True)
class Node:
    """One server with its Patroni; `rest` answers its role."""

    machine: Machine
    port: int
    rest: int
    data: Path

    def role(self) -> str:
        """Ask Patroni: `primary`, `replica`, or nothing where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest}/patroni", timeout=1) as answer:
                told = json.loads(answer.read())
        except (OSError, ValueError):
            return ""
        return str(told.get("role", "")) if told.get("state") == "running" else ""

    def server_processes(self) -> list[int]:
        """The postmaster of this node, which is not below Patroni in the tree of processes."""
        try:
            return [int((self.data / "postmaster.pid").read_text().split()[0])]
        except (OSError, ValueError, IndexError):
            return []


@dataclass(frozen=True, slots=True)
class Pair:
    """Both nodes and the witness."""

    nodes: tuple[Node, Node]
    witness: Machine

    @property
    def url(self) -> str:
        """The address in libpq's form: whichever of them writes."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://throughfare@{hosts}/postgres?target_session_attrs=read-write"

    def primary(self) -> Node:
        """The node that writes now; waits for one."""
        return self._of("primary")

    def standby(self) -> Node:
        """The node that follows; waits for one."""
        return self._of("replica")

    def end(self) -> None:
        """Stop everything."""
        for node in self.nodes:
            left = node.server_processes()
            node.machine.end()
            node.machine.kill(more=left)
        self.witness.end()

    def wait_until_synchronous(self) -> None:
        """Wait until the standby confirms each commit."""
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            for node in self.nodes:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{node.rest}/cluster", timeout=1) as answer:
                        members = json.loads(answer.read())["members"]
                except (OSError, ValueError):
                    continue
                if any(
                    one["role"] == "sync_standby" and one["state"] in {"streaming", "running"}
                    for one in members
                ):
                    return
            time.sleep(0.2)
        raise TimeoutError("no synchronous standby")

    def _of(self, role: str) -> Node:
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            for node in self.nodes:
                if node.role() == role:
                    return node
            time.sleep(0.1)
        raise TimeoutError(f"no {role}")


def start(tools: Path, folder: Path) -> Pair:
    """Make and start the pair; the first to come becomes primary."""
    votes = [f"127.0.0.1:{free_port()}" for _ in range(3)]
    binaries = postgresql.find_programs()
    _writable(folder)
    nodes = tuple(_node(at, tools, folder, binaries, votes) for at in range(2))
    witness = folder / "witness.json"
    witness.write_text(json.dumps({"raft": _raft(folder / "raft-2", votes, 2)}))
    third = Machine(
        "witness",
        (*_python()[:1], "-c", _WITNESS, witness),
        folder,
        {"PYTHONPATH": str(tools)},
        as_nobody=True,
    )
    pair = Pair((nodes[0], nodes[1]), third)
    for machine in (third, *(node.machine for node in nodes)):
        machine.start()
    pair.primary()
    pair.wait_until_synchronous()
    return pair


def _node(at: int, tools: Path, folder: Path, binaries: Path, votes: Sequence[str]) -> Node:
    port, rest, name = free_port(), free_port(), f"pg{at}"
    data = folder / name
    access = [f"host {what} all 127.0.0.1/32 trust" for what in ("all", "replication")]
    settings = {
        "scope": "throughfare",
        "name": name,
        "restapi": {"listen": f"127.0.0.1:{rest}", "connect_address": f"127.0.0.1:{rest}"},
        "raft": _raft(folder / f"raft-{at}", votes, at),
        "bootstrap": {
            "dcs": {
                "ttl": _TTL,
                "loop_wait": _LOOP,
                "retry_timeout": _RETRY,
                "synchronous_mode": True,
                # A primary whose server has died is not tried again while the standby is well.
                "primary_start_timeout": 0,
                "postgresql": {"use_pg_rewind": True, "parameters": {"max_connections": 100}},
            },
            "initdb": [{"encoding": "UTF8"}, "data-checksums", {"locale": "C"}],
        },
        "postgresql": {
            "listen": f"127.0.0.1:{port}",
            "connect_address": f"127.0.0.1:{port}",
            "data_dir": str(data),
            "bin_dir": str(binaries),
            "pgpass": str(folder / f"pgpass-{at}"),
            "authentication": {
                "superuser": {"username": "throughfare"},
                "replication": {"username": "replicator"},
                "rewind": {"username": "throughfare"},
            },
            "parameters": {"unix_socket_directories": str(folder)},
            "pg_hba": access,
        },
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps(settings))
    machine = Machine(name, (*_python(), "patroni", file), folder, {"PYTHONPATH": str(tools)}, as_nobody=True)
    return Node(machine, port, rest, data)


def _raft(folder: Path, votes: Sequence[str], at: int) -> dict[str, object]:
    folder.mkdir()
    _writable(folder)
    return {
        "data_dir": str(folder),
        "self_addr": votes[at],
        "partner_addrs": [vote for other, vote in enumerate(votes) if other != at],
    }


def _python() -> tuple[str, str]:
    """The interpreter for Patroni: where this is root, the one that its account may run too."""
    return ("/usr/bin/python3" if os.geteuid() == 0 else sys.executable), "-m"


def _writable(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
