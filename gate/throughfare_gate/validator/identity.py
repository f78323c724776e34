"""Keep the identity of this gate: its own key, made here and never sent, and the facts told when it enrolled."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from throughfare_gate.tickets import device_token
from throughfare_gate.tickets.jwk import VerifyKey, thumbprint, to_jwk
from throughfare_gate.tickets.jws import Signer

_KID_CHARS = 16


class NotEnrolled(Exception):
    """This folder holds no enrolled gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """The facts told at enrolment: the gate's id and name, its operator, its place, and the address of the server."""

    server: str
    device_id: str
    name: str
    operator: str
    issuer: str
    stop_id: str | None = None
    zone: str | None = None
    direction: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """An enrolled gate with its key."""

    enrolment: Enrolment
    signer: Signer

    def token(self, offset_seconds: int) -> str:
        """A fresh token of this gate, by the server's time as far as it is known."""
        now = datetime.fromtimestamp(datetime.now(UTC).timestamp() + offset_seconds, UTC)
        return device_token.sign(self.signer, self.enrolment.device_id, self.enrolment.issuer, now)


def make_key(folder: Path) -> dict[str, str]:
    """Make this gate's key anew and give its public half as a JWK."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    # A gate starts by itself after a power cut, so nobody could type a passphrase: the file's mode protects it.
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(folder / "key.pem", pem)
    jwk = to_jwk(VerifyKey("-", "EdDSA", key.public_key()))
    return {name: value for name, value in jwk.items() if name != "kid"}


def keep(folder: Path, enrolment: Enrolment) -> None:
    """Keep what the gate was told."""
    _write(folder / "gate.json", json.dumps(asdict(enrolment), indent=2).encode())


def load(folder: Path) -> Identity:
    """Read who this gate is; raises NotEnrolled."""
    try:
        enrolment = Enrolment(**json.loads((folder / "gate.json").read_text(encoding="utf-8")))
        key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise NotEnrolled(f"{folder} holds no enrolled gate: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise NotEnrolled(f"{folder}/key.pem is not an Ed25519 key")
    return Identity(enrolment, Signer(thumbprint(key.public_key())[:_KID_CHARS], key))


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
