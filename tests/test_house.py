"""Hold the code below the limits of what a person can read; `python -m benchmarks.house` prints the counts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks import house
from tests.source_tree import ROOT, sources, tree_of

FEW_FIELDS = 6
ASKING = re.compile(r"(What|Who|Whose|Whom|Whoever|Whether|Which|How|Where|When|Everything that|Nothing)\b")
# Rows that are read by the million go into their values as they come.
_BY_PLACE = {"JournalLine", "OtherLine", "ShareLine", "TaxLine", "Pattern"}
_MOST_CROWDED, _MOST_LEFT_ALONE = 20, 60
# What is above belongs to what comes from outside or goes there: lower it when there are fewer.
_MOST_OPEN = 349
_COUNT_MONEY = (
    "ticketing/books",
    "ticketing/frozen",
    "ticketing/purchase",
    "ticketing/quote",
    "ticketing/settlement",
)


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    assert [str(one.path) for one in house.sources() if one.lines > house.MOST_LINES] == []


def test_few_calls_give_many_values_by_their_place() -> None:
    crowded = house.crowded_calls(house.sources())

    assert len(crowded) <= _MOST_CROWDED, crowded


def test_no_function_has_more_branches_than_a_person_follows() -> None:
    assert house.too_branchy(house.sources()) == []


def test_the_formatter_is_hardly_ever_switched_off() -> None:
    packages = (*house.PACKAGES, "tests", "benchmarks", "migrations")
    left_alone = [
        str(one.path) for one in house.sources(*packages) for _ in range(one.text.count("# fmt: " + "skip"))
    ]

    assert len(left_alone) <= _MOST_LEFT_ALONE, left_alone


def test_values_with_many_fields_are_made_by_name() -> None:
    by_place = {name for one in house.sources() for name in _made_by_place(one.tree)}

    assert by_place == _BY_PLACE


def _made_by_place(tree: ast.Module) -> Iterator[str]:
    """Name the dataclasses with many fields of their own that may be given by their place."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef) or node.bases:
            continue
        words = [ast.unparse(one) for one in node.decorator_list]
        fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and _is_given(one)]
        made_by = next((word for word in words if word.startswith("dataclass")), None)
        if made_by is not None and len(fields) > FEW_FIELDS and "kw_only=True" not in made_by:
            yield node.name


def _is_given(field: ast.AnnAssign) -> bool:
    said = "" if field.value is None else ast.unparse(field.value)
    return "ClassVar" not in ast.unparse(field.annotation) and "init=False" not in said


def test_no_document_is_asked_for_money_by_a_key() -> None:
    assert house.money_by_key(house.sources()) == []


def test_a_document_that_is_asked_for_money_by_a_key_is_found() -> None:
    text = "def owed(line): return line['amount_minor'] + line['legs'][0]"
    asked = house.Source(Path("owed.py"), text, ast.parse(text))

    assert house.money_by_key([asked]) == ["owed.py:1 line['amount_minor']"]


def test_packages_that_count_money_pass_types_and_no_open_documents() -> None:
    assert house.open_signatures(house.sources(*_COUNT_MONEY)) == []


def test_open_documents_become_fewer() -> None:
    assert len(house.open_signatures(house.sources())) <= _MOST_OPEN


def test_the_limits_are_looked_for_in_the_code() -> None:
    assert len(house.sources()) > 100
    assert all(Path(package).is_dir() for package in house.PACKAGES)


def test_no_test_module_lends_to_another() -> None:
    """Helpers of several test modules lie in a module beside them: a test module may go without others falling."""
    lent = [
        f"{one.path}: {node.module}"
        for one in house.sources("tests", "benchmarks")
        for node in ast.walk(one.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[2].startswith("test_")
    ]

    assert lent == []


def test_a_docstring_begins_with_what_a_thing_is_or_does() -> None:
    """A sentence that begins with a question word has its subject further on, and is read twice."""
    folders = ("ticketing", "operators", "tariffs", "gate/throughfare_gate", "benchmarks", "tests")
    asking = [
        f"{path.relative_to(ROOT)}: {first}"
        for path in sources(*folders)
        for first in first_words(tree_of(path))
        if ASKING.match(first)
    ]

    assert asking == []


def first_words(tree: ast.Module) -> Iterator[str]:
    """Yield the first line of each docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield (ast.get_docstring(node) or "").partition("\n")[0]
