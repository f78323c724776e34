"""The lists of the tests that take long name tests that are there, and a costly test keeps one of its two databases."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from tests import long
from tests.source_tree import ROOT


@pytest.mark.parametrize("listed", [long.long_tests, long.costly_tests])
def test_each_test_that_takes_long_is_there(listed: Callable[[], frozenset[str]]) -> None:
    gone = []
    for name in sorted(listed()):
        module, *_, function = name.split("::")
        if f"def {function}(" not in (ROOT / module).read_text(encoding="utf-8"):
            gone.append(name)

    assert len(listed()) > 100
    assert gone == [], "write the list anew: python -m tests.long"


def left_of(*nodeids: str) -> list[str]:
    """The ones of these tests that `--one-database` leaves out."""
    items: list[Any] = [SimpleNamespace(nodeid=one) for one in nodeids]
    return [one.nodeid for one in items if long.is_left_to_the_other(one, frozenset(nodeids))]


def test_every_costly_test_runs_on_one_database_and_each_database_has_its_share() -> None:
    chosen = []
    for name in long.costly_tests():
        pair = [f"{name}[once-{database}]" for database in long.DATABASES]
        left = left_of(*pair)
        assert len(left) == 1
        chosen.append(next(one for one in pair if one not in left).rpartition("-")[2])

    assert set(chosen) == {"sqlite]", "postgresql]"}
    assert 0.4 < chosen.count("sqlite]") / len(chosen) < 0.6


def test_a_test_that_has_no_other_database_or_is_quick_is_not_left_out() -> None:
    name = min(long.costly_tests())

    for only in long.DATABASES:
        assert left_of(f"{name}[{only}]") == []
    assert left_of("tests/a.py::test_quick[sqlite]", "tests/a.py::test_quick[postgresql]") == []
