"""Read which modules have mutants and who judges them, and which mutants change nothing that anybody could see."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """A mutant that behaves as the code does: a function where the line `was` `becomes` another, and the reason.

    Where the line stands in the function `times` over, it is so many mutants.
    """

    module: str
    function: str
    was: str
    becomes: str
    because: str
    times: int = 1

    def __str__(self) -> str:
        return f"{self.module} {self.function}: {self.was!r} becomes {self.becomes!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The modules with the test files that judge each, the packages in which they lie, and what tests read besides.

    All are paths from the root of the repository.
    """

    modules: dict[str, list[str]]
    packages: list[str]
    read: list[str]

    def imported(self, module: str) -> str:
        """The path of a module from where its package is imported: `here/package/rule.py` is `package/rule.py`."""
        (package,) = (path for path in self.packages if module.startswith(f"{path}/"))
        return f"{Path(package).name}{module.removeprefix(package)}"


def read_tree() -> Tree:
    """Read which modules are changed, and in which tree."""
    return Tree(**tomllib.loads((_HERE / "modules.toml").read_text(encoding="utf-8")))


def read_equivalent() -> list[Equivalent]:
    """Read the mutants that are as good as the code."""
    document = tomllib.loads((_HERE / "equivalent.toml").read_text(encoding="utf-8"))
    return [Equivalent(**row) for row in document.get("mutant", [])]
