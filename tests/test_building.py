"""The rules of the building: who may import whom, and one door each for the big libraries."""

import ast
import functools
import sys
from pathlib import Path

import pytest

from tests.source_tree import ROOT, sources, tree_of

DOORS = {
    "sqlalchemy": ("ticketing/db/", "migrations/"),
    "alembic": ("ticketing/db/", "migrations/"),
    "jwt": ("ticketing/tickets/", "ticketing/identity/", "gate/throughfare_gate/tickets/"),
    "numba": ("ticketing/search/fast.py",),
    "numpy": ("ticketing/search/kernel.py",),
    "stripe": ("ticketing/payments/",),
    "flask": (
        "ticketing/api/",
        "ticketing/atlas/",
        "ticketing/console/",
        "ticketing/web/",
        "ticketing/app.py",
        "ticketing/cli/",
        "wsgi.py",
    ),
    "flask_smorest": ("ticketing/api/", "ticketing/app.py"),
    "marshmallow": ("ticketing/api/", "ticketing/cli/tariff/journey.py"),
    "prometheus_client": ("ticketing/api/",),
    "lxml": ("operators/netex/delivery.py", "operators/siri/delivery.py"),
    "opentelemetry": ("ticketing/telemetry/traces.py",),
    "pkcs11": ("ticketing/tickets/key_places/token.py",),
    "segno": ("ticketing/tickets/",),
    "aztec_code_generator": ("ticketing/tickets/",),
    "fpdf": ("ticketing/tickets/page.py", "ticketing/purchase/receipt.py", "ticketing/settlement/"),
    "webauthn": ("ticketing/identity/passkeys.py",),
    "httpx": (
        "operators/",
        "ticketing/cli/",
        "ticketing/rehearsal/http.py",
        "gate/throughfare_gate/validator/",
    ),
}
SECRETS = {"sig", "signature", "secret", "token", "digest", "mac", "secret_hash"}


@functools.cache
def imports(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return frozenset(found)


@pytest.mark.parametrize("library", DOORS)
def test_a_library_has_one_door(library: str) -> None:
    strangers = [
        str(path.relative_to(ROOT))
        for path in sources("ticketing", "operators", "tariffs", "gate/throughfare_gate", "migrations")
        if any(name.split(".")[0] == library for name in imports(path))
        and not str(path.relative_to(ROOT)).startswith(DOORS[library])
    ]

    assert strangers == []


def test_tariffs_import_the_standard_library_alone() -> None:
    outside = {
        (path.name, name)
        for path in (ROOT / "tariffs").rglob("*.py")
        for name in imports(path)
        if name.split(".")[0] not in {*sys.stdlib_module_names, "tariffs"}
    }

    assert outside == set()


def test_no_clock_and_no_float_near_money() -> None:
    for path in (ROOT / "tariffs").rglob("*.py"):
        tree = tree_of(path)
        calls = {
            node.func.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not calls & {"now", "today", "utcnow", "time"}, path
    money = ast.parse((ROOT / "tariffs/money.py").read_text(encoding="utf-8"))
    assert not [
        node for node in ast.walk(money) if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]


def test_the_edges_never_import_the_database() -> None:
    seen = [
        path.name
        for edge in ("api", "console", "web")
        for path in (ROOT / "ticketing" / edge).rglob("*.py")
        if any(n.startswith("ticketing.db") for n in imports(path))
    ]

    assert seen == []


def test_the_decision_of_a_gate_is_pure() -> None:
    pure = (
        "throughfare_gate.gate.case",
        "throughfare_gate.gate.decision",
        "throughfare_gate.gate.departures",
        "throughfare_gate.gate.model",
        "throughfare_gate.gate.one_traveller",
        "throughfare_gate.gate.sailing",
        "throughfare_gate.gate.usage",
        "throughfare_gate.tickets.claims",
        "throughfare_gate.tickets.products",
    )
    found = set().union(*(imports(ROOT / f"gate/{name.replace('.', '/')}.py") for name in pure))

    assert found <= {"collections.abc", "dataclasses", "operator", "typing", "re", *pure}


def test_every_signature_check_names_its_algorithms() -> None:
    for path in sources("ticketing", "gate/throughfare_gate"):
        for node in ast.walk(tree_of(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "decode"
            ):
                owner = ast.unparse(node.func.value)
                if "JWS" in owner or owner == "jwt":
                    assert "algorithms" in {keyword.arg for keyword in node.keywords}, path


def test_secrets_are_never_compared_with_the_equals_sign() -> None:
    for path in sources("ticketing", "gate/throughfare_gate"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
                names = {ast.unparse(side).rsplit(".", 1)[-1] for side in (node.left, *node.comparators)}
                sql = any(".c." in ast.unparse(side) for side in (node.left, *node.comparators))
                assert sql or not names & SECRETS, f"{path}:{node.lineno}"


def test_every_test_module_is_collected_once() -> None:
    names = [path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")]

    assert len(names) == len(set(names))
