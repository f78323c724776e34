"""`throughfare rights confirm-check` as a conductor runs it: a process, a token, and the issuer's keys in a file or at an address."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.spoiled import spoiled
from tests.ticketing.tickets.confirming import LATE, OWN, OWN_RING
from tests.ticketing.tickets.mint import ticket
from tests.waiting import SOON_SECONDS
from throughfare_gate.tickets import confirmation
from throughfare_gate.tickets.jwk import to_jwk

TOKEN = OWN.sign(confirmation.TYP, LATE)
KEYS = json.dumps({"keys": [to_jwk(OWN_RING["27c"])]})


@pytest.fixture
def jwks(tmp_path: Path) -> str:
    """The issuer's keys as a file."""
    path = tmp_path / "jwks.json"
    path.write_text(KEYS, encoding="utf-8")
    return str(path)


@pytest.fixture
def address() -> Iterator[str]:
    """The issuer's keys at an address."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/keys" else 404)
            self.end_headers()
            self.wfile.write(KEYS.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, args=(SOON_SECONDS,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def check(token: str, jwks: str, *more: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ticketing", "rights", "confirm-check", token, "--jwks", jwks, *more]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60)


def test_a_genuine_confirmation_is_told_in_the_conductors_language(jwks: str) -> None:
    done = check(TOKEN, jwks, "--language", "sv")

    answer = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (answer["genuine"], answer["reason"], answer["claims"]) == (True, "ok", LATE | answer["claims"])
    assert "75 min sen" in answer["text"]
    assert json.loads(check("-", jwks, given=TOKEN + "\n").stdout)["genuine"]


def test_keys_are_fetched_from_an_address(address: str) -> None:
    done, nowhere = check(TOKEN, f"{address}/keys"), check(TOKEN, f"{address}/else")

    assert (done.returncode, json.loads(done.stdout)["genuine"]) == (0, True)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "404" in nowhere.stderr


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (ticket(), "bad_type"),
        (spoiled(TOKEN), "bad_signature"),
        ("what", "malformed"),
        (OWN.sign(confirmation.TYP, {**LATE, "cause": "ice"}), "bad_claims"),
    ],
)
def test_a_token_that_is_not_genuine_has_its_reason_and_exit_code_1(
    jwks: str, token: str, reason: str
) -> None:
    done = check(token, jwks)

    answer = json.loads(done.stdout)
    assert (done.returncode, answer["genuine"], answer["reason"]) == (1, False, reason)
    assert answer["claims"] is None


@pytest.mark.parametrize("content", ["", "{}", '{"keys": [{"kty": "oct", "k": "AA", "kid": "x"}]}', "\x00"])
def test_keys_that_cannot_be_used_are_an_error_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(content, encoding="utf-8")

    for done in (check(TOKEN, str(path)), check(TOKEN, str(tmp_path / "none.json"))):
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
