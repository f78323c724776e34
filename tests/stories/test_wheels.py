"""The wheels as somebody installs them: each into an environment that holds what it declares and nothing else."""

import importlib.metadata
import os
import shutil
import socket
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.source_tree import ROOT
from tests.ticketing.validator.enrolled import enrolled, ticket_of_now

DISTRIBUTIONS = {"throughfare-gate": ROOT / "gate", "throughfare": ROOT, "throughfare-lab": ROOT / "lab"}
SOURCES = (
    "ticketing", "operators", "tariffs", "migrations", "regions", "gate", "lab",
    "wsgi.py", "setup.py", "pyproject.toml", "README.md", "LICENSE",
)  # fmt: skip
BUILT = ROOT / "ticketing/web/built"
OF_THE_LAB = (
    "operators/conformance/",
    "operators/simulators/",
    "ticketing/cli/conform/",
    "ticketing/cli/demo/",
    "ticketing/cli/lab/",
    "ticketing/cli/rehearse/",
    "ticketing/cli/simulate/",
    "ticketing/cli/vectors/",
    "ticketing/rehearsal/",
)
# The compiled search is imported where the extra `fast` is installed.
IMPORT_ALL = """
import importlib, pkgutil, sys
for root in sys.argv[1:]:
    package = importlib.import_module(root)
    for found in pkgutil.walk_packages(package.__path__, root + "."):
        if found.name.endswith("__main__"):
            continue
        try:
            importlib.import_module(found.name)
        except ModuleNotFoundError as error:
            if error.name.partition(".")[0] not in {"numba", "numpy", "opentelemetry"}:
                raise
"""


@dataclass(frozen=True)
class Installed:
    """An environment, and the folder in which its commands are called."""

    place: Path
    here: Path

    def run(self, *words: str, given: str = "", **settings: str) -> "subprocess.CompletedProcess[str]":
        """Call a command of this environment, which knows nothing of the source tree."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            [str(self.place / "bin" / words[0]), *words[1:]],
            cwd=self.here,
            env={**kept, **settings},
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build all three from a copy of the sources, without a network."""
    place = tmp_path_factory.mktemp("wheels")
    copy, out = place / "sources", place / "out"
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
        else:
            copy.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    folders = [str(copy / folder.relative_to(ROOT)) for folder in DISTRIBUTIONS.values()]
    _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(out), *folders)
    return {_name_of(path): path for path in out.iterdir()}


def _name_of(wheel: Path) -> str:
    return canonicalize_name(wheel.name.partition("-")[0])


def _pip(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *words],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _install(place: Path, wheels: dict[str, Path], *names: str) -> Installed:
    """Make an environment of wheels, with the packages that they declare lent by the one of the tests."""
    venv.create(place / "env", with_pip=False)
    python = place / "env/bin/python"
    chosen = [str(wheels[name]) for name in names]
    _pip("--python", str(python), "install", "-q", "--no-index", "--no-deps", *chosen)
    site = next((place / "env/lib").glob("python3*/site-packages"))
    for entry in {entry for name in _needed(site, names) for entry in _entries(name)}:
        if not (site / entry.name).exists():
            (site / entry.name).symlink_to(entry)
    (place / "here").mkdir()
    return Installed(place / "env", place / "here")


def _needed(site: Path, names: tuple[str, ...]) -> set[str]:
    """Name every distribution that these require, and those that these require in turn."""
    waiting = [
        one
        for found in importlib.metadata.distributions(path=[str(site)])
        if canonicalize_name(found.metadata["Name"]) in names
        for one in _requirements(found, set())
    ]
    seen: dict[str, set[str]] = {}
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in names or (name in seen and wanted.extras <= seen[name]):
            continue
        seen[name] = seen.get(name, set()) | wanted.extras
        waiting += _requirements(importlib.metadata.distribution(name), seen[name])
    return set(seen)


def _requirements(found: importlib.metadata.Distribution, extras: set[str]) -> Iterator[Requirement]:
    for line in found.requires or ():
        wanted = Requirement(line)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": one}) for one in {"", *extras}):
            yield wanted


def _entries(name: str) -> set[Path]:
    """The files and folders of a distribution at the top of its site-packages."""
    found = importlib.metadata.distribution(name)
    tops = {file.parts[0] for file in found.files or () if file.parts[0] != ".." and file.suffix != ".pyc"}
    return {Path(str(found.locate_file(top))) for top in tops - {"__pycache__"}}


