"""Counts of the code: sizes, complexity, calls that are hard to read, money behind names in documents, ways between rooms.

`python -m benchmarks.house` prints them beside their goals; `--journeys` adds how often a journey comes back into a package
that it had left, as it runs in this process.
"""

import argparse
import ast
import contextlib
import functools
import io
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask
from radon.visitors import Class, ComplexityVisitor, Function
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks import density
from benchmarks.sale import REGION, WAYS, opened
from tests.source_tree import tree_of
from throughfare_gate.ids import new_id
from ticketing.identity import create_key
from ticketing.identity.principal import Role

PACKAGES = ("ticketing", "operators", "tariffs", "gate/throughfare_gate")
MOST_LINES = 400
MOST_BRANCHES = 15
MANY_VALUES = 6
# Keys behind which documents hold money or shares of it.
_MONEY = {
    "shares",
    "taxes",
    "items",
    "total_minor",
    "amount_minor",
    "gross_minor",
    "net_minor",
    "vat_minor",
    "fee_minor",
}
_TABLES = "ticketing/db/tables"
DENSE = {
    "conditional expressions in another": density.nested_conditionals,
    "comprehensions in another": density.nested_comprehensions,
    f"comprehensions with {density.MANY_CLAUSES} or more clauses": density.long_comprehensions,
    f"conditions with {density.MANY_OPERANDS} or more operands": density.long_conditions,
}
OPEN = ("dict[str, Any]", "Mapping[str, Any]")


@dataclass(frozen=True, slots=True)
class Count:
    """One line of the table: what is counted, how much it is, and at most how much it should be."""

    name: str
    found: float
    goal: float | None = None

    @property
    def is_met(self) -> bool:
        """True where the goal is met; a count without one always is."""
        return self.goal is None or self.found <= self.goal


