"""No sum and no difference is made of local times: Python makes them by the wall clock, an hour off on a night of change."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.source_tree import ROOT, sources, tree_of

MAKES_LOCAL = re.compile(r"\b(astimezone|fromtimestamp|combine|local)\(|tzinfo=|\.(departure|arrival)\b")
# Names of values that carry a ride's own times, each in the zone of its stop.
_RIDES = {"ride", "rides", "leg", "first", "last", "final"}


def is_plain(node: ast.expr) -> bool:
    """UTC, or no zone at all: a wall clock that says that it is one."""
    return (isinstance(node, ast.Name) and node.id == "UTC") or isinstance(node, ast.Constant)


def argument(call: ast.Call, at: int, name: str) -> ast.expr | None:
    named = next((word.value for word in call.keywords if word.arg == name), None)
    return call.args[at] if len(call.args) > at else named


def is_local_call(call: ast.Call) -> bool:
    """Tell whether a call answers a time of another zone than UTC."""
    if isinstance(call.func, ast.Name):
        return call.func.id in {"local", "_local"}
    if not isinstance(call.func, ast.Attribute):
        return False
    place = {"astimezone": 0, "fromtimestamp": 1, "combine": 2, "replace": 99}.get(call.func.attr)
    zone = None if place is None else argument(call, place, "tz" if place == 1 else "tzinfo")
    return zone is not None and not is_plain(zone)


def root_of(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute) and node.attr in _RIDES:
            return node.attr
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_local(node: ast.expr, known: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in known
    if isinstance(node, ast.Call):
        return is_local_call(node)
    if isinstance(node, ast.Attribute) and node.attr in {"departure", "arrival"}:
        return root_of(node.value) in _RIDES
    return isinstance(node, ast.BinOp) and (is_local(node.left, known) or is_local(node.right, known))


def assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            yield from ((one.id, value) for one, value in pairs if isinstance(one, ast.Name))
    elif isinstance(node, ast.NamedExpr):
        yield node.target.id, node.value


def sums_of_local_times(tree: ast.AST) -> list[int]:
    """The lines on which a local time is added to, taken from, or taken another from."""
    found = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        known: set[str] = set()
        for node in ast.walk(function):
            known |= {name for name, value in assigned(node) if is_local(value, known)}
        for node in ast.walk(function):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
                sides = (node.left, node.right)
            elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
                sides = (node.target, node.value)
            else:
                continue
            if any(is_local(side, known) for side in sides):
                found.add(node.lineno)
    return sorted(found)


def test_no_sum_is_made_of_local_times() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources("ticketing", "operators", "tariffs")
        if MAKES_LOCAL.search(path.read_text(encoding="utf-8"))
        for line in sums_of_local_times(tree_of(path))
    ]

    assert found == []


@pytest.mark.parametrize(
    "wrong",
    [
        "now = datetime.fromtimestamp(at, first.departure.tzinfo)\n    now += timedelta(seconds=60)",
        "return (leaves.astimezone(zone) + timedelta(1)).isoformat()",
        "return ride.arrival - plan.rides[0].departure",
    ],
)
def test_the_rule_sees_what_went_wrong(wrong: str) -> None:
    assert sums_of_local_times(ast.parse(f"def wrong():\n    {wrong}\n"))
