"""An operator's `[operators.connector]` table in region.toml, read with every fault named by its path.

A value may be replaced by the environment of a deployment: `THROUGHFARE_<OPERATOR>_<NAME>` (so one region
folder serves a sandbox today and the operator's live system tomorrow). Secrets are never in the table: it
names the environment variable that holds one.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from operators.addresses import AddressRefused, check_url
from tariffs.findings import Finding

FILE = "region.toml"
_MAX_TEXT = 500
# The characters of a header's value (RFC 9110, section 5.5), without the line breaks of a file that was read whole.
_SENDABLE = re.compile(r"[!-~]([ -~]*[!-~])?")


@dataclass(frozen=True, slots=True)
class ConnectorTable:
    """The table as it stands: `kind` names the protocol."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads one operator's table; a wrong value is a finding and reads as its default.

    `variables` are the names by which the environment may replace what was read.
    """

    operator: str
    values: Mapping[str, Any]
    environ: Mapping[str, str]
    findings: list[Finding]
    variables: set[str] = field(default_factory=set)

    def fault(self, name: str, code: str, message: str) -> None:
        """Report a fault of one value."""
        variable = self._variable(name)
        where = variable if variable in self.environ else f"operators.{self.operator}.connector.{name}"
        self.findings.append(Finding(FILE, 0, where, code, message))

    def only(self, names: Collection[str]) -> None:
        """Report every key that means nothing to this kind of connector."""
        for name in sorted(self.values.keys() - set(names)):
            self.fault(name, "unknown_key", f"{name} means nothing to this kind of connector")

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a default it is required."""
        value = self._value(name, default)
        if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
            if value is None:
                self.fault(name, "missing_value", f"{name} is required")
            elif value != default:
                self.fault(name, "invalid_value", f"must be a text of at most {_MAX_TEXT} characters")
            return default or ""
        return value

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within limits."""
        value = self._value(name, default)
        if isinstance(value, str) and value.isascii() and value.isdigit():  # from the environment
            value = int(value)
        if type(value) is not int or not low <= value <= high:
            self.fault(name, "invalid_value", f"must be a whole number from {low} to {high}")
            return default
        return value

    def flag(self, name: str) -> bool:
        """True or false, false where it is absent."""
        value = self._value(name, default=False)
        if value in {"true", "false"}:  # from the environment
            value = value == "true"
        if type(value) is not bool:
            self.fault(name, "invalid_value", "must be true or false")
            return False
        return value

    def counts(self, name: str, keys: Collection[str]) -> dict[str, int]:
        """A table from some of the keys to whole numbers."""
        value = self.values.get(name, {})
        if not isinstance(value, dict) or not value:
            self.fault(name, "missing_value", f"{name} needs at least one of {', '.join(sorted(keys))}")
            return {}
        for key in sorted(value.keys() - set(keys)):
            self.fault(f"{name}.{key}", "unknown_key", f"must be one of {', '.join(sorted(keys))}")
        for key, number in value.items():
            if type(number) is not int or not 0 <= number <= 100_000:  # noqa: PLR2004  more than any ship
                self.fault(f"{name}.{key}", "invalid_value", "must be a whole number from 0 to 100000")
                return {}
        return {key: value[key] for key in value.keys() & set(keys)}

    def names(self, name: str, keys: Collection[str], default: Mapping[str, str]) -> dict[str, str]:
        """A table from some of the keys to texts; without keys any name will do."""
        value = self.values.get(name, default)
        if (
            not isinstance(value, dict)
            or not value
            or not all(isinstance(text, str) for text in value.values())
        ):
            self.fault(name, "invalid_value", f"must be a table from {', '.join(sorted(keys))} to texts")
            return dict(default)
        for key in sorted(value.keys() - set(keys)) if keys else ():
            self.fault(f"{name}.{key}", "unknown_key", f"must be one of {', '.join(sorted(keys))}")
        return dict(value)

    def url(self, name: str, *, allow_private: bool, required: bool = True) -> str:
        """An address that a connector may reach; empty where it is absent and not required."""
        value = self.text(name, None if required else "")
        if value:
            try:
                check_url(value, allow_private=allow_private)
            except AddressRefused as error:
                remedy = "; allow_private = true is for a system inside one's own network"
                self.fault(
                    name,
                    "invalid_value",
                    f"{error}{remedy if not allow_private and _is_private(value) else ''}",
                )
        return value

    def secret(self, name: str) -> str:
        """The secret in the environment variable that the table names; an unset one is no fault of the region.

        One that no header could carry (a line break at its end, a letter outside of ASCII) is a fault of the variable.
        """
        variable = self.text(name)
        secret = self.environ.get(variable, "")
        if secret and not _SENDABLE.fullmatch(secret):
            message = "holds a space at an end, a line break or a letter outside of ASCII, and cannot be sent"
            self.findings.append(Finding(FILE, 0, variable, "invalid_value", message))
        return secret

    def _value(self, name: str, default: Any) -> Any:
        self.variables.add(self._variable(name))
        replaced = self.environ.get(self._variable(name))
        return replaced if replaced is not None else self.values.get(name, default)

    def _variable(self, name: str) -> str:
        return f"THROUGHFARE_{self.operator.upper()}_{name.upper()}"


def _is_private(url: str) -> bool:
    """Tell whether an address is refused only because it does not lead to the public internet."""
    try:
        check_url(url, allow_private=True)
    except AddressRefused:
        return False
    return True