@dataclass(frozen=True)
class Source:
    """One file, read and parsed once; what many counts go through is kept."""

    path: Path
    text: str
    tree: ast.Module

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of its tree."""
        return tuple(ast.walk(self.tree))

    @functools.cached_property
    def functions(self) -> tuple[Function, ...]:
        """All its functions, methods and closures, with their complexity."""
        visited = ComplexityVisitor.from_ast(self.tree)
        inner = (one for made in visited.classes for one in _of_class(made))
        return (*_inner(visited.functions), *inner)

    @property
    def lines(self) -> int:
        """Count its lines."""
        return len(self.text.splitlines())


def sources(*packages: str) -> list[Source]:
    """Read every module of some packages."""
    return [_source(path) for package in packages or PACKAGES for path in sorted(Path(package).rglob("*.py"))]


@functools.cache
def _source(path: Path) -> Source:
    return Source(path, path.read_text(encoding="utf-8"), tree_of(path.resolve()))


def counts(found: list[Source]) -> list[Count]:
    """Count everything that needs no run."""
    functions = [function for one in found for function in one.functions]
    branches = [one.complexity for one in functions]
    sizes = [one.endline - one.lineno + 1 for one in functions]
    return [
        Count("files", len(found)),
        Count("lines", sum(one.lines for one in found)),
        Count("lines of the median file", statistics.median(one.lines for one in found)),
        Count("lines of the largest file", max(one.lines for one in found), MOST_LINES),
        Count("lines of the median function", statistics.median(sizes)),
        Count("complexity, mean", round(statistics.fmean(branches), 2), 3.0),
        Count(f"functions above {MOST_BRANCHES}, but for the search kernel", len(too_branchy(found))),
        Count(f"calls with {MANY_VALUES} or more positional values", len(crowded_calls(found)), 20),
        Count(
            "lines that the formatter leaves alone", sum(one.text.count("# fmt: skip") for one in found), 60
        ),
        Count("open documents in signatures", len(open_signatures(found))),
        Count("documents asked for money by a key", len(money_by_key(found)), 0),
        *(Count(name, len(dense(found, finder)), 0) for name, finder in DENSE.items()),
    ]


def too_branchy(found: list[Source]) -> list[str]:
    """Name the functions with too many branches."""
    return [
        f"{one.path}: {function.name} ({function.complexity})"
        for one in found
        if one.path.name != "kernel.py"
        for function in one.functions
        if function.complexity > MOST_BRANCHES
    ]


def crowded_calls(found: list[Source]) -> list[str]:
    """Name the calls with many positional values; definitions of tables are lists of columns and do not count."""
    return [
        f"{one.path}:{call.lineno} {ast.unparse(call.func)}"
        for one in found
        if not one.path.is_relative_to(_TABLES)
        for call in one.nodes
        if isinstance(call, ast.Call) and len(call.args) >= MANY_VALUES
    ]


def money_by_key(found: list[Source]) -> list[str]:
    """Name the places where a document is asked for money, or shares of it, by a key."""
    return [
        f"{one.path}:{node.lineno} {ast.unparse(node)}"
        for one in found
        for node in one.nodes
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and node.slice.value in _MONEY
    ]


def open_signatures(found: list[Source], kinds: tuple[str, ...] = OPEN) -> list[str]:
    """Name the functions that take or give an open document, `dict[str, Any]` or `Mapping[str, Any]`, once for each."""
    return [
        f"{one.path}:{node.lineno} {node.name}"
        for one in found
        for node in one.nodes
        if isinstance(node, ast.FunctionDef)
        for said in (*(arg.annotation for arg in (*node.args.args, *node.args.kwonlyargs)), node.returns)
        if said is not None and any(kind in ast.unparse(said) for kind in kinds)
    ]


def dense(found: list[Source], finder: Callable[[ast.Module], Iterator[ast.expr]]) -> list[str]:
    """Name the expressions that one finder of `DENSE` yields."""
    return [
        f"{one.path}:{node.lineno} {ast.unparse(node)[:80]}" for one in found for node in finder(one.tree)
    ]


def _of_class(made: Class) -> Iterator[Function]:
    yield from _inner(made.methods)
    for inner in made.inner_classes:
        yield from _of_class(inner)


def _inner(functions: list[Function]) -> Iterator[Function]:
    for function in functions:
        yield function
        yield from _inner(function.closures)


class Trace:
    """Watches calls between packages while something runs; `returns` are those back into one that was left."""

    def __init__(self) -> None:
        self._rooms: list[str | None] = []
        self.functions: set[str] = set()
        self.rooms: set[str] = set()
        self.returns: set[tuple[str, str]] = set()
        self._here = str(Path.cwd())

    def watch(self, act: Callable[[], object]) -> None:
        """Run something and watch it."""
        sys.setprofile(self._event)
        try:
            act()
        finally:
            sys.setprofile(None)

    def _event(self, frame: FrameType, event: str, _arg: object) -> None:
        if event == "return" and self._rooms:
            self._rooms.pop()
        if event != "call":
            return
        room = self._room(frame)
        above = next((one for one in reversed(self._rooms) if one), None)
        if room:
            name = f"{room} {frame.f_code.co_qualname}"
            self.functions.add(name)
            self.rooms.add(room)
            if above not in {None, room} and room in self._rooms:
                self.returns.add((str(above), name))
        self._rooms.append(room)

    def _room(self, frame: FrameType) -> str | None:
        path = frame.f_code.co_filename
        if not path.startswith(self._here) or "/.venv/" in path:
            return None
        inside = Path(path).relative_to(self._here)
        package = next((one for one in PACKAGES if inside.is_relative_to(one)), None)
        if package is None:
            return None
        parts = inside.relative_to(package).parts
        return "/".join([package, *parts[: min(1, len(parts) - 1)]])


def journeys() -> Iterator[tuple[str, Trace]]:
    """Trace search, quote, purchase, gate and close behind the HTTP API, once everything is warm."""
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stderr(io.StringIO()):
        folder = Path(name)
        with opened(f"sqlite:///{folder / 'house.db'}", folder) as kiosk:
            caller = Caller(kiosk.app)
            list(caller.story("2026-10"))
            yield from caller.story("2026-11")


@dataclass(slots=True)
class Caller:
    """Calls the API as a buyer, a gate and two people of finance; each call is traced by itself."""

    app: Flask

    def story(self, month: str) -> Iterator[tuple[str, Trace]]:
        """Buy tram and ferry, ride the tram, close the month."""
        clock, (start, end, _) = self.app.extensions["throughfare"].clock, WAYS["tram and ferry"]
        clock.set(datetime.fromisoformat(f"{month}-13T02:10:00+00:00"))
        wish = {
            "from": start,
            "to": end,
            "depart_at": f"{month}-13T06:10:00+03:00",
            "passengers": [{"ref": "anna", "rider_category": "adult"}],
        }
        found, search = self._call("/v1/journeys", wish)
        offer = next(one["offer_id"] for one in found["itineraries"] if one["offer_id"])
        quote, quoting = self._call("/v1/quotes", {"offer_id": offer})
        placed, ordering = self._call("/v1/orders", {"quote_id": quote["id"]})
        paying = f"/v1/orders/{placed['id']}/payments"
        _, buying = self._call(paying, {"method": "demo_ok"}, placed["access_token"], ordering)
        held = self.app.test_client().get(
            f"/v1/orders/{placed['id']}/tickets",
            headers={"Authorization": f"Bearer {placed['access_token']}"},
        )
        ticket = (held.json or {})["tickets"][0]
        leg = ticket["legs"][0]
        clock.set(datetime.fromisoformat(leg["departure"]))
        scan = {
            "scan_id": new_id(),
            "token": ticket["token"],
            "device_ts": clock.now().isoformat(),
            "stop_id": leg["from"]["stop_id"],
        }
        _, riding = self._call("/v1/validations", scan, self._key("gate", leg["operator"]))
        clock.advance(timedelta(days=25))
        _, closing = self._call(
            "/v1/settlement-runs", {"region": REGION, "period": month}, self._key("finance")
        )
        yield from {
            "search": search,
            "quote": quoting,
            "purchase": buying,
            "gate": riding,
            "close": closing,
        }.items()

    def _call(
        self, path: str, body: dict[str, Any], token: str | None = None, trace: Trace | None = None
    ) -> tuple[Any, Trace]:
        client, watched = self.app.test_client(), trace or Trace()
        headers = {"Idempotency-Key": new_id(), **({"Authorization": f"Bearer {token}"} if token else {})}
        answers: list[Any] = []
        watched.watch(lambda: answers.append(client.post(path, json=body, headers=headers)))
        assert answers[0].status_code < HTTPStatus.BAD_REQUEST, answers[0].text
        return answers[0].json, watched

    def _key(self, role: Role, operator: str | None = None) -> str:
        rooms = self.app.extensions["throughfare"]
        return create_key(rooms.till.database, rooms.clock, role=role, operator=operator, label="house")[1]


def _table(rows: list[Count]) -> Table:
    table = Table("count", "found", "goal", "", box=None)
    for row in rows:
        goal = "" if row.goal is None else f"≤ {row.goal:g}"
        table.add_row(escape(row.name), f"{row.found:g}", goal, "" if row.is_met else "missed")
    return table


def main() -> None:
    """Print the counts."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--journeys", action="store_true", help="trace journeys, too")
    asked.add_argument("--names", action="store_true", help="name what misses its goal")
    asked.add_argument(
        "--open", action="store_true", help="name the functions with open documents, and nothing else"
    )
    words = asked.parse_args()
    console, found = Console(), sources()
    if words.open:
        print("\n".join(sorted(re.sub(r":\d+ ", " ", name) for name in open_signatures(found))))
        return
    console.print(_table(counts(found)))
    if words.names:
        named = [*too_branchy(found), *crowded_calls(found), *money_by_key(found)]
        named += [name for finder in DENSE.values() for name in dense(found, finder)]
        print("\n".join(named))
    if words.journeys:
        table = Table("journey", "functions", "packages", "ways back", box=None)
        for name, trace in journeys():
            table.add_row(name, str(len(trace.functions)), str(len(trace.rooms)), str(len(trace.returns)))
        console.print(table)


if __name__ == "__main__":
    main()
