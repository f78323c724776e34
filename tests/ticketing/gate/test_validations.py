"""The gate online: one winner, the same answer for the same scan, nothing for strangers."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.spoiled import spoiled
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.decision import Gate, Presented, Seen, decide
from throughfare_gate.tickets.jwk import load_jwks
from ticketing.app import create_app
from ticketing.config import Settings
from ticketing.db.gate import presentations
from ticketing.regions import Region
from ticketing.tickets.own import of_own


def at_the_tram(api: Api) -> tuple[str, str]:
    """A ticket and a gate of Tallinn, at the time of the tram."""
    bought = api.buy()
    api.clock.advance(timedelta(hours=1, minutes=10))
    return bought.ticket_of("anna")["token"], api.key("gate", "tlt")


def test_s20_64_presentations_at_once_have_exactly_one_winner(api: Api) -> None:
    token, gate = at_the_tram(api)

    def show(_: int) -> str:
        client = Api(api.client.application.test_client(), api.clock, api.key)
        return (client.scan(token, gate).json or {})["reason"]

    with ThreadPoolExecutor(32) as pool:
        reasons = sorted(pool.map(show, range(64)))

    assert reasons == ["already_used"] * 63 + ["ok"]


def test_s20_64_presentations_at_two_services_of_one_database_have_exactly_one_winner(
    api: Api, settings: Settings, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> None:
    """Each service has connections, a queue of writers and a memory of its own, as two worker processes have."""
    token, gate = at_the_tram(api)
    other = create_app(settings, clock=api.clock, regions=regions, connectors={"helsinki-tallinn": ferries})
    services = [api.client.application, other]

    def show(number: int) -> str:
        client = Api(services[number % 2].test_client(), api.clock, api.key)
        return (client.scan(token, gate).json or {})["reason"]

    with ThreadPoolExecutor(32) as pool:
        reasons = sorted(pool.map(show, range(64)))
    other.extensions["throughfare"].till.database.close()

    assert reasons == ["already_used"] * 63 + ["ok"]


def test_s20_of_two_that_both_read_an_unused_ticket_the_unique_row_lets_one_through(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where no row is held: what was read is old, the claim is refused, and the second look decides."""
    token, gate = at_the_tram(api)
    house = api.client.application.extensions["throughfare"].gatehouse
    jti = of_own(token).jti
    with house.database.write() as tx:
        stale = presentations.hold_and_read(
            tx,
            presentations.Asked(
                gate_key_id="k", scan_id="s", is_device=False, jti=jti, nonce=None, since=api.clock.now()
            ),
        )
    assert (api.scan(token, gate).json or {})["reason"] == "ok"
    credential = presentations.Credential(is_device=False, revoked_at=None, expires_at=None)
    monkeypatch.setattr(
        presentations, "hold_and_read", lambda *_: (stale[0], replace(stale[1], credential=credential))
    )

    second = api.scan(token, api.key("gate", "tlt")).json or {}

    assert (second["decision"], second["reason"]) == ("refuse", "already_used")


def test_s21_the_same_scan_is_answered_again_and_another_body_is_a_conflict(api: Api) -> None:
    token, gate = at_the_tram(api)
    scan_id = str(uuid.uuid4())

    first = api.scan(token, gate, scan_id=scan_id)
    again = api.scan(token, gate, scan_id=scan_id)
    other = api.scan(token, gate, scan_id=scan_id, stop_id="09005-1")

    assert first.json == again.json
    assert other.status_code == 409


def test_one_scan_sent_16_times_at_once_has_one_answer_and_one_use(api: Api) -> None:
    token, gate = at_the_tram(api)
    scan_id = str(uuid.uuid4())

    def show(_: int) -> str:
        client = Api(api.client.application.test_client(), api.clock, api.key)
        return client.scan(token, gate, scan_id=scan_id).text

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(show, range(16)))

    assert len(answers) == 1
    assert '"reason":"ok"' in answers.pop().replace(" ", "")


def test_a_ticket_is_refused_by_an_operator_it_does_not_name(api: Api) -> None:
    token, _ = at_the_tram(api)

    answer = api.scan(token, api.key("gate", "viking")).json or {}

    assert (answer["reason"], answer["passenger_sees"]) == ("wrong_audience", "Not valid with this operator")


def test_a_forged_ticket_is_told_no_more_than_not_valid(api: Api) -> None:
    token, gate = at_the_tram(api)

    answer = api.scan(spoiled(token), gate).json or {}

    assert (answer["decision"], answer["passenger_sees"], answer["jti"]) == ("refuse", "Not valid", None)


def test_the_signed_bundle_decides_offline_as_the_server_does(api: Api) -> None:
    token, gate = at_the_tram(api)
    response = api.get("/v1/operators/tlt/gate-bundle", gate)
    trust = load_jwks(api.get("/.well-known/gate-bundle-jwks.json").json or {})
    bundle, uses = bundles.read(response.text, trust, "tlt")
    now = int(api.clock.now().timestamp())

    offline = decide(Presented.scanned(token), bundle, Seen(uses), now, Gate(operator="tlt"))
    online = api.scan(token, gate).json or {}
    fresh, later_uses = bundles.read(api.get("/v1/operators/tlt/gate-bundle", gate).text, trust)
    second = decide(Presented.scanned(token), fresh, Seen(later_uses), now + 120, Gate(operator="tlt"))

    assert (offline.reason, online["reason"], second.reason) == ("ok", "ok", "already_used")


def test_an_unchanged_bundle_is_not_sent_again(api: Api) -> None:
    gate = api.key("gate", "tlt")
    first = api.get("/v1/operators/tlt/gate-bundle", gate)

    again = api.client.get(
        "/v1/operators/tlt/gate-bundle",
        headers={"Authorization": f"Bearer {gate}", "If-None-Match": first.headers["ETag"]},
    )

    assert again.status_code == 304


def test_a_refund_is_in_the_bundle_and_in_the_status_list(api: Api) -> None:
    bought = api.buy()
    gate = api.key("gate", "tlt")
    api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)
    api.clock.advance(timedelta(hours=1, minutes=10))
    trust = load_jwks(api.get("/.well-known/gate-bundle-jwks.json").json or {})
    bundle, uses = bundles.read(api.get("/v1/operators/tlt/gate-bundle", gate).text, trust)

    decision = decide(
        Presented.scanned(bought.ticket_of("anna")["token"]),
        bundle,
        Seen(uses),
        int(api.clock.now().timestamp()),
        Gate(operator="tlt"),
    )

    assert decision.reason == "revoked"
