"""Entitlements: which proven claim makes which passenger of an operator, from when until when, and who pays for it.

A claim never comes from a request. It is proven elsewhere (a signed token of a trusted issuer) and arrives
here with its last day, which is held against the day of travel.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from tariffs.agreements.shares import FUNDER
from tariffs.findings import Finding
from tariffs.party import ProvenClaim
from tariffs.table import Row, Table

FILE = "eligibility.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """One row: whoever proves `claim` travels with `operator` as its own rider category `rider`.

    `bearer` is empty where the operator itself forgoes the difference, or `funder:<authority>`.
    """

    line: int
    claim: str
    issuer: str
    operator: str
    rider: str
    valid_from: date
    valid_to: date
    bearer: str | None


def load(
    text: str, operators: Collection[str], file: str = FILE
) -> tuple[tuple[Eligibility, ...], list[Finding]]:
    """Read the rows: claim, issuer, operator, rider_category, valid_from, valid_to (inclusive), bearer."""
    findings: list[Finding] = []
    table = Table(file, text or None, findings)
    table.require("claim", "issuer", "operator", "rider_category", "valid_from")
    found = [_eligibility(row, operators) for row in table.rows()]
    return tuple(row for row in found if row), findings


def entitled(
    rows: Sequence[Eligibility], operator: str, claims: Sequence[ProvenClaim], day: date
) -> list[tuple[Eligibility, ProvenClaim]]:
    """The rows that hold with an operator on the day of travel, each with the claim that proves it."""
    return [
        (row, claim)
        for row, claim in product(rows, claims)
        if (row.operator, row.claim) == (operator, claim.claim)
        and row.valid_from <= day <= min(row.valid_to, claim.valid_until)
    ]


def issuers(rows: Sequence[Eligibility]) -> Mapping[str, frozenset[str]]:
    """List the issuers trusted for each claim."""
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        found[row.claim] = found.get(row.claim, frozenset()) | {row.issuer}
    return found


def _eligibility(row: Row, operators: Collection[str]) -> Eligibility | None:
    operator = row.required("operator")
    if operator and operator not in operators:
        row.fault("operator", "unknown_reference", f"{operator!r} is not an operator")
    row.required("valid_from")
    start = row.parsed("valid_from", date.fromisoformat, "invalid_date", "a date like 2026-01-31")
    end = row.parsed("valid_to", date.fromisoformat, "invalid_date", "a date like 2026-01-31")
    bearer = row.text("bearer") or None
    if bearer and not (bearer.startswith(FUNDER) and len(bearer) > len(FUNDER)):
        row.fault("bearer", "invalid_enum", f"{bearer!r} is not funder:<authority>")
    claim, issuer, rider = row.required("claim"), row.required("issuer"), row.required("rider_category")
    if start is None:
        return None
    if end and end < start:
        row.fault("valid_to", "end_before_start", "the entitlement ends before it starts")
    return Eligibility(
        line=row.line,
        claim=claim,
        issuer=issuer,
        operator=operator,
        rider=rider,
        valid_from=start,
        valid_to=end or date.max,
        bearer=bearer,
    )