@pytest.fixture(scope="module")
def gate(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return _install(tmp_path_factory.mktemp("gate"), wheels, "throughfare-gate")


@pytest.fixture(scope="module")
def service(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return _install(tmp_path_factory.mktemp("service"), wheels, "throughfare", "throughfare-gate")


@pytest.fixture(scope="module")
def lab(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    names = ("throughfare", "throughfare-gate", "throughfare-lab")
    return _install(tmp_path_factory.mktemp("lab"), wheels, *names)


def _files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if ".dist-info/" not in name}


def test_every_module_is_in_one_wheel(wheels: dict[str, Path]) -> None:
    held = {name: {file for file in _files(wheel) if file.endswith(".py")} for name, wheel in wheels.items()}
    tree = {
        str(path.relative_to(ROOT))
        for root in ("ticketing", "operators", "tariffs")
        for path in (ROOT / root).rglob("*.py")
    }
    of_the_gate = {
        str(path.relative_to(ROOT / "gate")) for path in (ROOT / "gate/throughfare_gate").rglob("*.py")
    }

    assert held["throughfare-gate"] == of_the_gate
    assert held["throughfare-lab"] == {path for path in tree if path.startswith(OF_THE_LAB)}
    shipped = {path for path in held["throughfare"] if path.startswith("ticketing/shipped/migrations/")}
    assert held["throughfare"] - shipped == (tree - held["throughfare-lab"]) | {"wsgi.py"}


def test_the_service_carries_its_migrations_and_regions(wheels: dict[str, Path]) -> None:
    held = _files(wheels["throughfare"])
    wanted = [
        *(ROOT / "migrations").rglob("*.py"),
        *(ROOT / "migrations").rglob("*.sql"),
        *(path for region in (ROOT / "regions").glob("*/region.toml") for path in region.parent.rglob("*.*")),
    ]

    assert {
        f"ticketing/shipped/{path.relative_to(ROOT)}" for path in wanted if path.is_file()
    } - held == set()


def test_the_service_carries_its_pages_and_the_apps_where_they_are_built(wheels: dict[str, Path]) -> None:
    inside = _files(wheels["throughfare"])
    built = {path.relative_to(ROOT).as_posix() for path in BUILT.rglob("*") if path.is_file()}

    assert {"ticketing/web/static/tokens.css", "ticketing/web/templates/web/landing.html"} <= inside
    assert {name for name in inside if name.startswith("ticketing/web/built/")} == built


def test_all_are_of_one_version() -> None:
    read = {
        name: tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for name, folder in DISTRIBUTIONS.items()
    }
    version = read["throughfare"]["version"]
    extras: dict[str, Any] = read["throughfare"]["optional-dependencies"]

    assert {project["version"] for project in read.values()} == {version}
    assert f"throughfare-gate=={version}" in read["throughfare"]["dependencies"]
    assert f"throughfare=={version}" in read["throughfare-lab"]["dependencies"]
    assert all(f"throughfare-lab=={version}" in extras[extra] for extra in ("demo", "lab"))


def test_a_gate_decides_with_what_its_wheel_declares(gate: Installed, tmp_path: Path) -> None:
    folder = enrolled(tmp_path / "gate")

    helped = gate.run("throughfare-gate", "run", "--help")
    shown = gate.run(
        *("throughfare-gate", "run", "--json", "--drain", "0", "--folder", str(folder)),
        given=f"{ticket_of_now()}\n",
    )

    assert (helped.returncode, "--serial" in helped.stdout) == (0, True), helped.stderr
    assert '"reason": "ok"' in shown.stdout, shown.stderr


def test_the_gates_package_imports_nothing_else(gate: Installed) -> None:
    done = gate.run("python", "-c", IMPORT_ALL, "throughfare_gate")

    assert (done.returncode, done.stderr) == (0, "")


def test_the_service_imports_nothing_else(service: Installed) -> None:
    done = service.run(
        "python", "-W", "ignore", "-c", IMPORT_ALL, "throughfare_gate", "tariffs", "operators", "ticketing"
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (("demo",), "demo"),
        (("demo", "--once", "--port", "8000"), "demo"),
        (("simulate", "maritime", "--port", "8471"), "lab"),
        (("gate", "vectors", "--out", "vectors"), "lab"),
        (("operators", "conform", "maritime"), "lab"),
        (("region", "rehearse", "helsinki-tallinn", "--help"), "lab"),
    ],
)
def test_a_command_of_the_lab_says_which_extra_brings_it(
    service: Installed, words: tuple[str, ...], extra: str
) -> None:
    done = service.run("throughfare", *words)

    name = " ".join(words[: 2 if words[0] in {"gate", "operators", "region"} else 1])
    assert done.returncode == 2
    assert (
        done.stderr
        == f"Error: `throughfare {name}` is not installed: pip install 'throughfare[{extra}]' brings it\n"
    )


@pytest.mark.parametrize("group", [(), ("operators",), ("region",)])
def test_help_lists_what_is_not_installed_too(service: Installed, group: tuple[str, ...]) -> None:
    assert service.run("throughfare", *group, "--help").returncode == 0


def test_an_installed_service_migrates_and_knows_the_shipped_regions(service: Installed) -> None:
    migrated = service.run("throughfare", "db", "upgrade")
    checked = service.run("throughfare", "region", "check", "helsinki-tallinn")
    code = "import wsgi; print(sorted(wsgi.app.extensions['throughfare'].planner.regions))"
    built = service.run("python", "-c", code, THROUGHFARE_REGIONS="helsinki-tallinn,oresund")

    assert (migrated.returncode, checked.returncode) == (0, 0), migrated.stderr + checked.stdout
    assert built.stdout == "['helsinki-tallinn', 'oresund']\n", built.stderr


def test_the_lab_brings_its_commands(lab: Installed) -> None:
    scored = lab.run("throughfare", "operators", "conform", "exchange", "--json")
    helped = [
        lab.run("throughfare", *words, "--help")
        for words in (("demo",), ("simulate",), ("region", "rehearse"), ("gate", "vectors"))
    ]

    assert scored.returncode == 0, scored.stderr
    assert [done.returncode for done in helped] == [0] * 4
    assert all("not installed" not in done.stdout for done in helped)


def test_the_demo_is_played_from_the_wheels_alone(lab: Installed) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    told = lab.run("throughfare", "demo", "--once", "--port", str(port))

    assert told.returncode == 0, told.stdout + told.stderr
    assert "throughfare books verify   accepts them" in told.stdout
