"""Signing keys in a hardware token: made there, kept there, and good at every gate. The token is SoftHSM."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.api import Api
from tests.softhsm import PIN, make_token, variables
from tests.ticketing.gate.deciding import TLT
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.decision import Presented, Seen, decide
from throughfare_gate.tickets.jwk import load_jwks, thumbprint
from throughfare_gate.tickets.jws import Signer, verify
from ticketing import config
from ticketing.cli import deployment, main
from ticketing.clock import FixedClock
from ticketing.config import DEMO_PASSPHRASE, Settings
from ticketing.errors import Misconfigured
from ticketing.tickets.key_places.token import HardwareToken, renew_sessions
from ticketing.tickets.keys import ANNOUNCE, KEEP, KINDS, SECRET_KINDS, KeyStore, key_store
from ticketing.token_settings import TokenSettings

SIGNING = [kind for kind in KINDS if kind not in SECRET_KINDS]


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenSettings]:
    yield make_token(tmp_path / "hsm", monkeypatch)
    renew_sessions()


@pytest.fixture
def settings(token: TokenSettings, database_url: str, tmp_path: Path) -> Settings:
    """A deployment whose signing keys lie in the token: `api` serves it."""
    return Settings(
        database_url=database_url,
        keys_folder=tmp_path / "keys",
        public_url="https://throughfare.example",
        token=token,
    )


@pytest.fixture
def keys(token: TokenSettings, tmp_path: Path, clock: FixedClock) -> KeyStore:
    store = KeyStore(tmp_path / "keys", DEMO_PASSPHRASE, HardwareToken(token))
    store.create_missing(clock.now())
    return store


def again(keys: KeyStore, token: TokenSettings) -> KeyStore:
    """The same keys as another process opens them."""
    return KeyStore(keys.folder, DEMO_PASSPHRASE, HardwareToken(token))


def test_each_key_that_signs_lies_in_the_token_and_secrets_lie_in_files(keys: KeyStore) -> None:
    places = {record.kind: bool(record.token_id) for record in keys.records()}

    assert places == {kind: kind not in SECRET_KINDS for kind in KINDS}
    assert len(list(keys.folder.glob("*.pem"))) == len(SECRET_KINDS)
    assert {record.algorithm for record in keys.records() if record.token_id} == {"ES256"}


def test_no_key_can_be_read_out_of_the_token(keys: KeyStore) -> None:
    _, key = keys.signer_key("ticket")

    with pytest.raises(UnsupportedAlgorithm):
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("kind", SIGNING)
def test_a_token_signs_what_its_published_keys_verify(
    keys: KeyStore, token: TokenSettings, kind: str
) -> None:
    kid, key = keys.signer_key(kind)  # type: ignore[arg-type]  a kind of the list
    signed = Signer(kid, key).sign("ticket+jwt", {"a": 1})

    published = load_jwks(again(keys, token).jwks(kind))  # type: ignore[arg-type]  see above

    assert kid == thumbprint(key.public_key())
    assert verify(signed, "ticket+jwt", published) == b'{"a":1}'


def test_a_rotation_goes_through_the_token_to_either_algorithm(
    keys: KeyStore, token: TokenSettings, clock: FixedClock
) -> None:
    old = keys.signer_key("ticket")[0]
    early = Signer(*keys.signer_key("ticket")).sign("ticket+jwt", {"a": 1})
    next_key = keys.rotate("ticket", clock.now(), "EdDSA")
    clock.advance(ANNOUNCE)
    again(keys, token).rotate("ticket", clock.now())

    kid, key = keys.signer_key("ticket")
    late = Signer(kid, key).sign("ticket+jwt", {"a": 2})

    assert (kid, next_key.algorithm, bool(next_key.token_id)) == (next_key.kid, "EdDSA", True)
    ring = again(keys, token).ring("ticket")
    assert set(ring) == {old, kid}
    assert [verify(text, "ticket+jwt", ring) for text in (early, late)] == [b'{"a":1}', b'{"a":2}']

    clock.advance(KEEP)
    keys.create_missing(clock.now())
    record = next(record for record in keys.records() if record.kid == old)
    assert record.state == "removed"
    with pytest.raises(Misconfigured, match="is not in the token"):
        HardwareToken(token).open(old, record.token_id)


def test_a_compromised_key_is_destroyed_in_the_token(
    keys: KeyStore, token: TokenSettings, clock: FixedClock
) -> None:
    lost = keys.signer_key("ticket")[0]
    keys.compromise(lost, clock.now())

    record = next(record for record in keys.records() if record.kid == lost)
    assert keys.signer_key("ticket")[0] != lost
    with pytest.raises(Misconfigured, match="is not in the token"):
        HardwareToken(token).open(lost, record.token_id)


def test_keys_of_files_go_on_until_they_are_rotated_into_the_token(
    token: TokenSettings, tmp_path: Path, clock: FixedClock
) -> None:
    files = KeyStore(tmp_path / "keys", DEMO_PASSPHRASE)
    files.create_missing(clock.now())
    old = Signer(*files.signer_key("ticket")).sign("ticket+jwt", {"a": 1})
    assert "token_id" not in (tmp_path / "keys/keys.json").read_text()  # an earlier release reads it

    moved = again(files, token)
    moved.create_missing(clock.now())
    assert moved.signer_key("ticket")[0] == files.signer_key("ticket")[0]
    moved.rotate("ticket", clock.now())
    clock.advance(ANNOUNCE)
    moved.rotate("ticket", clock.now())

    new = Signer(*moved.signer_key("ticket")).sign("ticket+jwt", {"a": 2})
    assert [verify(text, "ticket+jwt", moved.ring("ticket")) for text in (old, new)] == [
        b'{"a":1}',
        b'{"a":2}',
    ]
    with pytest.raises(Misconfigured, match=r"THROUGHFARE_KEYS: the ticket key .* lies in a hardware token"):
        files.ring("ticket")


# The library tidies a search up after the session has gone, and says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_token_that_has_lost_our_session_is_asked_again(keys: KeyStore) -> None:
    signer = Signer(*keys.signer_key("ticket"))
    from ticketing.tickets.key_places import token as place  # noqa: PLC0415  its sessions, for the fault

    with place._SESSIONS.of(next(iter(place._SESSIONS._open))) as session:
        session.close()

    assert verify(signer.sign("ticket+jwt", {"a": 1}), "ticket+jwt", keys.ring("ticket"))


def test_a_forked_process_signs_with_a_session_of_its_own(keys: KeyStore, token: TokenSettings) -> None:
    script = """
