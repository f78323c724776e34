"""The settings of a hardware token (PKCS#11) that holds the signing keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ticketing.errors import Misconfigured

_NAMES = ("PKCS11_MODULE", "PKCS11_TOKEN", "PKCS11_PIN")


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """A token by the library of its maker and its label, and the PIN of its user."""

    module: Path
    label: str
    pin: str = field(repr=False)


def from_environment(environ: Mapping[str, str]) -> TokenSettings | None:
    """Read the token that THROUGHFARE_KEYS=pkcs11 names; None for files. Raises Misconfigured."""
    where = environ.get("THROUGHFARE_KEYS", "files")
    if where not in {"files", "pkcs11"}:
        raise Misconfigured(f"THROUGHFARE_KEYS is {where!r}; it may be files or pkcs11")
    given = {name: environ.get(f"THROUGHFARE_{name}", "") for name in _NAMES}
    if where == "files":
        useless = [name for name, value in given.items() if value]
        if useless:
            raise Misconfigured(f"THROUGHFARE_{useless[0]} is set and THROUGHFARE_KEYS is not pkcs11")
        return None
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise Misconfigured(f"THROUGHFARE_{missing[0]} is needed beside THROUGHFARE_KEYS=pkcs11")
    module = Path(given["PKCS11_MODULE"])
    if not module.is_file():
        raise Misconfigured(f"THROUGHFARE_PKCS11_MODULE: there is no file {module}")
    return TokenSettings(module, given["PKCS11_TOKEN"], given["PKCS11_PIN"])
