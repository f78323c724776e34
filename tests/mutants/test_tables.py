"""The tables of `make mutants` name what is there: modules, their tests, and functions with the lines that are changed."""

import ast
from pathlib import Path

import pytest

from tests.mutants.__main__ import Judged, faults, percent
from tests.mutants.mutated import Mutant, read_mutants
from tests.mutants.tables import Equivalent, Tree, read_equivalent, read_tree

TREE = read_tree()
MODULES = TREE.modules


@pytest.mark.parametrize("module", MODULES)
def test_a_module_and_the_tests_that_judge_it_are_there(module: str) -> None:
    assert [path for path in (module, *MODULES[module]) if not Path(path).is_file()] == []


def test_a_module_is_imported_from_where_its_package_lies() -> None:
    tree = Tree(modules={}, packages=["tariffs", "gate/throughfare_gate"], read=[])

    assert tree.imported("tariffs/agreements/shares.py") == "tariffs/agreements/shares.py"
    assert tree.imported("gate/throughfare_gate/decision.py") == "throughfare_gate/decision.py"
    assert [TREE.imported(module) for module in MODULES]


@pytest.mark.parametrize("module", MODULES)
def test_no_test_of_a_property_is_called_by_two_objects(module: str) -> None:
    """Hypothesis refuses a test of a class that is collected twice, and mutmut would take that for a mutant that was noticed."""
    inside = [
        f"{path}: {method.name}"
        for path in MODULES[module]
        for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, ast.FunctionDef)
        and "given(" in "".join(map(ast.unparse, method.decorator_list))
    ]

    assert inside == []


@pytest.mark.parametrize("listed", read_equivalent(), ids=str)
def test_a_mutant_that_is_as_good_as_the_code_names_a_line_of_it_and_says_why(listed: Equivalent) -> None:
    text = Path(listed.module).read_text(encoding="utf-8")
    lines = {line.strip() for line in text.splitlines()}

    assert listed.module in MODULES
    assert set(listed.was.splitlines()) <= lines
    assert f"def {listed.function.rpartition('.')[2]}(" in text
    assert listed.because.endswith(".")


MUTATED = """
class Cap:
    def xǁCapǁcovers__mutmut_orig(self, tap):
        return self.limit > tap

    def xǁCapǁcovers__mutmut_1(self, tap):
        return self.limit >= tap


def x_rate__mutmut_orig(taps):
    for tap in taps:
        charge(
            tap,
            0,
        )


def x_rate__mutmut_1(taps):
    for tap in taps:
        charge(
            tap,
            1,
        )


def x_rate__mutmut_2(taps):
    for tap in taps:
        charge(
            tap,
            )


def x_rate__mutmut_3(taps):
    for tap in None:
        charge(
            tap,
            0,
        )
"""
META = """{"exit_code_by_key": {"caps.xǁCapǁcovers__mutmut_1": 1, "caps.x_rate__mutmut_1": 0, "caps.x_rate__mutmut_2": -24,
 "caps.x_rate__mutmut_3": 33}}"""


def test_a_mutant_is_read_by_its_function_the_lines_that_differ_and_its_outcome(tmp_path: Path) -> None:
    (tmp_path / "caps.py").write_text(MUTATED, encoding="utf-8")
    (tmp_path / "caps.py.meta").write_text(META, encoding="utf-8")

    read = read_mutants(tmp_path / "caps.py", "tariffs/caps.py")

    found = [(one.function, one.was, one.becomes, one.outcome) for one in read]

    assert found == [
        ("Cap.covers", "return self.limit > tap", "return self.limit >= tap", "killed"),
        ("rate", "0,", "1,", "survived"),
        ("rate", "0,\n)", ")", "timed out"),
        ("rate", "for tap in taps:", "for tap in None:", "survived"),
    ]


def mutant(outcome: str = "survived", becomes: str = "1") -> Mutant:
    return Mutant(key="k", module="m.py", function="f", was="0", becomes=becomes, outcome=outcome)  # type: ignore[arg-type]


ENTRY = Equivalent(module="m.py", function="f", was="0", becomes="1", because="It is.")


def test_an_entry_of_the_list_is_a_mutant_that_survives_as_often_as_it_says() -> None:
    assert faults(ENTRY, [mutant(), mutant("killed", "2")]) == []
    assert faults(ENTRY, [mutant(becomes="2")]) == [f"{ENTRY}: is 0 mutants, not 1"]
    assert faults(ENTRY, [mutant(), mutant()]) == [f"{ENTRY}: is 2 mutants, not 1"]
    assert faults(ENTRY, [mutant("killed")]) == [f"{ENTRY}: killed"]


def test_survivors_are_counted_among_the_mutants_that_are_not_listed() -> None:
    mutants = [mutant(), mutant(becomes="2"), *(mutant("killed", str(at)) for at in range(3, 12))]
    judged = Judged(module="m.py", mutants=mutants, survived=mutants[1:2], seconds=0, processor_seconds=0)

    assert (judged.equivalent, percent([judged]), percent([])) == (1, 10, 0)
