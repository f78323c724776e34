"""Secrets from files: `THROUGHFARE_KEY_PASSPHRASE_FILE` names the file of a container or of systemd that holds the value."""

from collections.abc import Mapping
from pathlib import Path

from ticketing.errors import Misconfigured

# The settings that hold a secret, alone or within an address.
SECRETS = tuple(
    f"THROUGHFARE_{name}"
    for name in (
        "DATABASE_URL",
        "KEY_PASSPHRASE",
        "OIDC_CLIENT_SECRET",
        "PKCS11_PIN",
        "SMTP_ADDRESS",
        "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET",
    )
)
_LONGEST = 8192


def read(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with the content of each file in its place, without the line's end.

    Raises Misconfigured for a file that cannot be read, is empty, or stands beside the value itself.
    """
    given = dict(environ)
    for name in SECRETS:
        file = given.get(f"{name}_FILE")
        if not file:
            continue
        if name in environ:
            raise Misconfigured(f"{name} and {name}_FILE are both set; one of them says the value")
        given[name] = _content(name, Path(file))
    return given


def _content(name: str, file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            content = opened.read(_LONGEST).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Misconfigured(f"{name}_FILE: {file} cannot be read: {why}") from None
    if not content:
        raise Misconfigured(f"{name}_FILE: {file} is empty")
    return content
