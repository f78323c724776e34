"""Company: who travels with an operator only beside somebody else, and who pays less there because of it.

A rule speaks of people in one party on one run: so many of a rider category for each who accompanies them. A party has
company or has not; nobody proves it, and gates see who is there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tariffs.findings import Finding
from tariffs.party import Passenger
from tariffs.table import Row, Table

FILE = "companions.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: passengers of the scheme's category `rider` beside those of `beside`, `per_companion` for each of them.

    `required`: `operator` sells no ticket without company. `priced_as` is its own rider category for who has it, where
    that is cheaper; None where the price stays. None of `per_companion`: any number.
    """

    id: str
    line: int
    operator: str
    rider: str
    beside: tuple[str, ...]
    per_companion: int | None
    required: bool
    priced_as: str | None
    valid_from: date = date.min
    valid_to: date = date.max

    def holds(self, operator: str, day: date) -> bool:
        """Tell whether it is in force with an operator on the first day of a journey."""
        return self.operator == operator and self.valid_from <= day <= self.valid_to


def load(
    text: str, operators: Collection[str], riders: Collection[str], file: str = FILE
) -> tuple[tuple[Rule, ...], list[Finding]]:
    """Read the rows: rule_id, operator, rider_category, beside, per_companion, required (0 or 1), priced_as, valid_from, valid_to."""
    findings: list[Finding] = []
    table = Table(file, text or None, findings)
    table.require("rule_id", "operator", "rider_category", "beside", "required")
    rules: dict[str, Rule] = {}
    for row in table.rows():
        rule = _rule(row, operators, riders)
        if rule.id in rules:
            row.fault(
                "rule_id", "duplicate_key", f"{rule.id!r} is the rule of row {rules[rule.id].line}, too"
            )
        rules.setdefault(rule.id, rule)
    return tuple(rules.values()), findings


def with_company(rules: Sequence[Rule], party: Sequence[Passenger]) -> tuple[Passenger, ...]:
    """The party, each with the rules by which they have company: of more than a rule allows, the first ones."""
    if not rules:
        return tuple(party)
    has: list[set[str]] = [set() for _ in party]
    for rule in rules:
        for at in _accompanied(rule, [passenger.rider for passenger in party]):
            has[at].add(rule.id)
    return tuple(
        replace(passenger, company=frozenset(found)) for passenger, found in zip(party, has, strict=True)
    )


def lonely(rules: Sequence[Rule], operator: str, day: date, riders: Sequence[str]) -> tuple[int, Rule] | None:
    """The first of some passengers to whom an operator sells no ticket without company, and its rule; None where all have it."""
    for rule in rules:
        if not rule.required or not rule.holds(operator, day):
            continue
        has = _accompanied(rule, riders)
        for at, rider in enumerate(riders):
            if rider == rule.rider and at not in has:
                return at, rule
    return None


def told(rule: Rule) -> str:
    """A rule in words for a buyer."""
    many = "" if rule.per_companion is None else f", {rule.per_companion} for each"
    return (
        f"{rule.rider} travels with {rule.operator} only beside {' or '.join(rule.beside)}{many} ({rule.id})"
    )


def _accompanied(rule: Rule, riders: Sequence[str]) -> set[int]:
    """The places in the party of those who have company by a rule."""
    companions = sum(1 for rider in riders if rider in rule.beside)
    wanting = [at for at, rider in enumerate(riders) if rider == rule.rider]
    if rule.per_companion is None:
        return set(wanting) if companions else set()
    return set(wanting[: companions * rule.per_companion])


def _rule(row: Row, operators: Collection[str], riders: Collection[str]) -> Rule:
    name, operator, rider = row.required("rule_id"), row.required("operator"), row.required("rider_category")
    if operator and operator not in operators:
        row.fault("operator", "unknown_reference", f"{operator!r} is not an operator")
    beside = tuple(row.required("beside").split())
    for field, unknown in (("rider_category", {rider} - set(riders)), ("beside", set(beside) - set(riders))):
        for stranger in sorted(unknown - {""}):
            row.fault(field, "unknown_reference", f"{stranger!r} is not a rider category")
    if rider in beside:
        row.fault("beside", "invalid_value", "a category that needs company is no company for another")
    many = row.parsed("per_companion", int, "invalid_integer", "a whole number")
    if many is not None and many < 1:
        row.fault("per_companion", "invalid_value", "at least 1, or empty for any number")
    required, priced_as = row.text("required"), row.text("priced_as") or None
    if required not in {"0", "1"}:
        row.fault("required", "invalid_enum", "0 or 1")
    if required == "0" and priced_as is None:
        row.fault("priced_as", "missing_value", "a rule without required needs priced_as")
    first, last = row.days("valid_from", "valid_to")
    return Rule(
        id=name,
        line=row.line,
        operator=operator,
        rider=rider,
        beside=beside,
        per_companion=many,
        required=required == "1",
        priced_as=priced_as,
        valid_from=first,
        valid_to=last,
    )


def unknown_prices(rules: Sequence[Rule], sold: Mapping[str, Collection[str]]) -> list[Finding]:
    """Rules whose price nobody could ever pay: `sold` are the rider categories of each operator's tariff."""
    return [
        Finding(
            FILE,
            rule.line,
            "priced_as",
            "unknown_reference",
            f"{rule.priced_as!r} buys nothing with {rule.operator}",
        )
        for rule in rules
        if rule.priced_as is not None and rule.operator in sold and rule.priced_as not in sold[rule.operator]
    ]
