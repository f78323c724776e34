"""The Containerfile and the Compose file, as far as files and commands can be tried where no engine is installed."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tests.source_tree import ROOT
from ticketing import config
from ticketing.cli import main
from ticketing.variables import SETTINGS, not_understood

FOLDER = ROOT / "docs/container"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
# Lines that end with a backslash go on.
LINES = re.sub(r"\\\n\s*", " ", (FOLDER / "Containerfile").read_text(encoding="utf-8")).splitlines()
OURS = ("upgrade", "web", "worker")


def instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]


def copied() -> list[str]:
    """The paths of the checkout that the image's build takes."""
    return [word for line in instructions("COPY") if "--from" not in line for word in line.split()[:-1]]


def words_of(service: str) -> list[str]:
    return [str(word) for word in COMPOSE["services"][service]["command"]]


def variables_of_the_image() -> dict[str, str]:
    return dict(
        pair.split("=", 1)
        for line in instructions("ENV")
        for pair in line.split()
        if pair.startswith("THROUGH")
    )


@pytest.mark.soak
def test_an_engine_builds_the_image() -> None:
    engine = _engine()
    if engine is None or not os.environ.get("SOAK"):
        pytest.skip(
            "THE IMAGE IS NOT BUILT: that needs SOAK=1, a network, and an engine (podman, docker) that runs"
        )

    subprocess.run([engine, "build", "-f", FOLDER / "Containerfile", "-t", "throughfare", ROOT], check=True)


def _engine() -> str | None:
    """The program of an engine that answers; a client without its service is none."""
    for name in ("podman", "docker"):
        program = shutil.which(name)
        if program and not subprocess.run([program, "info"], check=False, capture_output=True).returncode:
            return program
    return None


def test_what_the_build_copies_is_there_and_makes_both_wheels(tmp_path: Path) -> None:
    for path in copied():
        assert (ROOT / path).exists(), path
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "built", "build")
        target = tmp_path / "source" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, target, ignore=ignored)
        else:
            shutil.copy(ROOT / path, target)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]

    subprocess.run(
        [*pip, "-w", str(tmp_path / "wheels"), "./gate", "."],
        cwd=tmp_path / "source",
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": ""},
    )

    wheels = {wheel.name.split("-")[0]: wheel for wheel in (tmp_path / "wheels").glob("*.whl")}
    assert set(wheels) == {"throughfare", "throughfare_gate"}
    names = zipfile.ZipFile(wheels["throughfare"]).namelist()
    assert {"wsgi.py", "ticketing/shipped/regions/helsinki-tallinn/region.toml"} <= set(names)
    assert any(name.startswith("ticketing/shipped/migrations/versions/") for name in names)
    assert any(name.endswith("entry_points.txt") for name in names)


def test_the_image_runs_an_account_without_rights_and_has_two_stages() -> None:
    assert len(instructions("FROM")) == 2
    assert instructions("USER") == ["10001"]
    assert "--uid 10001" in instructions("RUN")[-1]
    assert LINES.index("USER 10001") < next(
        at for at, line in enumerate(LINES) if line.startswith("ENTRYPOINT")
    )
    assert any("/healthz" in line for line in LINES)


@pytest.mark.parametrize("service", OURS)
def test_a_service_has_a_root_that_it_cannot_write_and_no_rights(service: str) -> None:
    described = COMPOSE["services"][service]

    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert described["tmpfs"] == ["/tmp"]


@pytest.mark.parametrize("service", OURS)
def test_the_commands_and_options_of_a_service_are_known(service: str) -> None:
    command: click.Command = main
    words = words_of(service)
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, words
        command, words = found, words[1:]

    command.make_context(command.name, words)


def test_the_image_serves_by_itself_what_compose_serves() -> None:
    assert instructions("ENTRYPOINT") == ['["throughfare"]']
    assert yaml.safe_load(instructions("CMD")[-1]) == words_of("web")


@pytest.mark.parametrize("service", OURS)
def test_the_settings_of_a_service_are_known_and_go_together(service: str, tmp_path: Path) -> None:
    described = COMPOSE["services"][service]
    given = {**described["environment"], **variables_of_the_image()}
    mounted = {f"/run/secrets/{name}" for name in described["secrets"]}
    files = {name: value for name, value in given.items() if name.endswith("_FILE")}

    assert not_understood(given, ()) == []
    assert set(given) <= set(SETTINGS)
    assert set(files.values()) == mounted
    assert set(described["secrets"]) <= set(COMPOSE["secrets"])
    for name in files:
        (tmp_path / name).write_text(
            "postgresql://u@postgres/d" if "DATABASE" in name else "a long passphrase"
        )
        given[name] = str(tmp_path / name)
    settings = config.from_environment(given)
    assert settings.trusted_proxies == 1
    volume = described["volumes"][0].split(":")[1]
    for folder in (settings.keys_folder, settings.cache_folder, settings.settlement_folder):
        assert str(folder).startswith(volume)


def test_the_schema_is_brought_up_to_date_before_anything_serves() -> None:
    services = COMPOSE["services"]

    assert services["upgrade"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["web"]["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}
    assert services["worker"]["depends_on"] == {"web": {"condition": "service_healthy"}}
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]
    used = {volume.split(":")[0] for one in services.values() for volume in one["volumes"]}
    assert used == set(COMPOSE["volumes"])


def test_no_image_names_the_host_of_a_registry() -> None:
    bases = [line.split("=")[1] for line in instructions("ARG")]
    images = [*bases, *(one["image"] for one in COMPOSE["services"].values())]

    assert [image for image in images if "/" in image] == []
