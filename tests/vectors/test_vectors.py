"""`throughfare gate vectors`, and two other implementations of the decision that are held against it."""

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.ticketing.gate.faults import FAULTS
from tests.web.nodes import WEB, node
from ticketing.cli.gate import command
from ticketing.cli.vectors.commands import opens
from ticketing.cli.vectors.refusing import refusing

HERE = Path(__file__).parent
SCENES = 20_000 if os.environ.get("SOAK") else 600
REASONS = {*FAULTS, "wrong_zone", "clock_behind", "ok", "ok_attention"}


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the command has written."""
    folder = tmp_path_factory.mktemp("vectors")
    write(folder, SCENES)
    return folder


def write(folder: Path, scenes: int, seed: int = 1) -> dict[str, int]:
    words = ["vectors", "--out", str(folder), "--random", str(scenes), "--seed", str(seed)]
    result = CliRunner().invoke(command, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    counts: dict[str, int] = json.loads(result.stdout)
    return counts


def files(folder: Path) -> list[str]:
    return [str(folder / name) for name in ("cases.jsonl", "scenes.jsonl", "bundles.jsonl")]


def test_the_same_seed_writes_the_same_files_and_another_one_other_scenes(tmp_path: Path) -> None:
    counts = write(tmp_path / "one", 20)
    write(tmp_path / "two", 20)
    write(tmp_path / "three", 20, seed=2)

    names = [*counts, "sentences.json"]
    assert counts["scenes.jsonl"] == 20
    assert sorted(file.name for file in (tmp_path / "one").iterdir()) == sorted(names)
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    scenes = [(tmp_path / folder / "scenes.jsonl").read_bytes() for folder in ("one", "three")]
    assert scenes[0] != scenes[1]


def test_scenes_reach_every_reason(vectors: Path) -> None:
    with (vectors / "scenes.jsonl").open(encoding="utf-8") as lines:
        counts = Counter(json.loads(line)["expected"]["reason"] for line in lines)

    assert set(counts) == REASONS
    assert min(counts.values()) >= (50 if SCENES == 20_000 else 1)


def test_each_bundle_is_applied_or_refused_as_its_author_meant() -> None:
    assert [name for opens_, name, token, trust in refusing() if opens(token, trust) != opens_] == []


def test_a_verifier_in_java_that_was_written_from_the_document_agrees(vectors: Path, tmp_path: Path) -> None:
    compiler, machine = shutil.which("javac"), shutil.which("java")
    if compiler is None or machine is None:
        pytest.skip("THE DOCUMENT FOR MAKERS OF VALIDATORS IS NOT TESTED: no JDK here")
    sources = sorted(map(str, (HERE / "java").glob("*.java")))
    subprocess.run([compiler, "-encoding", "UTF-8", "-d", str(tmp_path), *sources], check=True)

    words = [machine, "-XX:TieredStopAtLevel=1", "-cp", str(tmp_path), "Verifier", *files(vectors)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"scenes.jsonl: {SCENES} lines" in done.stdout


def test_the_inspectors_app_agrees(vectors: Path) -> None:
    program = node()
    if program is None or not (WEB / "node_modules").is_dir():
        pytest.skip("THE APPS ARE NOT TESTED: their packages are not there (make apps)")

    words = [program, str(HERE / "agree.mjs"), str(WEB), *files(vectors)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"scenes.jsonl: {SCENES} lines" in done.stdout
