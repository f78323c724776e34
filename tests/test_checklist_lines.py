"""Hold the security checklist (docs/security-checklist.md) against the tests: each line has its own, and they exist."""

import ast
import functools
import re
from pathlib import Path

import pytest

LINE = re.compile(r"^(?:(\d+)\. |- \*\*(E\d+)\*\* )", re.MULTILINE)
NAME = re.compile(r"`(test_\w+)`")
SECRETS = re.compile(
    r"sk_live_[A-Za-z0-9]{10}|rk_live_[A-Za-z0-9]{10}|whsec_[A-Za-z0-9+/]{24}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[bap]-[0-9A-Za-z-]{20}"
)


@functools.cache
def names_of_tests() -> frozenset[str]:
    """The names of all tests."""
    return frozenset(
        {
            node.name
            for path in Path("tests").rglob("test_*.py")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        }
    )


@functools.cache
def listed_by_line() -> dict[str, frozenset[str]]:
    """The tests that the checklist names below each of its lines."""
    text = Path("docs/security-checklist.md").read_text(encoding="utf-8")
    begins = list(LINE.finditer(text))
    ends = [*(line.start() for line in begins[1:]), len(text)]
    return {
        (line[1] or line[2]): frozenset(NAME.findall(text[line.end() : end]))
        for line, end in zip(begins, ends, strict=True)
    }


def mark(name: str) -> set[str]:
    """The lines that a test is named after: `test_s20_…` stands for 20, `test_e5_…` for E5."""
    words = name.split("_")[1:4]
    return {word[1:] for word in words if re.fullmatch(r"s\d+", word)} | {
        word.upper() for word in words if re.fullmatch(r"e\d+", word)
    }


def test_the_checklist_is_whole() -> None:
    assert [line for line in listed_by_line() if line.isdigit()] == [str(line) for line in range(1, 57)]


@pytest.mark.parametrize("line", sorted(listed_by_line()))
def test_every_line_of_the_checklist_has_its_tests(line: str) -> None:
    listed = listed_by_line()[line]

    assert listed
    assert sorted(listed - names_of_tests()) == []
    assert {name for name in names_of_tests() if line in mark(name)} <= listed


def test_no_secret_lies_in_the_repository() -> None:
    tracked = [
        path
        for folder in (
            "ticketing",
            "operators",
            "tariffs",
            "gate",
            "migrations",
            "tests",
            "regions",
            "docs",
            "benchmarks",
            ".ci",
        )
        for path in Path(folder).rglob("*")
        if path.is_file()
        and path.suffix in {".py", ".md", ".toml", ".json", ".csv", ".txt", ".html", ".css", ""}
    ]
    found = [
        str(path) for path in tracked if SECRETS.search(path.read_text(encoding="utf-8", errors="replace"))
    ]

    assert len(tracked) > 500
    assert [path for path in found if path != "tests/test_checklist_lines.py"] == []
