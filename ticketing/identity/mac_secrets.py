"""The secrets of order and access tokens: one issues, the ones before it are still accepted, and all lie encrypted.

They are keys of the deployment like any other (`throughfare keys rotate order`). The file of an earlier deployment goes on
issuing until the first key of its kind is active, so that an older release beside this one reads what this one issues;
then it is accepted until it is retired.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ticketing.errors import Misconfigured

SECRET_BYTES = 32
SecretKind = Literal["order", "access"]


class SecretKeys(Protocol):
    """The keys of a deployment, as far as secrets are made of them."""

    def active_secret(self, kind: SecretKind) -> bytes | None:
        """Read the secret that issues; None where no key of this kind is active yet."""

    def secrets(self, kind: SecretKind) -> Mapping[str, bytes]:
        """Read every secret that is accepted, by the name of its key."""


@dataclass(frozen=True, slots=True)
class MacSecrets:
    """The secrets of one kind of token; `earlier` is the one of a file from before they were keys."""

    kind: SecretKind
    keys: SecretKeys | None
    earlier: bytes | None = None

    @classmethod
    def of(cls, kind: SecretKind, keys: SecretKeys, file: Path) -> "MacSecrets":
        """Read the earlier secret of a deployment, where it has one; raises Misconfigured for one that is too short."""
        earlier = file.read_bytes() if file.exists() else None
        if earlier is not None and len(earlier) < SECRET_BYTES:
            raise Misconfigured(
                f"THROUGHFARE_KEYS_FOLDER: {file} has {len(earlier)} bytes and needs {SECRET_BYTES}"
            )
        return cls(kind, keys, earlier)

    @property
    def issuing(self) -> bytes:
        """The secret under which tokens are made; raises Misconfigured without one."""
        active = self.keys.active_secret(self.kind) if self.keys else None
        found = active or self.earlier
        if found is None:
            raise Misconfigured(f"THROUGHFARE_KEYS_FOLDER: there is no active {self.kind} key")
        return found

    @property
    def accepted(self) -> tuple[bytes, ...]:
        """Every secret whose tokens are good."""
        listed = tuple(self.keys.secrets(self.kind).values()) if self.keys else ()
        return listed if self.earlier is None else (*listed, self.earlier)
