"""Group products: one price of an operator for several passengers together, where that beats their singles."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from tariffs.findings import Finding
from tariffs.table import Row, Table

FILE = "groups.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group product: the operator's own rider category `rider` is the price of the whole group.

    `members` says how many of each of the scheme's rider categories may be in it, at least `at_least` in all;
    it is sold for journeys whose first day is within `valid_from` and `valid_to`.
    """

    id: str
    line: int
    operator: str
    rider: str
    members: Mapping[str, int]
    at_least: int
    valid_from: date = date.min
    valid_to: date = date.max

    def serves(self, operator: str, day: date) -> bool:
        """Tell whether it is sold for rides with an operator that begin on a day."""
        return operator == self.operator and self.valid_from <= day <= self.valid_to


def load(
    text: str, operators: Collection[str], riders: Collection[str], file: str = FILE
) -> tuple[tuple[Group, ...], list[Finding]]:
    """Read the rows: group_id, operator, rider_category, members (`adult:2 child:3`), min_passengers, valid_from, valid_to."""
    findings: list[Finding] = []
    table = Table(file, text or None, findings)
    table.require("group_id", "operator", "rider_category", "members", "min_passengers")
    found = [_group(row, operators, riders) for row in table.rows()]
    return tuple(group for group in found if group), findings


def _group(row: Row, operators: Collection[str], riders: Collection[str]) -> Group | None:
    operator, rider, name = row.required("operator"), row.required("rider_category"), row.required("group_id")
    if operator and operator not in operators:
        row.fault("operator", "unknown_reference", f"{operator!r} is not an operator")
    members = row.parsed("members", _parse_members, "invalid_value", "members like adult:2 child:3")
    for member in members or ():
        if member not in riders:
            row.fault("members", "unknown_reference", f"{member!r} is not a rider category")
    at_least = row.parsed("min_passengers", int, "invalid_integer", "a whole number")
    first, last = row.days("valid_from", "valid_to")
    if members is None or at_least is None or not 1 <= at_least <= sum(members.values()):
        row.fault("min_passengers", "invalid_value", "between 1 and as many as the group takes")
        return None
    return Group(
        id=name,
        line=row.line,
        operator=operator,
        rider=rider,
        members=members,
        at_least=at_least,
        valid_from=first,
        valid_to=last,
    )


def _parse_members(value: str) -> dict[str, int]:
    members: dict[str, int] = {}
    for word in value.split():
        name, _, count = word.rpartition(":")
        if not name or name in members or int(count) < 1:
            raise ValueError(value)
        members[name] = int(count)
    if not members:
        raise ValueError(value)
    return members
