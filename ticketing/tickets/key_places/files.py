"""Private keys in a folder, each in a PEM file under the passphrase of the deployment."""

import os
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from throughfare_gate.tickets.jwk import Algorithm, thumbprint
from throughfare_gate.tickets.jws import PrivateKey
from ticketing.errors import Misconfigured
from ticketing.tickets.key_places import NewKey

# SHA-256 in base64url.
_THUMBPRINT_CHARS = 43


class KeyFiles:
    """The private keys of a folder."""

    algorithm: Algorithm = "EdDSA"

    def __init__(self, folder: Path, passphrase: str) -> None:
        self._folder = folder
        self._passphrase = passphrase.encode()

    def make(self, kind: str, algorithm: Algorithm) -> NewKey:
        """Make a key and write its file."""
        is_edwards = algorithm == "EdDSA"
        key: PrivateKey = Ed25519PrivateKey.generate() if is_edwards else generate_private_key(SECP256R1())
        kid = thumbprint(key.public_key())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self._passphrase))
        write_private(self._folder / f"{kid}.pem", pem)
        return NewKey(kid, key)

    def open(self, kid: str, token_id: str) -> PrivateKey:
        """Read and decrypt the file of a key."""
        try:
            pem = (self._folder / f"{kid}.pem").read_bytes()
            key = load_pem_private_key(pem, self._passphrase)
        except OSError as error:
            raise Misconfigured(
                f"THROUGHFARE_KEYS_FOLDER: {kid}.pem in {self._folder} cannot be read ({error.strerror})"
            ) from error
        except ValueError as error:
            raise Misconfigured(
                f"THROUGHFARE_KEY_PASSPHRASE does not open the key {kid} in {self._folder}"
            ) from error
        opened = cast("PrivateKey", key)
        if len(kid) == _THUMBPRINT_CHARS and thumbprint(opened.public_key()) != kid:
            raise Misconfigured(f"THROUGHFARE_KEYS_FOLDER: {kid}.pem in {self._folder} is another key")
        return opened

    def destroy(self, kid: str, token_id: str) -> None:
        """Delete the file of a key."""
        (self._folder / f"{kid}.pem").unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write atomically, readable by the owner alone."""
    draft = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
