"""Faults in files are values: collected, reported together, never raised one by one."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning"]
_OF_KEYS = (".toml", ".json")
_MOST_ALIKE = 20


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
    """The answer of the `check` commands: `{"ok", "errors", "warnings"}`, in file and row order, twenty of each kind at most."""
    ordered = first_of_each_kind(
        sorted(findings, key=lambda finding: (finding.file, finding.row, finding.field, finding.code))
    )
    wrong = [finding.as_dict() for finding in ordered if finding.severity == "error"]
    doubtful = [finding.as_dict() for finding in ordered if finding.severity == "warning"]
    return {"ok": not wrong, "errors": wrong, "warnings": doubtful}


def first_of_each_kind(findings: Iterable[Finding]) -> list[Finding]:
    """The first findings of each file, field and code; the last of them counts the rest, so that one cause fills no screen."""
    alike: Counter[tuple[str, str, str, Severity]] = Counter()
    shown: list[Finding] = []
    last: dict[tuple[str, str, str, Severity], int] = {}
    for finding in findings:
        kind = (finding.file, finding.field, finding.code, finding.severity)
        alike[kind] += 1
        if alike[kind] <= _MOST_ALIKE:
            last[kind] = len(shown)
            shown.append(finding)
    for kind, at in last.items():
        if alike[kind] > _MOST_ALIKE:
            message = f"{shown[at].message} (and {alike[kind] - _MOST_ALIKE:,} more like it)"
            shown[at] = replace(shown[at], message=message)
    return shown
