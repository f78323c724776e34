"""A command speaks of a region that is served here, and of an operator of one: any other is refused by name."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ticketing.cli import deployment, main

Run = Callable[..., Result]
REGIONS = Path("regions").resolve()


@pytest.fixture
def run(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    shutil.copy(sqlite_template, tmp_path / "good.db")
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THROUGHFARE_REGIONS_FOLDER", str(REGIONS))
    monkeypatch.setenv("THROUGHFARE_REGIONS", "helsinki-tallinn, lille-kortrijk-tournai")
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", "sqlite:///good.db")
    deployment.settings.cache_clear()
    yield lambda *words: CliRunner().invoke(main, list(words))
    deployment.settings.cache_clear()


@pytest.mark.parametrize("region", ["nowhere", "oresund", "../regions/oresund", ""])
@pytest.mark.parametrize(
    "words",
    [
        ("settlement", "close", "2026-09"),
        ("settlement", "journal", "2026-09"),
        ("settlement", "simulate", "--period", "2026-09", "--terms", "file"),
        ("settlement", "import", "file", "--by", "Anna"),
        ("settlement", "review"),
        ("settlement", "book", "line", "--as", "payment", "--by", "Anna", "--reason", "r"),
        ("books", "verify"),
        ("books", "anchor"),
        ("operators", "conform", "tallink"),
    ],
)
def test_a_region_that_is_not_served_is_refused(run: Run, words: tuple[str, ...], region: str) -> None:
    result = run(*words, "--region", region)

    assert result.exit_code == 2, result.output
    assert result.stderr == (
        f"invalid_request: region: {region!r} is not served here; "
        "THROUGHFARE_REGIONS names helsinki-tallinn, lille-kortrijk-tournai\n"
    )
    assert not Path("var").exists()


def test_the_second_region_is_served_too(run: Run) -> None:
    assert run("settlement", "review", "--region", "lille-kortrijk-tournai").exit_code == 0


def test_a_configured_region_without_its_folder_is_told_by_name(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHFARE_REGIONS", "atlantis")
    deployment.settings.cache_clear()

    result = run("settlement", "review")

    assert result.exit_code == 2
    assert "THROUGHFARE_REGIONS names 'atlantis'" in result.stderr
    assert "it has alentejo-extremadura, helsinki-tallinn, lille-kortrijk-tournai, oresund" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("staff", "add", "h@hsl.example", "--name", "H", "--role", "operator_finance", "--operator"),
        ("access", "create", "--role", "gate", "--operator"),
        ("devices", "code", "--name", "gate 1", "--operator"),
    ],
)
def test_an_operator_belongs_to_a_region_that_is_served(run: Run, words: tuple[str, ...]) -> None:
    refused = run(*words, "nobody")

    assert refused.exit_code == 2
    assert "operator: 'nobody' is no operator of helsinki-tallinn, lille-kortrijk-tournai" in refused.stderr
    assert "hsl" in refused.stderr
    assert run(*words, "hsl").exit_code == 0
