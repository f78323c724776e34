"""Passes, carnets and check-in at the gate online, and what the bundle tells of them to gates without a network."""

import secrets
from datetime import timedelta
from typing import Any

from tests.api import Api
from tests.ticketing.gate.stock import put_ticket
from tests.ticketing.tickets.mint import b64, phone_jwk, proof
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.tickets.jwk import load_jwks
from throughfare_gate.tickets.jws import Signer
from ticketing.tickets.issue import status_list_of


def sell(api: Api, product: str, **numbers: Any) -> str:
    """A ticket of two trams, bound to a phone, as the region's products want it."""
    house = api.client.application.extensions["throughfare"].gatehouse
    now = api.clock.now()
    made = put_ticket(
        house.database,
        secrets.token_urlsafe(16),
        product=product,
        at=now,
        signer=Signer(*house.keys.signer_key("ticket")),
        uri=house.press.status_uri(status_list_of(now)),
        status_list=status_list_of(now),
        life=timedelta(days=30),
        legs=(("tlt", "z:A"), ("hsl", "z:AB")),
        demo=True,
        binding_key=phone_jwk(),
        **numbers,
    )
    return made.token


def show(api: Api, token: str, gate: str, operator: str = "tlt", **more: Any) -> str:
    """Show the app's screen of this moment; the reason and, where it matters, what staff should see."""
    iat = int(api.clock.now().timestamp())
    code = f"{token}~{proof(token, iat=iat, aud=operator, n=b64(secrets.token_bytes(8)))}"
    answer = api.scan(code, gate, **more).json or {}
    return f"{answer['reason']} {answer['attention'] or ''}".strip()


def test_a_carnet_counts_rides_and_gives_transfers_across_operators(api: Api) -> None:
    token, tram, metro = (
        sell(api, "carnet10", uses_per_leg=0, uses=2),
        api.key("gate", "tlt"),
        api.key("gate", "hsl"),
    )
    seen = []
    for minutes, gate, operator in (
        (0, tram, "tlt"),
        (30, metro, "hsl"),
        (60, tram, "tlt"),
        (90, tram, "tlt"),
    ):
        api.clock.advance(timedelta(minutes=minutes))
        seen.append(show(api, token, gate, operator))

    assert seen == ["ok", "ok_attention transfer", "ok", "uses_exhausted"]


def test_a_day_begins_with_its_first_use(api: Api) -> None:
    token, gate = sell(api, "day", uses_per_leg=0), api.key("gate", "tlt")
    seen = []
    for hours in (48, 23, 2):
        api.clock.advance(timedelta(hours=hours))
        seen.append(show(api, token, gate))

    assert seen == ["ok", "ok", "expired"]


def test_check_in_and_check_out_and_an_exit_that_holds_nobody(api: Api) -> None:
    token, gate = sell(api, "checkin", uses_per_leg=0), api.key("gate", "tlt")
    seen = []
    for direction in ("in", "out", "out", "in"):
        seen.append(show(api, token, gate, direction=direction))
        api.clock.advance(timedelta(minutes=20))

    assert seen == ["ok", "ok", "ok_attention no check-in is known here", "ok"]


def test_the_bundle_tells_what_each_use_was(api: Api) -> None:
    token, gate = sell(api, "carnet10", uses_per_leg=0, uses=2), api.key("gate", "tlt")
    show(api, token, gate)
    api.clock.advance(timedelta(minutes=30))
    show(api, token, gate)
    trust = load_jwks(api.get("/.well-known/gate-bundle-jwks.json").json or {})

    uses = bundles.read(api.get("/v1/operators/tlt/gate-bundle", gate).text, trust)[1]

    assert [use.kind for use in uses] == ["ride", "transfer"]


def test_an_upload_is_judged_by_the_products_rule(api: Api) -> None:
    token, gate = sell(api, "carnet10", uses_per_leg=0, uses=1), api.key("gate", "tlt")
    from ticketing.tickets.own import of_own  # noqa: PLC0415  one use

    at, jti = int(api.clock.now().timestamp()), of_own(token).jti
    scans = [
        {
            "scan_id": f"019a0000-0000-7000-8000-00000000000{seq}",
            "seq": seq,
            "jti": jti,
            "leg": 0,
            "device_ts": at + late,
            "decision": "accept",
            "reason": "ok",
        }
        for seq, late in ((1, -9000), (2, -7000), (3, 0))
    ]

    told = api.post("/v1/validations/batch", {"scans": scans}, gate).json or {}

    assert [outcome["result"] for outcome in told["outcomes"]] == [
        "recorded",
        "recorded",
        "recorded_double_use",
    ]
