"""A ticket is bound to a phone when it is sold, and made personal: only that phone opens gates, only that name is hers."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.identity.people_of import register
from tests.ticketing.tickets.mint import phone_jwk, proof
from throughfare_gate.tickets.products import ProductRule
from ticketing.cli.worker import run_round
from ticketing.db.tables import columns
from ticketing.identity.privacy import forget_what_is_due
from ticketing.tickets.own import of_own

ANNA = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}
HERS = [{"passenger": "anna", "key": phone_jwk()}]


def rooms(api: Api) -> Any:
    return api.client.application.extensions["throughfare"]


def order(api: Api, phones: list[dict[str, Any]], token: str | None = None, **wish: Any) -> Any:
    quote = api.quote(**{**ANNA, **wish})
    return api.post("/v1/orders", {"quote_id": quote["id"], "phones": phones}, token)


def paid_ticket(api: Api, placed: dict[str, Any]) -> dict[str, Any]:
    token = placed["access_token"]
    api.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, token)
    return dict((api.get(f"/v1/orders/{placed['id']}/tickets", token).json or {})["tickets"][0])


def kept_phones(api: Api) -> int:
    with rooms(api).till.database.read() as tx:
        return int(tx.execute(sa.text("SELECT count(*) FROM order_holder")).scalar_one())


def paths(response: Any) -> list[str]:
    return [fault["path"] for fault in response.json["errors"]]


def selling(api: Api, binding: Any) -> None:
    """The through ticket gets another rule for phones."""
    here = rooms(api)
    rules = {**here.till.rules, "through": ProductRule(binding=binding)}
    api.client.application.extensions["throughfare"] = replace(
        here, till=replace(here.till, rules=rules), gatehouse=replace(here.gatehouse, rules=rules)
    )


def test_only_the_phone_that_was_named_opens_the_gate(api: Api) -> None:
    ticket = paid_ticket(api, order(api, HERS).json)
    leg = ticket["legs"][0]
    api.clock.set(datetime.fromisoformat(leg["departure"]))
    gate = api.key("gate", leg["operator"])

    copied = api.scan(ticket["token"], gate, stop_id=leg["from"]["stop_id"]).json or {}
    shown = f"{ticket['token']}~{proof(ticket['token'], iat=int(api.clock.now().timestamp()), aud=leg['operator'])}"
    hers = api.scan(shown, gate, stop_id=leg["from"]["stop_id"]).json or {}

    assert (copied["decision"], copied["reason"]) == ("refuse", "proof_missing")
    assert (hers["decision"], hers["reason"]) == ("accept", "ok")
    assert kept_phones(api) == 0


def test_a_phone_of_the_account_is_named_by_its_id(api: Api) -> None:
    anna, eve = register(api), register(api, "eve@example.org")
    phone = anna.post("/v1/me/phones", {"label": "phone", "key": phone_jwk()}, once=None).json

    placed = order(api, [{"passenger": "anna", "phone_id": phone["id"]}], anna.access)
    foreign = order(api, [{"passenger": "anna", "phone_id": phone["id"]}], eve.access)
    guest = order(api, [{"passenger": "anna", "phone_id": phone["id"]}])

    assert of_own(paid_ticket(api, placed.json)["token"]).binding_key == phone_jwk()
    assert (foreign.status_code, paths(foreign)) == (422, ["phones[0].phone_id"])
    assert guest.status_code == 401


def test_a_stranger_a_bad_key_and_two_phones_are_named(api: Api) -> None:
    off_the_curve = {**phone_jwk(), "y": phone_jwk()["x"]}

    refused = order(
        api, [{"passenger": "eve", "key": phone_jwk()}, {"passenger": "anna", "key": off_the_curve}]
    )
    unclear = order(api, [{"passenger": "anna", "key": phone_jwk(), "phone_id": "p"}])

    assert (refused.status_code, paths(refused)) == (422, ["phones[0].passenger", "phones[1].key"])
    assert (unclear.status_code, paths(unclear)) == (422, ["phones[0].key"])


def test_a_product_says_whether_it_is_bound(api: Api) -> None:
    selling(api, "required")
    without = order(api, [])
    selling(api, "none")
    with_one = order(api, HERS)

    assert (without.status_code, paths(without)) == (422, ["phones"])
    assert "bound to a phone" in without.json["detail"]
    assert (with_one.status_code, paths(with_one)) == (422, ["phones"])


def test_an_exchanged_ticket_stays_with_its_phone(api: Api) -> None:
    later = {"depart_at": "2026-10-16T06:10:00+03:00"}
    old = order(api, HERS, **later).json
    paid_ticket(api, old)
    selling(api, "required")

    quote = api.quote(**ANNA, to={"place": "Hobujaama"}, **later)
    new = (
        api.post(f"/v1/orders/{old['id']}/exchanges", {"quote_id": quote["id"]}, old["access_token"]).json
        or {}
    )

    made = (api.get(f"/v1/orders/{new['id']}/tickets", new["access_token"]).json or {})["tickets"][0]
    assert of_own(made["token"]).binding_key == phone_jwk()


def test_a_name_makes_a_ticket_personal_and_is_kept_nowhere(api: Api) -> None:
    later = {"depart_at": "2026-10-16T06:10:00+03:00"}
    quote = api.quote(**ANNA, **later)
    body = {"quote_id": quote["id"], "names": [{"passenger": "anna", "name": "Anna-Liisa Mägi"}]}
    old = api.post("/v1/orders", body).json or {}
    waiting = everything_stored(api)
    ticket = paid_ticket(api, old)
    cheaper = api.quote(**ANNA, to={"place": "Hobujaama"}, **later)
    new = (
        api.post(f"/v1/orders/{old['id']}/exchanges", {"quote_id": cheaper["id"]}, old["access_token"]).json
        or {}
    )
    exchanged = (api.get(f"/v1/orders/{new['id']}/tickets", new["access_token"]).json or {})["tickets"][0]

    def holder(name: str) -> Any:
        asked = {"token": exchanged["token"], "holder_name": name}
        return (api.post("/v1/inspections", asked, api.key("gate", "tlt")).json or {})["holder"]

    assert of_own(ticket["token"]).holder_hash is not None
    assert (holder("MÄGI Anna Liisa"), holder("Eve Evil")) == ("same", "other")
    for said in (waiting, everything_stored(api)):
        assert not [word for word in ("Liisa", "liisa", "Mägi", "mägi", "magi") if word in said]


def test_a_name_without_letters_or_of_a_stranger_is_named(api: Api) -> None:
    quote = api.quote(**ANNA)
    names = [{"passenger": "anna", "name": " - "}, {"passenger": "eve", "name": "Eve"}]

    refused = api.post("/v1/orders", {"quote_id": quote["id"], "names": names})

    assert (refused.status_code, paths(refused)) == (422, ["names[0].name", "names[1].passenger"])


def everything_stored(api: Api) -> str:
    """Every row of every table."""
    with rooms(api).till.database.read() as tx:
        return "".join(
            "".join(map(str, tx.execute(sa.select(table)).all())) for table in columns.metadata.sorted_tables
        )


def test_an_order_that_comes_to_nothing_forgets_the_phone(api: Api) -> None:
    order(api, HERS)
    before = kept_phones(api)
    api.clock.advance(timedelta(minutes=20))
    run_round(rooms(api).till)
    run_round(rooms(api).till)

    forget_what_is_due(rooms(api).privacy)

    assert (before, kept_phones(api)) == (1, 0)
