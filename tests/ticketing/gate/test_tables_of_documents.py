"""Hold the tables of the documents for gates against the code: a reason or a member that nobody explains is found here."""

from pathlib import Path

import pytest

from tests.ticketing.gate.faults import FAULTS
from throughfare_gate.tickets.products import ProductRule

REASONS, BUNDLE = Path("docs/gates.md"), Path("docs/gate-bundle.md")


def rows(page: Path, heading: str) -> list[str]:
    """The rows of the table that begins with a heading."""
    _, found, after = page.read_text(encoding="utf-8").partition(f"\n| {heading} |")
    assert found, f"{page} has no table that begins with {heading}"
    return after.partition("\n\n")[0].splitlines()[2:]


@pytest.mark.parametrize("reason", [*FAULTS, "wrong_zone", "clock_behind"])
def test_the_table_for_staff_explains_every_reason(reason: str) -> None:
    told = [row for row in rows(REASONS, "you read") if f"`{reason}`" in row.split("|")[1]]

    assert len(told) == 1, f"every reason of FAULTS stands in the table of {REASONS} once: {reason} does not"


@pytest.mark.parametrize("member", ProductRule.__dataclass_fields__)
def test_the_table_of_a_rule_explains_every_member(member: str) -> None:
    told = [row for row in rows(BUNDLE, "member of a rule") if f"`{member}`" in row.split("|")[1]]

    assert len(told) == 1, (
        f"every member of ProductRule stands in the table of {BUNDLE} once: {member} does not"
    )
