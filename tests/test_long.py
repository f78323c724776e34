"""The list of the tests that take long names tests that are there: a renamed one would come back among the quick ones."""

from tests.long import long_tests
from tests.source_tree import ROOT


def test_each_test_that_takes_long_is_there() -> None:
    gone = []
    for name in sorted(long_tests()):
        module, *_, function = name.split("::")
        if f"def {function}(" not in (ROOT / module).read_text(encoding="utf-8"):
            gone.append(name)

    assert len(long_tests()) > 100
    assert gone == [], "write the list anew: python -m tests.long"
