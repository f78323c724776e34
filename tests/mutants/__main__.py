"""Change the code that decides about money and gates, one operator at a time, and count the changes that no test notices.

`python -m tests.mutants [PART]` has mutmut do so for each module of modules.toml (PART: for those that have it in their path),
and answers with 1 where more than 5 % survive, or where equivalent.toml lists a mutant that is none.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from tests.mutants.mutated import Mutant, read_mutants
from tests.mutants.tables import Equivalent, Tree, read_equivalent, read_tree

MOST_PERCENT = 5
WORKERS = 2
_ROOT = Path(__file__).parents[2]
_FOLDER = _ROOT / ".mutants"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The mutants of a module: those that live although somebody could see them, and what it took to find out."""

    module: str
    mutants: Sequence[Mutant]
    survived: Sequence[Mutant]
    seconds: float
    processor_seconds: float

    def count(self, outcome: str) -> int:
        """Count the mutants of an outcome."""
        return sum(one.outcome == outcome for one in self.mutants)

    @property
    def equivalent(self) -> int:
        """Count the survivors that are listed as equivalent."""
        return self.count("survived") - len(self.survived)


def main(part: str = "") -> int:
    """Judge the modules, and print a line for each and every survivor."""
    tree = read_tree()
    modules = {module: tests for module, tests in tree.modules.items() if part in module}
    listed = [one for one in read_equivalent() if one.module in modules]
    judged = [_judge(tree, module, listed) for module in modules]
    wrong = [
        fault
        for one in listed
        for fault in faults(one, [mutant for each in judged for mutant in each.mutants])
    ]
    console = Console(width=None if sys.stdout.isatty() else 130)
    console.print(_table(judged))
    told = [f"survived: {mutant}  ({mutant.key})" for one in judged for mutant in one.survived]
    for line in (*told, *(f"equivalent.toml: {fault}" for fault in wrong)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 1 if wrong or percent(judged) > MOST_PERCENT else 0


def _judge(tree: Tree, module: str, listed: Sequence[Equivalent]) -> Judged:
    began, used = time.monotonic(), _processor_seconds()
    folder = _prepared(tree, module)
    _mutmut(folder)
    mutants = read_mutants(folder / "mutants" / tree.imported(module), module)
    excused = {(one.module, one.function, one.was, one.becomes) for one in listed}
    survived = [
        one
        for one in mutants
        if one.outcome == "survived" and (one.module, one.function, one.was, one.becomes) not in excused
    ]
    return Judged(
        module=module,
        mutants=mutants,
        survived=survived,
        seconds=time.monotonic() - began,
        processor_seconds=_processor_seconds() - used,
    )


def _prepared(tree: Tree, module: str) -> Path:
    """Lay out a folder in which mutmut finds the packages beside what tests read, and which module it is to change."""
    folder = _FOLDER / module.removesuffix(".py").replace("/", ".")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in (*tree.packages, *tree.read):
        (folder / Path(path).name).symlink_to(_ROOT / path)
    settings = {
        "source_paths": [Path(path).name for path in tree.packages],
        "only_mutate": [tree.imported(module)],
        "also_copy": tree.read,
        # A mutant that loops is given up after six times what its tests need, and a second.
        "timeout_multiplier": 6.0,
        # Nothing is kept from one run to the next.
        "track_dependencies": False,
        "use_git_change_detection": False,
        "pytest_add_cli_args": ["--hypothesis-profile=mutants", "-p", "no:cacheprovider", "-p", "no:xdist"],
        "pytest_add_cli_args_test_selection": tree.modules[module],
    }
    written = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    project = (_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(f"{project}\n[tool.mutmut]\n{written}", encoding="utf-8")
    return folder


def _mutmut(folder: Path) -> None:
    """Run mutmut beside the project's own environment, which stays as it is."""
    (site,) = (_FOLDER / "mutmut").glob("lib/python*/site-packages")
    program = f"import sys; sys.path.append({str(site)!r}); from mutmut.__main__ import cli; cli()"
    known = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", program, "run", "--max-children", str(WORKERS)]
    with (folder / "output.txt").open("w", encoding="utf-8") as output:
        done = subprocess.run(command, cwd=folder, env=known, stdout=output, stderr=output, check=False)
    if done.returncode:
        sys.exit(f"mutmut ended with {done.returncode}: see {folder / 'output.txt'}")


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def faults(one: Equivalent, mutants: Sequence[Mutant]) -> list[str]:
    """Say where an entry is no mutant any more, or one that a test notices."""
    same = [
        mutant
        for mutant in mutants
        if (mutant.module, mutant.function, mutant.was, mutant.becomes)
        == (one.module, one.function, one.was, one.becomes)
    ]
    if len(same) != one.times:
        return [f"{one}: is {len(same)} mutants, not {one.times}"]
    return [f"{one}: {mutant.outcome}" for mutant in same if mutant.outcome != "survived"]


def percent(judged: Sequence[Judged]) -> float:
    """The part of the mutants that survive, of those that are not as good as the code."""
    survived = sum(len(one.survived) for one in judged)
    return 100 * survived / max(1, sum(len(one.mutants) - one.equivalent for one in judged))


def _table(judged: Sequence[Judged]) -> Table:
    table = Table("module", box=SIMPLE)
    for name in ("mutants", "killed", "timed out", "equivalent", "survived", "%", "seconds", "of processors"):
        table.add_column(name, justify="right")
    for one in judged:
        table.add_row(one.module, *_counts([one]))
    table.add_section()
    table.add_row("all", *_counts(judged))
    return table


def _counts(judged: Sequence[Judged]) -> list[str]:
    return [
        str(sum(len(one.mutants) for one in judged)),
        str(sum(one.count("killed") for one in judged)),
        str(sum(one.count("timed out") for one in judged)),
        str(sum(one.equivalent for one in judged)),
        str(sum(len(one.survived) for one in judged)),
        f"{percent(judged):.1f}",
        f"{sum(one.seconds for one in judged):.0f}",
        f"{sum(one.processor_seconds for one in judged):.0f}",
    ]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
