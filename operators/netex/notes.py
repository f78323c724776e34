"""Carry what a conversion found along with its tables, as a table of its own: it reaches wherever the feed goes. Pure."""

from collections.abc import Iterable, Mapping

from operators.netex.written import table
from tariffs.findings import Finding
from tariffs.table import Table

FILE = "netex_notes.txt"
# The name that faults of a delivery are told under.
_SHOWN = "netex"


def write(findings: Iterable[Finding]) -> dict[str, str]:
    """The table of the findings by its name; empty where there are none."""
    rows = [(finding.severity, finding.code, finding.message) for finding in findings]
    return {FILE: table(("severity", "code", "message"), rows)} if rows else {}


def read(files: Mapping[str, str]) -> list[Finding]:
    """The findings that a feed's texts carry."""
    rows = Table(FILE, files.get(FILE), []).rows()
    return [
        Finding(
            file=_SHOWN,
            row=0,
            field="",
            code=row.text("code"),
            message=row.text("message"),
            severity="error" if row.text("severity") == "error" else "warning",
        )
        for row in rows
    ]
