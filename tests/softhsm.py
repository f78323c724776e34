"""A hardware token in software: SoftHSM with a token of its own in a folder of one test."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ticketing.tickets.key_places.token import renew_sessions
from ticketing.token_settings import TokenSettings

PIN = "a-pin-of-a-test"
_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def make_token(folder: Path, monkeypatch: pytest.MonkeyPatch, label: str = "throughfare") -> TokenSettings:
    """Make a token, for this process and those that it starts; the test is left out, aloud, without SoftHSM."""
    module = next((Path(path) for path in _MODULES if Path(path).is_file()), None)
    if shutil.which("softhsm2-util") is None or module is None:
        pytest.skip("THE KEYS OF A TOKEN ARE NOT TESTED: SoftHSM is not installed (apt-get install softhsm2)")
    pytest.importorskip("pkcs11", reason="THE KEYS OF A TOKEN ARE NOT TESTED: python-pkcs11 is not installed")
    (folder / "tokens").mkdir(parents=True, exist_ok=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    monkeypatch.setenv("SOFTHSM2_CONF", str(conf))
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "an-so-pin", "--pin", PIN],
        check=True,
        capture_output=True,
    )
    renew_sessions()
    return TokenSettings(module, label, PIN)


def variables(token: TokenSettings) -> dict[str, str]:
    """The settings that name a token."""
    return {
        "THROUGHFARE_KEYS": "pkcs11",
        "THROUGHFARE_PKCS11_MODULE": str(token.module),
        "THROUGHFARE_PKCS11_TOKEN": token.label,
        "THROUGHFARE_PKCS11_PIN": token.pin,
    }
