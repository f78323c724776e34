"""docs/asvs.md has each requirement of levels 1 and 2 once, and what it names is there."""

import re
from collections import Counter

from tests.source_tree import ROOT

TEXT = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (V[0-9., V]+) \| ([a-z.]+(?: met)?) \| (.+) \|$", TEXT, re.MULTILINE)
# The requirements of levels 1 and 2 by chapter, as ASVS 5.0.0 numbers them.
CHAPTERS = dict(
    zip(range(1, 18), (27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7), strict=True)
)
PATH = re.compile(r"`((?:ticketing|operators|gate|tests|docs|benchmarks)/[^`]*)`")
LINE = re.compile(r"\b([SE])([0-9]{1,2})\b")


def test_each_requirement_has_one_row() -> None:
    ids = [name for names, _, _ in ROWS for name in names.split(", ")]

    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert dict(Counter(int(name[1:].partition(".")[0]) for name in ids)) == CHAPTERS


def test_the_states_are_counted_as_the_page_says() -> None:
    counts = Counter[str]()
    for names, state, _ in ROWS:
        counts[state] += len(names.split(", "))

    assert set(counts) == {"met", "partly", "not met", "n.a."}
    assert all(f"{count} *{state}*" in TEXT for state, count in counts.items())


def test_what_a_row_names_is_there() -> None:
    assert [path for path in PATH.findall(TEXT) if not (ROOT / path).exists()] == []
    checklist = (ROOT / "docs/security-checklist.md").read_text(encoding="utf-8")
    lines = re.findall(r"^([0-9]+)\. ", checklist, re.MULTILINE)
    open_internet = re.findall(r"^- \*\*E([0-9]+)\*\* ", checklist, re.MULTILINE)
    assert set(LINE.findall(TEXT)) <= {("S", line) for line in lines} | {
        ("E", line) for line in open_internet
    }