import json, os, sys
from pathlib import Path
from throughfare_gate.tickets.jws import Signer, verify
from ticketing.tickets.key_places.token import HardwareToken
from ticketing.tickets.keys import KeyStore
from ticketing.token_settings import TokenSettings
folder, passphrase, module, label, pin = sys.argv[1:]
keys = KeyStore(Path(folder), passphrase, HardwareToken(TokenSettings(Path(module), label, pin)))
signer = Signer(*keys.signer_key("ticket"))
signer.sign("ticket+jwt", {})
children = []
for _ in range(4):
    child = os.fork()
    if not child:
        good = all(verify(signer.sign("ticket+jwt", {"a": n}), "ticket+jwt", keys.ring("ticket")) for n in range(50))
        os._exit(0 if good else 1)
    children.append(child)
for n in range(50):
    verify(signer.sign("ticket+jwt", {"a": n}), "ticket+jwt", keys.ring("ticket"))
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""
    arguments = [str(keys.folder), DEMO_PASSPHRASE, str(token.module), token.label, token.pin]

    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"pin": "another-pin"}, "THROUGHFARE_PKCS11_PIN does not open the token"),
        ({"label": "nobody"}, "THROUGHFARE_PKCS11_TOKEN: .* knows no token 'nobody'"),
        ({"module": Path(__file__)}, "THROUGHFARE_PKCS11_MODULE: .* cannot be used"),
    ],
)
def test_a_token_that_does_not_open_is_named_by_its_setting(
    token: TokenSettings, tmp_path: Path, clock: FixedClock, change: dict[str, object], named: str
) -> None:
    place = HardwareToken(replace(token, **change))  # type: ignore[arg-type]  a field of the list

    with pytest.raises(Misconfigured, match=named) as refused:
        KeyStore(tmp_path / "keys", DEMO_PASSPHRASE, place).create_missing(clock.now())
    assert PIN not in str(refused.value)
    assert PIN not in repr(token)


