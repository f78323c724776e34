"""Devices: enrolled once, each with its own key, listed with their health, revoked when stolen."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.api import Api
from tests.ticketing.gate.enrolling import Device, at_the_tram, code, devices_of, enrol, fact
from tests.ticketing.tickets.mint import phone_jwk
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.tickets import device_token
from throughfare_gate.tickets.jwk import VerifyKey, load_jwks, thumbprint, to_jwk
from throughfare_gate.tickets.jws import Signer
from ticketing.tickets.own import payload_of


def test_a_code_makes_one_device_that_brings_its_first_bundle(api: Api) -> None:
    device = enrol(api)

    bundle, _ = bundles.read(device.told["bundle"], load_jwks(device.told["bundle_keys"]), "tlt")
    assert (device.told["operator"], device.told["stop_id"], bundle.operator) == ("tlt", "09005-1", "tlt")


def test_a_box_that_asks_for_format_2_knows_the_hours_of_check_in_from_its_first_bundle_on(api: Api) -> None:
    asked = {"public_key": phone_jwk(), "format": 2}

    new = api.post("/v1/devices/enrolments", {"code": code(api, name="Kopli 2"), **asked}).json or {}
    old = enrol(api).told
    unknown = api.post("/v1/devices/enrolments", {"code": code(api, name="Kopli 3"), **asked, "format": 3})

    formats = [payload_of(told["bundle"]).get("format", 1) for told in (new, old)]
    assert formats == [2, 1]
    assert (unknown.status_code, (unknown.json or {})["errors"][0]["path"]) == (422, "format")


def test_s18_a_code_is_used_once_and_lives_ten_minutes(api: Api) -> None:
    once, late = code(api), code(api, name="Kopli 2")
    body = {"public_key": phone_jwk()}

    assert api.post("/v1/devices/enrolments", {"code": once, **body}).status_code == 201
    assert api.post("/v1/devices/enrolments", {"code": once, **body}).status_code == 401
    api.clock.advance(timedelta(minutes=10))
    assert api.post("/v1/devices/enrolments", {"code": late, **body}).status_code == 401
    assert api.post("/v1/devices/enrolments", {"code": "AAAA-AAAA", **body}).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"kty": "oct"}, {"kty": "RSA"}, {"d": "AAAA"}, {"x": "AAAA"}, {"crv": "P-384"}, {"y": "A" * 43}],
)
def test_a_key_that_must_not_be_used_enrols_nothing_and_keeps_the_code(
    api: Api, changes: dict[str, str]
) -> None:
    unused = code(api)

    refused = api.post("/v1/devices/enrolments", {"code": unused, "public_key": {**phone_jwk(), **changes}})

    assert (refused.status_code, devices_of(api)) == (422, [])
    assert api.post("/v1/devices/enrolments", {"code": unused, "public_key": phone_jwk()}).status_code == 201


def test_two_working_devices_never_share_a_name(api: Api) -> None:
    enrol(api)

    again = api.post("/v1/operators/tlt/device-codes", {"name": "Kopli 1"}, api.key("admin"))

    assert again.status_code == 409


def test_a_stop_where_nothing_of_the_operator_calls_makes_no_code(api: Api) -> None:
    refused = api.post(
        "/v1/operators/tlt/device-codes", {"name": "Kopli 1", "stop_id": "09005-11"}, api.key("admin")
    )

    assert refused.status_code == 422
    (fault,) = (refused.json or {})["errors"]
    assert fault["path"] == "stop_id"
    assert "near it: 09005-1" in fault["message"]


def test_only_an_administrator_makes_codes(api: Api) -> None:
    for key in (api.key("gate", "tlt"), api.key("operator_finance", "tlt"), api.key("finance")):
        assert api.post("/v1/operators/tlt/device-codes", {"name": "x"}, key).status_code == 403


def test_a_device_validates_with_its_own_token_at_its_own_stop(api: Api) -> None:
    ticket, device = at_the_tram(api), enrol(api)

    assert (api.scan(ticket["token"], device.token()).json or {})["reason"] == "ok"
    api.clock.advance(timedelta(seconds=60))
    second = api.scan(ticket["token"], api.key("gate", "tlt")).json or {}
    assert "at Kopli 1" in second["staff_sees"]


@pytest.mark.parametrize(
    "change",
    [{"ago": 1300}, {"ago": -400}, {"issuer": "evil"}, {"device": "019a0000-0000-7000-8000-000000000000"}],
)
def test_a_token_of_another_time_issuer_or_device_is_not_authenticated(api: Api, change: Any) -> None:
    device = enrol(api)

    assert api.get("/v1/operators/tlt/gate-bundle", device.token(**change)).status_code == 401


def test_a_token_of_another_key_or_kind_is_not_authenticated(api: Api) -> None:
    device = enrol(api)
    stranger = Signer(device.signer.kid, Ed25519PrivateKey.generate())
    forged = device_token.sign(stranger, device.told["device_id"], device.told["issuer"], api.clock.now())
    ticket = device.signer.sign("ticket+jwt", {"iss": device.told["device_id"]})

    for token in (forged, ticket, at_the_tram(api)["token"], "a.b.c"):
        assert api.get("/v1/operators/tlt/gate-bundle", token).status_code == 401


def test_s2_a_device_sees_its_own_operator_alone(api: Api) -> None:
    device, ticket = enrol(api), at_the_tram(api)

    assert api.get("/v1/operators/hsl/gate-bundle", device.token()).status_code == 403
    assert api.get("/v1/operators/tlt/devices", device.token()).status_code == 401
    outcome = api.post("/v1/validations/batch", {"scans": [fact(api, ticket["jti"], leg=1)]}, device.token())
    assert (outcome.json or {})["outcomes"] == [
        {**(outcome.json or {})["outcomes"][0], "result": "unknown_ticket", "double_use": None}
    ]


def test_an_operators_staff_lists_its_own_devices_alone(api: Api) -> None:
    enrol(api)
    enrol(api, "hsl", name="Pasila 3", stop_id="HSL-T-PAS")

    own = api.get("/v1/operators/hsl/devices", api.key("operator_finance", "hsl")).json or {}

    assert [device["name"] for device in own["devices"]] == ["Pasila 3"]
    assert api.get("/v1/operators/tlt/devices", api.key("operator_finance", "hsl")).status_code == 403


def test_the_list_tells_health_and_counters_and_lost_scans(api: Api) -> None:
    ticket, device = at_the_tram(api), enrol(api)
    api.get("/v1/operators/tlt/gate-bundle?since=0&queue=7&clock_offset=301", device.token())
    scans = [
        fact(api, ticket["jti"], 1),
        fact(api, ticket["jti"], 4, decision="refuse", reason="already_used"),
    ]
    api.post("/v1/validations/batch", {"scans": scans}, device.token())

    shown = devices_of(api)[0]

    assert (shown["state"], shown["queue_length"], shown["clock_is_off"]) == ("working", 5, True)
    assert (shown["told"], shown["accepted"], shown["missing"]) == (2, 1, 2)
    api.clock.advance(timedelta(hours=2))
    assert devices_of(api)[0]["state"] == "silent"


def revoke(api: Api, device: Device, operator: str = "tlt") -> int:
    path = f"/v1/operators/{operator}/devices/{device.told['device_id']}/revocation"
    return api.post(path, {"because": "stolen from tram 4"}, api.key("admin")).status_code


def test_s18_a_stolen_device_is_refused_at_once_and_named_in_the_bundle(api: Api) -> None:
    ticket, device = at_the_tram(api), enrol(api)

    assert (revoke(api, device, "hsl"), revoke(api, device), revoke(api, device)) == (404, 204, 409)
    assert api.scan(ticket["token"], device.token()).status_code == 403
    assert api.get("/v1/operators/tlt/gate-bundle", device.token()).status_code == 403
    trust = load_jwks(api.get("/.well-known/gate-bundle-jwks.json").json or {})
    told = bundles.open_bundle(api.get("/v1/operators/tlt/gate-bundle", api.key("gate", "tlt")).text, trust)
    assert told.devices == {device.told["device_id"]}


def test_s18_what_a_stolen_device_uploads_is_kept_and_takes_no_passengers_ride(api: Api) -> None:
    ticket, device = at_the_tram(api), enrol(api)
    revoke(api, device)

    outcome = api.post("/v1/validations/batch", {"scans": [fact(api, ticket["jti"])]}, device.token())

    assert (outcome.json or {})["outcomes"][0]["result"] == "recorded"
    assert (api.scan(ticket["token"], api.key("gate", "tlt")).json or {})["reason"] == "ok"


def test_a_camera_that_reads_the_screen_again_gets_the_first_answer(api: Api) -> None:
    ticket, device = at_the_tram(api), enrol(api)
    first = api.scan(ticket["token"], device.token()).json or {}
    api.clock.advance(timedelta(seconds=2))
    again = api.scan(ticket["token"], device.token(), scan_id=(again_id := str(uuid.uuid4()))).json or {}
    api.clock.advance(timedelta(seconds=2))
    later = api.scan(ticket["token"], device.token()).json or {}

    assert {**first, "scan_id": again_id} == again
    assert later["reason"] == "already_used"


def test_a_repeated_re_read_is_answered_again_and_another_body_is_a_conflict(api: Api) -> None:
    ticket, device = at_the_tram(api), enrol(api)
    scan_id = str(uuid.uuid4())
    api.scan(ticket["token"], device.token())
    first = api.scan(ticket["token"], device.token(), scan_id=scan_id)

    assert api.scan(ticket["token"], device.token(), scan_id=scan_id).json == first.json
    assert api.scan(ticket["token"], device.token(), scan_id=scan_id, leg=0).status_code == 409


def test_a_p256_device_works_alike(api: Api) -> None:
    key = generate_private_key(SECP256R1())
    jwk = {
        name: value
        for name, value in to_jwk(VerifyKey("x", "ES256", key.public_key())).items()
        if name != "kid"
    }
    told = api.post("/v1/devices/enrolments", {"code": code(api), "public_key": jwk}).json or {}
    device = Device(api, told, Signer(thumbprint(key.public_key())[:16], key))

    assert api.get("/v1/operators/tlt/gate-bundle", device.token()).status_code == 200


def test_a_delta_brings_what_has_changed_since_the_cursor(api: Api) -> None:
    ticket, device = at_the_tram(api), enrol(api)
    trust = load_jwks(device.told["bundle_keys"])
    first = bundles.open_bundle(device.told["bundle"], trust)
    assert first.delta is not None
    api.clock.advance(timedelta(minutes=2))
    api.scan(ticket["token"], api.key("gate", "tlt"))
    api.clock.advance(timedelta(minutes=1))  # what is younger than half a minute is told again
    path = f"/v1/operators/tlt/gate-bundle?since={first.delta.cursor}"
    second = bundles.open_bundle(api.get(path, device.token()).text, trust)
    api.clock.advance(timedelta(minutes=2))
    assert second.delta is not None
    path = f"/v1/operators/tlt/gate-bundle?since={second.delta.cursor}"
    third = bundles.open_bundle(api.get(path, device.token()).text, trust)

    assert ([use.jti for use in second.uses], list(third.uses)) == ([ticket["jti"]], [])
    assert second.bundle_keys.keys() == trust.keys()


def test_scans_that_were_uploaded_wait_no_longer_although_the_gate_fetches_no_bundle_since(api: Api) -> None:
    ticket, device = at_the_tram(api), enrol(api)
    api.get("/v1/operators/tlt/gate-bundle?queue=3", device.token())

    def waiting_after(*seqs: int) -> int:
        told = [fact(api, ticket["jti"], seq, clock_offset=0, bundle_version=1) for seq in seqs]
        answer = api.post("/v1/validations/batch", {"scans": told}, device.token(), once=None)
        assert answer.status_code == 200, answer.json
        return int(devices_of(api)[0]["queue_length"])

    assert [waiting_after(1, 2), waiting_after(3), waiting_after(4)] == [1, 0, 0]
