"""The source files of the building, parsed."""

import ast
import functools
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Programs that tests start run the code of this tree, whatever else is installed.
PYTHONPATH = os.pathsep.join((str(ROOT), str(ROOT / "gate")))


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield ROOT / "wsgi.py"


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
