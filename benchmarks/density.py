"""Expressions of a module that are hard to read at once: one inside another of its kind, many clauses, many operands.

Each finder takes the tree of a module and yields the nodes.
"""

import ast
from collections.abc import Iterator

MANY_CLAUSES = 3
MANY_OPERANDS = 5
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def nested_conditionals(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the conditional expressions that stand inside another one."""
    return _inside(tree, (ast.IfExp,))


def nested_comprehensions(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the comprehensions that stand inside another one: in its element, its source or its condition."""
    return _inside(tree, _COMPREHENSIONS)


def _inside(node: ast.AST, kinds: tuple[type[ast.expr], ...], *, within: bool = False) -> Iterator[ast.expr]:
    is_of_kind = isinstance(node, kinds)
    if is_of_kind and within:
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _inside(child, kinds, within=within or is_of_kind)


def long_comprehensions(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the comprehensions with many clauses: each `for` is one, and each `if`."""
    for node in ast.walk(tree):
        if isinstance(node, Comprehension) and _clauses(node) >= MANY_CLAUSES:
            yield node


def _clauses(node: Comprehension) -> int:
    return sum(1 + len(loop.ifs) for loop in node.generators)


def long_conditions(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the conditions with many operands, but for those that are all that a function does: its name tells them."""
    return (node for node in _conditions(tree) if _operands(node) >= MANY_OPERANDS)


def _conditions(node: ast.AST) -> Iterator[ast.BoolOp]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.BoolOp):
            yield child
        elif not (isinstance(node, ast.FunctionDef) and _is_answer(node, child)):
            yield from _conditions(child)


def _is_answer(function: ast.FunctionDef, statement: ast.AST) -> bool:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (
        body == [statement] and isinstance(statement, ast.Return) and isinstance(statement.value, ast.BoolOp)
    )


def _operands(node: ast.expr) -> int:
    return sum(_operands(part) for part in node.values) if isinstance(node, ast.BoolOp) else 1
