"""The key drill: announced, active, verify-only, removed with a gate that sleeps; a lost key, and its tickets anew."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.api import Api
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.decision import Bundle, Gate, Presented, Seen, decide
from throughfare_gate.tickets.jwk import load_jwks
from ticketing.cli import deployment, main
from ticketing.config import DEMO_PASSPHRASE, Settings
from ticketing.gate.reissue import reissue
from ticketing.tickets.keys import KEEP, KeyStore


def fetch(api: Api) -> Bundle:
    trust = load_jwks(api.get("/.well-known/gate-bundle-jwks.json").json or {})
    return bundles.read(api.get("/v1/operators/tlt/gate-bundle", api.key("gate", "tlt")).text, trust)[0]


def reason(held: Bundle, token: str, api: Api) -> str:
    return decide(
        Presented(token), held, Seen(), int(api.clock.now().timestamp()), Gate(operator="tlt")
    ).reason


def test_s26_a_gate_that_sleeps_a_day_goes_on_through_a_rotation(api: Api, settings: Settings) -> None:
    keys = KeyStore(settings.keys_folder, DEMO_PASSPHRASE)
    keys.rotate("ticket", api.clock.now())
    api.clock.advance(timedelta(hours=48))
    slept = fetch(api)
    keys.rotate("ticket", api.clock.now())
    api.clock.advance(timedelta(hours=20))
    bought = api.buy(depart_at=api.clock.now().isoformat()).ticket_of("anna")

    assert reason(slept, bought["token"], api) not in {"unknown_key", "bad_signature"}
    jwks = api.get("/.well-known/jwks.json").json or {}
    assert len(jwks["keys"]) == 2  # the old one verifies on
    api.clock.advance(KEEP)
    keys.create_missing(api.clock.now())
    assert len((api.get("/.well-known/jwks.json").json or {})["keys"]) == 1


def test_s26_a_lost_keys_tickets_are_refused_with_the_next_bundle_and_come_anew(
    api: Api, settings: Settings
) -> None:
    bought = api.buy()
    old = bought.ticket_of("anna")["token"]
    rooms = api.client.application.extensions["throughfare"]
    keys = KeyStore(settings.keys_folder, DEMO_PASSPHRASE)
    kid = keys.signer_key("ticket")[0]
    keys.compromise(kid, api.clock.now())
    api.clock.advance(timedelta(hours=1, minutes=10))

    counts = [reissue(rooms.gatehouse.database, api.clock, keys, kid) for _ in range(2)]

    order = api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json or {}
    new = next(made["token"] for made in order["tickets"] if made["passenger"] == "anna")
    held = fetch(api)
    assert counts == [2, 0]
    assert (reason(held, old, api), reason(held, new, api)) == ("unknown_key", "ok")
    gate = api.key("gate", "tlt")
    assert [(api.scan(token, gate).json or {})["reason"] for token in (old, new)] == ["unknown_key", "ok"]


def test_an_es256_key_signs_tickets_that_gates_accept(api: Api, settings: Settings) -> None:
    keys = KeyStore(settings.keys_folder, DEMO_PASSPHRASE)
    keys.rotate("ticket", api.clock.now(), "ES256")
    api.clock.advance(timedelta(hours=48))
    keys.rotate("ticket", api.clock.now())

    bought = api.buy(depart_at=api.clock.now().isoformat()).ticket_of("anna")

    assert keys.ring("ticket")[keys.signer_key("ticket")[0]].algorithm == "ES256"
    assert reason(fetch(api), bought["token"], api) in {"ok", "not_yet_valid"}


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("THROUGHFARE_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("THROUGHFARE_KEYS_FOLDER", str(settings.keys_folder))
    deployment.settings.cache_clear()
    yield
    deployment.settings.cache_clear()


@pytest.mark.usefixtures("environment")
def test_the_command_withdraws_a_key_and_reissues_its_tickets(api: Api, settings: Settings) -> None:
    api.buy()
    keys = KeyStore(settings.keys_folder, DEMO_PASSPHRASE)
    kid, other = keys.signer_key("ticket")[0], keys.signer_key("status")[0]

    said = CliRunner().invoke(main, ["keys", "compromise", "--", kid]).output
    again = CliRunner().invoke(main, ["keys", "reissue", "--", other])

    assert f"{kid} is compromised" in said
    assert "tickets are signed anew" in said
    assert again.exit_code == 1
