"""The types of problems that the API answers with: one table of data, read once."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Retry = Literal["no", "later", "after_a_change"]

FILE = Path(__file__).with_name("problem_types.toml")
# The kinds of errors of a framework that have no type of their own, by the hundred of their status.
_REST = {4: "bad_request", 5: "internal_error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemType:
    """A type of problem: its name, which never changes, the words of its page, and what else its example tells."""

    name: str
    status: int
    title: str
    what: str
    action: str
    retry: Retry
    example: str
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The address of its page, which is the `type` of its documents (RFC 9457, section 3.1.1)."""
        return path_of(self.name)


def path_of(name: str) -> str:
    """The address of the page of a type."""
    return f"/errors/{name}"


@functools.cache
def problem_types() -> Mapping[str, ProblemType]:
    """Read every type by its name."""
    with FILE.open("rb") as file:
        table = tomllib.load(file)
    return {name: ProblemType(name=name, **row) for name, row in table.items()}


def known_type(name: str, status: int) -> str:
    """The type of an error of the framework: its own where it has one, else that of all errors of its kind."""
    return name if name in problem_types() else _REST.get(status // 100, "internal_error")


@functools.cache
def page(name: str) -> str:
    """Read a page: `page.html` of one type, `index.html` of all, `docs.html` and its `docs.js`."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
