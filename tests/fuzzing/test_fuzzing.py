"""Every reader of what strangers send answers its seeds, and under SOAK a minute of a fuzzer that follows its branches."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzzing.targets import TARGETS

SECONDS = 60


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_takes_its_seeds_and_refuses_what_is_cut_off(name: str) -> None:
    target = TARGETS[name]

    for seed in target.seeds:
        target.try_one(seed)
        for end in range(0, len(seed), max(1, len(seed) // 50)):
            target.try_one(seed[:end])


@pytest.mark.soak
@pytest.mark.parametrize("name", TARGETS)
def test_a_minute_of_fuzzing_finds_no_fault(name: str, tmp_path: Path) -> None:
    if not os.environ.get("SOAK"):
        pytest.skip("only in the soak")
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("THE READERS ARE NOT FUZZED: atheris has no wheel for this machine")

    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzzing", name, "--seconds", str(SECONDS), "--keep", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=SECONDS * 4,
    )

    kept = [f"{path.name}: {path.read_bytes()[:2000]!r}" for path in tmp_path.iterdir() if path.is_file()]
    assert (done.returncode, kept) == (0, []), done.stderr[-6000:]