def test_without_the_library_the_extra_is_named(
    token: TokenSettings, tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)

    with pytest.raises(Misconfigured, match=r"pip install 'throughfare\[pkcs11\]'"):
        KeyStore(tmp_path / "keys", DEMO_PASSPHRASE, HardwareToken(token)).create_missing(clock.now())


def test_files_need_no_library_of_tokens() -> None:
    script = "import sys, ticketing.tickets.keys; sys.exit('pkcs11' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"THROUGHFARE_KEYS": "token"}, "THROUGHFARE_KEYS is 'token'; it may be files or pkcs11"),
        ({"THROUGHFARE_KEYS": "pkcs11"}, "THROUGHFARE_PKCS11_MODULE is needed"),
        ({"THROUGHFARE_PKCS11_TOKEN": "x"}, "THROUGHFARE_PKCS11_TOKEN is set and THROUGHFARE_KEYS is not"),
        (
            {
                "THROUGHFARE_KEYS": "pkcs11",
                "THROUGHFARE_PKCS11_MODULE": "/nowhere.so",
                "THROUGHFARE_PKCS11_TOKEN": "x",
                "THROUGHFARE_PKCS11_PIN": "1",
            },
            "there is no file /nowhere.so",
        ),
    ],
)
def test_settings_of_a_token_that_do_not_go_together_are_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        config.from_environment(environ)


def test_a_pin_comes_from_a_file(token: TokenSettings, tmp_path: Path) -> None:
    given = variables(token)
    (tmp_path / "pin").write_text(given.pop("THROUGHFARE_PKCS11_PIN") + "\n")

    found = config.from_environment({**given, "THROUGHFARE_PKCS11_PIN_FILE": str(tmp_path / "pin")})

    assert found.token == token


def test_a_ticket_that_a_token_has_signed_opens_a_gate_with_and_without_a_network(
    api: Api, settings: Settings, tmp_path: Path
) -> None:
    sold = api.buy().ticket_of("anna")["token"]
    gate = api.key("gate", "tlt")
    held = bundles.read(
        api.get("/v1/operators/tlt/gate-bundle", gate).get_data(as_text=True),
        key_store(settings).ring("bundle"),
        "tlt",
    )[0]

    offline = decide(Presented(sold), held, Seen(), int(api.clock.now().timestamp()), TLT)

    assert (api.scan(sold, gate).json or {})["reason"] == "ok"
    assert offline.reason == "ok"
    published = api.get("/.well-known/jwks.json").json or {}
    assert {key["alg"] for key in published["keys"]} == {"ES256"}


@pytest.mark.usefixtures("api")
def test_the_commands_of_keys_work_with_a_token(
    settings: Settings, token: TokenSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in variables(token).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("THROUGHFARE_KEYS_FOLDER", str(settings.keys_folder))
    deployment.settings.cache_clear()

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, list(words))
        assert done.exit_code == code, done.output
        return done.output

    listed = run("keys", "list").splitlines()
    assert sum(line.endswith(" in the token") for line in listed) == len(SIGNING)
    assert "is announced" in run("keys", "rotate", "ticket")
    lost = next(line.split()[0] for line in listed if " ticket " in line)
    assert f"{lost} is compromised" in run("keys", "compromise", "--", lost)
    told = [one for one in json.loads(run("doctor", "--json")) if one["what"] == "keys"]
    assert any("in the token 'throughfare'" in one["said"] for one in told)
    assert "there is no copy to steal" in run("drill", "signing-key", "--out", str(tmp_path), code=1)
    deployment.settings.cache_clear()
