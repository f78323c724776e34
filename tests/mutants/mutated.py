"""Read what became of the mutants of one module: the line that was changed, and whether a test has noticed."""

import ast
import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Outcome = Literal["killed", "timed out", "survived"]

# Exit codes that mutmut keeps by mutant; all others, also those of a mutant that no test calls, are survivors.
_KILLED = {1, 3}
_TIMED_OUT = {-24, 24, 36, 152, 255, -9}
_NAME = re.compile(r"(?:x_|xǁ(?P<of>\w+?)ǁ)(?P<name>\w+)__mutmut_(?P<number>\d+|orig)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One changed line of a function of a module, and its outcome; `key` is its name in mutmut."""

    key: str
    module: str
    function: str
    was: str
    becomes: str
    outcome: Outcome

    def __str__(self) -> str:
        return f"{self.module} {self.function}: {self.was!r} becomes {self.becomes!r}"


def read_mutants(mutated: Path, module: str) -> list[Mutant]:
    """Read the mutants of a module from the file into which mutmut has written them, and from what it says of them beside it."""
    codes = json.loads(Path(f"{mutated}.meta").read_text(encoding="utf-8"))["exit_code_by_key"]
    text = mutated.read_text(encoding="utf-8")
    lines = text.splitlines()
    functions = {
        node.name: lines[node.lineno - 1 : node.end_lineno]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    }
    found = []
    for key, code in codes.items():
        name = key.rpartition(".")[2]
        original = functions[f"{name.rpartition('_')[0]}_orig"]
        was, becomes = _difference(original, functions[name])
        found.append(
            Mutant(
                key=key,
                module=module,
                function=_called(name),
                was=was,
                becomes=becomes,
                outcome=_outcome(code),
            )
        )
    return found


def _called(name: str) -> str:
    """The name of a function as people write it: `decide`, or `Cap.covers`."""
    parts = _NAME.fullmatch(name)
    if parts is None:
        return name
    return f"{parts['of']}.{parts['name']}" if parts["of"] else parts["name"]


def _difference(original: Iterable[str], mutant: Iterable[str]) -> tuple[str, str]:
    """The lines that differ, without their indentation."""
    before, after = ([_NAME.sub("", line, count=1) for line in lines] for lines in (original, mutant))
    lines = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
    was, becomes = ("\n".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    return was, becomes


def _outcome(code: int | None) -> Outcome:
    if code in _KILLED:
        return "killed"
    return "timed out" if code in _TIMED_OUT else "survived"
