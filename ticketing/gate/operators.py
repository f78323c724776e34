"""Read the wishes of each operator for its gates: `gates.json` in the region's folder, every fault named."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tariffs.findings import Finding
from throughfare_gate.gate.additions import boarding_rule
from throughfare_gate.gate.decision import Policy
from throughfare_gate.gate.document import BadBundle, policy_of
from throughfare_gate.gate.model import Boarding
from throughfare_gate.strictjson import NotStrict, loads
from throughfare_gate.tickets.products import THROUGH, BadProduct, Product, read_products
from ticketing.errors import Fault, Misconfigured
from ticketing.regions import Region

_FILE = "gates.json"


@dataclass(frozen=True, slots=True)
class GateData:
    """Products by code, policies and time zones by operator; how each takes products on board that are bound to a sailing."""

    products: Mapping[str, Product]
    policies: Mapping[str, Policy]
    zones: Mapping[str, str]
    boarding: Mapping[str, Mapping[str, Boarding]] = field(default_factory=dict)

    @property
    def bound(self) -> frozenset[tuple[str, str]]:
        """The pairs of operator and product whose tickets name their departure."""
        return frozenset(
            (operator, product) for operator, rules in self.boarding.items() for product in rules
        )


def load_gates(folders: Iterable[Path]) -> GateData:
    """Read the `gates.json` of each region's folder, where there is one; raises Misconfigured with every fault."""
    products: dict[str, Product] = {THROUGH.code: THROUGH}
    policies: dict[str, Policy] = {}
    zones: dict[str, str] = {}
    boarding: dict[str, Mapping[str, Boarding]] = {}
    faults: list[Fault] = []
    for folder in folders:
        path = folder / _FILE
        if path.exists():
            data = read_gates(path.read_text(encoding="utf-8"), str(path), faults)
            products |= data.products
            policies |= data.policies
            zones |= data.zones
            boarding |= data.boarding
    if faults:
        raise Misconfigured(
            f"{len(faults)} faults in gates.json: {faults[0].path}: {faults[0].message}", faults
        )
    return GateData(products, policies, zones, boarding)


def check_gates(folder: Path, region: Region | None = None) -> list[Finding]:
    """Every fault of a region's `gates.json` as a finding; none where there is no such file.

    With the `region`, what it says of boarding is held against its operators and products.
    """
    path = folder / _FILE
    faults: list[Fault] = []
    if path.exists():
        data = read_gates(path.read_text(encoding="utf-8"), _FILE, faults)
        faults += _unknown(data, region) if region else []
    return [
        Finding(_FILE, 0, fault.path.removeprefix(f"{_FILE}: "), "invalid_value", fault.message)
        for fault in faults
    ]


def read_gates(text: str, name: str, faults: list[Fault]) -> GateData:
    """Read one document `{products, operators}`; faults are collected with their path."""
    try:
        document: Any = loads(text)
    except NotStrict as error:
        faults.append(Fault(name, str(error)))
        document = {}
    if not isinstance(document, dict):
        faults.append(Fault(name, "must be an object"))
        document = {}
    faults.extend(
        Fault(f"{name}: {key}", "unknown key") for key in document if key not in {"products", "operators"}
    )
    products: dict[str, Product] = {}
    try:
        products = read_products(document.get("products", {}))
    except BadProduct as error:
        faults.append(Fault(name, str(error)))
    policies, zones, boarding = {}, {}, {}
    operators = document.get("operators", {})
    for operator, wanted in operators.items() if isinstance(operators, dict) else ():
        path = f"{name}: operators.{operator}"
        policies[operator], zones[operator] = _operator(path, wanted, faults)
        rules = _boarding(f"{path}.boarding", wanted, faults)
        if rules:
            boarding[operator] = rules
    if not isinstance(operators, dict):
        faults.append(Fault(f"{name}: operators", "must be an object"))
    return GateData(products, policies, zones, boarding)


def _unknown(data: GateData, region: Region) -> list[Fault]:
    """Find rules of boarding for operators and products that the region does not have."""
    products = {*data.products, region.data.product, *(one.id for one in region.book.passes)}
    faults = []
    for operator, product in sorted(data.bound):
        path = f"{_FILE}: operators.{operator}.boarding"
        if operator not in region.data.timetables:
            faults.append(Fault(path, "this operator has no timetable in the region"))
        if product not in products:
            faults.append(Fault(f"{path}.{product}", "the region sells no such product"))
        elif product != region.data.product:
            faults.append(Fault(f"{path}.{product}", "only tickets for a journey name a departure"))
    return faults


def _boarding(path: str, wanted: Any, faults: list[Fault]) -> dict[str, Boarding]:
    """The products of an operator that are bound to their sailing."""
    document = wanted.get("boarding", {}) if isinstance(wanted, dict) else {}
    if not isinstance(document, dict):
        faults.append(Fault(path, "must be an object"))
        return {}
    rules = {}
    for product, rule in document.items():
        try:
            rules[product] = boarding_rule(rule, f"boarding.{product}")
        except BadBundle as error:
            faults.append(Fault(path, str(error)))
    return rules


def _operator(path: str, wanted: Any, faults: list[Fault]) -> tuple[Policy, str]:
    if not isinstance(wanted, dict):
        faults.append(Fault(path, "must be an object"))
        return Policy(), "UTC"
    rest = {name: value for name, value in wanted.items() if name not in {"time_zone", "boarding"}}
    if "accept_demo" in rest:
        faults.append(Fault(f"{path}.accept_demo", "the deployment decides this, not the region"))
    try:
        policy = policy_of({"policy": rest})
    except BadBundle as error:
        faults.append(Fault(path, str(error)))
        policy = Policy()
    zone = wanted.get("time_zone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        faults.append(Fault(f"{path}.time_zone", f"{json.dumps(zone)} is not a time zone"))
        zone = "UTC"
    return policy, zone
