"""Developers generate clients in Python and TypeScript from the description alone, and buy tickets from a real process."""

import json
import re
import shutil
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
from tests.web.nodes import WEB, node
from ticketing.db import Database
from ticketing.db.migrate import upgrade

_BIN = ROOT / ".client/bin"
_SETTINGS = ROOT / "docs/clients/openapi-python-client.yaml"
_BUYER = Path(__file__).with_name("buyer.py")
_TYPESCRIPT_BUYER = Path(__file__).with_name("buyer.ts")
# Write the client's types and the texts that its language needs, as the build of the apps does.
_GENERATE = """
import { readFileSync } from "node:fs";
import { writeGenerated } from "./building/generated.mjs";
const to = process.argv[1];
writeGenerated(`${to}/.generated`, JSON.parse(readFileSync(`${to}/openapi.json`, "utf8")));
"""


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


@pytest.fixture(scope="module")
def typescript(described: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the TypeScript client: types from the description, and the caller that the apps share."""
    program = node()
    if program is None or not (WEB / "node_modules").is_dir():
        pytest.skip("THE TYPESCRIPT CLIENT IS NOT TESTED: no node or no packages here (make apps)")
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(WEB / "shared", folder / "shared")
    shutil.copy(_TYPESCRIPT_BUYER, folder / "shared/buyer.ts")
    (folder / "node_modules").symlink_to((WEB / "node_modules").resolve())
    (folder / "openapi.json").write_text(json.dumps(described), encoding="utf-8")
    words = [program, "--input-type=module", "-e", _GENERATE, str(folder)]
    subprocess.run(words, cwd=WEB, capture_output=True, text=True, check=True, timeout=60)
    # It names the folder of the texts, for the compiler and for the bundler.
    shutil.copy(WEB / "tsconfig.json", folder)
    return folder


def test_the_typescript_client_compiles_and_has_every_operation(
    typescript: Path, described: dict[str, Any]
) -> None:
    operations = {
        f"{method.upper()} {path}": True
        for path, item in described["paths"].items()
        for method in item
        if method != "parameters"
    }
    # A call that is missing, and one that is too much, is an error of the compiler.
    every = f"export const every: Record<keyof Calls, true> = {json.dumps(operations)};"
    (typescript / "shared/every.ts").write_text(
        f'import type {{ Calls }} from "../.generated/api";\n{every}\n', encoding="utf-8"
    )
    options = json.loads((WEB / "tsconfig.json").read_text(encoding="utf-8"))
    (typescript / "tsconfig.json").write_text(json.dumps({**options, "include": ["shared", ".generated"]}))

    done = subprocess.run(
        [str(node()), "node_modules/typescript/bin/tsc", "-p", "."],
        cwd=typescript,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (done.returncode, done.stdout) == (0, "")
    assert len(operations) > 100


def test_the_typescript_client_buys_a_ticket_and_gives_it_back(typescript: Path, served: Server) -> None:
    tomorrow = datetime.now(ZoneInfo("Europe/Tallinn")).date() + timedelta(days=1)
    leaves = datetime.combine(tomorrow, datetime.min.time(), ZoneInfo("Europe/Tallinn")).replace(hour=9)
    bundle = [
        "node_modules/esbuild/bin/esbuild",
        "shared/buyer.ts",
        "--bundle",
        "--platform=node",
        "--format=esm",
        "--outfile=buyer.mjs",
        "--log-level=error",
    ]
    subprocess.run(bundle, cwd=typescript, capture_output=True, text=True, check=True, timeout=60)

    done = subprocess.run(
        [str(node()), "buyer.mjs", served.url, leaves.isoformat()],
        cwd=typescript,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["state"] == "ticketed"
    assert facts["same_order"]
    assert facts["declined"] == [402, "payment_refused"]
    assert facts["passengers"] == ["anna", "mari"]
    assert all(token.count(".") == 2 for token in facts["tokens"])
    assert facts["unchanged"]
    assert facts["stranger"] == [404, "not_found"]
    assert facts["refunded"] == ["mari"]
