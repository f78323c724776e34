"""A developer generates a client from the description alone, and buys a ticket with it from a real process."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.source_tree import ROOT
from tests.ticketing.validator.server import Server, serving
from ticketing.db import Database
from ticketing.db.migrate import upgrade

_BIN = ROOT / ".client/bin"
_SETTINGS = ROOT / "docs/clients/openapi-python-client.yaml"
_BUYER = Path(__file__).with_name("buyer.py")


class NoGenerator(Exception):
    """The generator is not installed, which `make test` does: the suite fails rather than skip what it promises."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service as a process of its own."""
    folder = tmp_path_factory.mktemp("served")
    database = Database(f"sqlite:///{folder / 'served.db'}")
    upgrade(database)
    with serving(database, folder) as server:
        yield server
    database.close()


@pytest.fixture(scope="module")
def described(served: Server) -> dict[str, Any]:
    """The description that the process serves."""
    document: dict[str, Any] = httpx.get(f"{served.url}/openapi.json", timeout=60).json()
    return document


@pytest.fixture(scope="module")
def client(described: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the client; the generator has had nothing to complain about."""
    if not (_BIN / "openapi-python-client").exists():
        raise NoGenerator("the generator of clients is not installed: `make test` does it")
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_text(json.dumps(described), encoding="utf-8")
    words = ["generate", "--path", "openapi.json", "--output-path", "made", "--config", str(_SETTINGS)]
    program = [str(_BIN / "openapi-python-client"), *words, "--fail-on-warning"]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, "WARNING" in done.stdout) == (0, False), done.stdout + done.stderr
    return folder / "made"


def run(client: Path, *words: str) -> str:
    """Run the client's own Python beside the client; answers what it has printed."""
    done = subprocess.run(
        [str(_BIN / "python"), *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={"PYTHONPATH": str(client), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_client_compiles_and_has_every_operation(client: Path, described: dict[str, Any]) -> None:
    ids = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", operation["operationId"]).lower()
        for item in described["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    modules = {path.stem for path in client.glob("throughfare_client/api/*/*.py")} - {"__init__"}

    assert modules == ids
    names = "pkgutil.walk_packages(throughfare_client.__path__, 'throughfare_client.')"
    importing = f"import importlib, pkgutil, throughfare_client\nfor one in {names}: importlib.import_module(one.name)"
    run(client, "-W", "error::SyntaxWarning", "-c", importing)


def test_the_client_buys_a_ticket_and_gives_one_back(client: Path, served: Server) -> None:
    tomorrow = datetime.now(ZoneInfo("Europe/Tallinn")).date() + timedelta(days=1)
    leaves = datetime.combine(tomorrow, datetime.min.time(), ZoneInfo("Europe/Tallinn")).replace(hour=9)

    facts = json.loads(run(client, str(_BUYER), served.url, leaves.isoformat()))

    assert facts["state"] == "ticketed"
    assert facts["same_order"]
    assert facts["declined"] == [402, "payment_refused"]
    assert facts["passengers"] == ["anna", "mari"]
    assert all(token.count(".") == 2 for token in facts["tokens"])
    assert set(facts["legs"]) == {"tlt"}
    assert facts["polled"]
    assert facts["stranger"] == [404, "/errors/not_found"]
    assert facts["refunded"] == ["mari"]
    assert facts["expires_later"]
