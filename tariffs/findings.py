"""Faults in files are values: collected, reported together, never raised one by one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
_OF_KEYS = (".toml", ".json")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: `row` is the line of the file (its header is line 1), 0 where a file has no rows, or as a whole.

    A file of keys (TOML, JSON) names the key in `field`.
    """

    file: str
    row: int
    field: str
    code: str
    message: str
    severity: Severity = "error"

    @property
    def place(self) -> str:
        """Name the place of the fault in one word: `taxes.csv:3:member_state`, or without a row `region.toml:operators.tlt.medium`."""
        return ":".join(filter(None, (self.file, str(self.row or ""), self.field)))

    def as_dict(self) -> dict[str, str | int]:
        """The JSON form of the command-line contracts; a file of keys has no rows, and a table as a whole is row 0."""
        return {
            "file": self.file,
            **({} if self.file.endswith(_OF_KEYS) else {"row": self.row}),
            "field": self.field,
            "code": self.code,
            "message": self.message,
        }


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """List the findings that keep the data from being used."""
    return [finding for finding in findings if finding.severity == "error"]


def report(findings: Iterable[Finding]) -> dict[str, object]:
    """The answer of the `check` commands: `{"ok", "errors", "warnings"}`, in file and row order."""
    ordered = sorted(findings, key=lambda finding: (finding.file, finding.row, finding.field, finding.code))
    wrong = [finding.as_dict() for finding in ordered if finding.severity == "error"]
    doubtful = [finding.as_dict() for finding in ordered if finding.severity == "warning"]
    return {"ok": not wrong, "errors": wrong, "warnings": doubtful}
