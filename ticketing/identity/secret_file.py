"""A secret of this deployment in a file that only its owner reads, made at the first start."""

import contextlib
import os
import secrets
from pathlib import Path

SECRET_BYTES = 32


def read_or_make(path: Path) -> bytes:
    """Read the secret, or make it; two processes that start together agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.parent / f".{path.stem}-{os.getpid()}-{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
        # Linking is atomic and keeps the first one when two processes start together.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_bytes()
