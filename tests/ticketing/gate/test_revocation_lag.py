"""From a revocation to the first list that carries it and to every gate: noticed at once, measured, and cheap when nothing is new."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from tests.api import Api, Bought
from tests.ticketing.gate.enrolling import Device, enrol
from tests.ticketing.gate.processes import another_process, house_of
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.jwk import load_jwks
from ticketing.db.ticket import tickets
from ticketing.gate.publish import bundle


def fetch(api: Api, device: Device, etag: str = "") -> Any:
    path, head = "/v1/operators/tlt/gate-bundle?since=0", {"Authorization": f"Bearer {device.token()}"}
    return api.client.get(path, headers={**head, "If-None-Match": etag} if etag else head)


def give_back(api: Api, bought: Bought) -> None:
    answer = api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)
    assert answer.status_code in {200, 201}, answer.json


def measures(api: Api, operator: str = "tlt") -> dict[str, Any]:
    found = (
        api.get(f"/v1/operators/{operator}/gate-metrics", api.key("operator_finance", operator)).json or {}
    )
    return dict(found["measures"])


def test_a_revocation_is_measured_until_the_first_list_the_first_gate_and_every_gate(api: Api) -> None:
    bought, one, two = api.buy(), enrol(api), enrol(api, name="Kopli 2")
    api.clock.advance(timedelta(seconds=5))
    fetch(api, one), fetch(api, two)
    give_back(api, bought)

    api.clock.advance(timedelta(seconds=30))
    status_lists_of_anybody = api.get("/s/261013")
    api.clock.advance(timedelta(seconds=10))
    fetch(api, one)
    api.clock.advance(timedelta(seconds=60))
    fetch(api, two)
    api.clock.advance(timedelta(seconds=60))
    fetch(api, one), fetch(api, two)

    found = measures(api)
    assert status_lists_of_anybody.status_code == 200
    assert found["revocation_published_seconds"] == {"count": 1, "p50": 30, "p95": 30, "max": 30}
    assert found["revocation_first_gate_seconds"] == {"count": 1, "p50": 40, "p95": 40, "max": 40}
    assert found["revocation_lag_seconds"] == {"count": 2, "p50": 40, "p95": 100, "max": 100}
    assert measures(api, "hsl")["revocation_lag_seconds"]["count"] == 0
    page = api.get("/metrics", api.key("admin")).text
    assert 'revocation_lag_seconds{operator="tlt",quantile="0.95"} 100.0' in page
    assert 'revocation_published_seconds{operator="tlt",quantile="1"} 30.0' in page


def test_a_gate_that_enrols_later_is_not_blamed_for_what_was_before_it(api: Api) -> None:
    bought = api.buy()
    give_back(api, bought)
    api.clock.advance(timedelta(hours=1))
    device = enrol(api)

    api.clock.advance(timedelta(seconds=60))
    fetch(api, device)

    assert measures(api)["revocation_lag_seconds"]["count"] == 0


def test_every_process_notices_a_revocation_with_its_next_bundle(api: Api) -> None:
    bought, house = api.buy(), house_of(api)
    other = another_process(house)
    before = [bundle(each, "tlt") for each in (house, other)]
    api.clock.advance(timedelta(seconds=1))

    give_back(api, bought)

    after = [bundle(each, "tlt") for each in (house, other)]
    assert before[0].etag == before[1].etag != after[0].etag == after[1].etag


def test_a_moved_tickets_old_place_is_revoked_with_the_next_bundle(api: Api) -> None:
    bought, house = api.buy(), house_of(api)
    jti = bought.ticket_of("anna")["jti"]
    with house.database.read() as tx:
        held = tickets.find_ticket(tx, jti)
    assert held
    bundle(house, "tlt")

    from tests.ticketing.tickets.mint import phone_jwk  # noqa: PLC0415  one use

    path = f"/v1/orders/{bought.order['id']}/tickets/{jti}/move"
    assert api.post(path, {"public_key": phone_jwk()}, bought.token).status_code == 200
    text = api.get(f"/s/{held.status_list}").text

    listed = status_list.read(text, load_jwks(house.keys.jwks("status")))
    assert listed.status_of(held.status_index) == status_list.INVALID


def test_an_unchanged_fetch_reads_no_ticket_and_signs_nothing(api: Api, monkeypatch: Any) -> None:
    api.buy()
    device, said, signed = enrol(api), [], []
    etag = fetch(api, device).headers["ETag"]
    sa.event.listen(house_of(api).database.engine, "before_cursor_execute", lambda *now: said.append(now[2]))
    sign = bundles.sign
    monkeypatch.setattr(bundles, "sign", lambda *given: signed.append(1) or sign(*given))
    api.clock.advance(timedelta(seconds=20))

    again = fetch(api, device, etag)

    assert (again.status_code, again.data, signed) == (304, b"", [])
    assert again.headers["ETag"] == etag
    assert not [text for text in said if "FROM ticket " in text and "use_change" not in text], said
    assert len(said) < 20


def test_lists_whose_last_ticket_has_expired_are_live_no_more(api: Api) -> None:
    api.buy()
    now, database = api.clock.now(), house_of(api).database

    with database.read() as tx:
        found = [tickets.live_lists(tx, at) for at in (now, now + timedelta(days=400))]

    assert found == [["261013"], []]
