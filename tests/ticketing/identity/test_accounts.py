"""Accounts: signing in and staying so, stolen refresh tokens, guessing, devices, phones; who may see which order."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from tests.api import Api
from tests.ticketing.identity.people_of import PASSWORD, register, sign_in, signed_in
from ticketing.identity import people
from ticketing.identity.access_token import AccessTokens, Caller
from ticketing.identity.mac_secrets import MacSecrets

pytestmark = pytest.mark.usefixtures("quick_hashes")

KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


def refresh(api: Api, token: str) -> Any:
    return api.post("/v1/sessions/refresh", {"refresh_token": token}, once=None)


def test_an_account_is_made_once_and_read_by_its_owner(api: Api) -> None:
    anna = register(api, " Anna@Example.org ")

    again = api.post("/v1/accounts", {"email": "ANNA@example.org", "password": PASSWORD}, once=None)

    assert anna.get("/v1/me").json["email"] == "anna@example.org"
    assert again.status_code == 409
    assert api.get("/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"email": "anna"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"role": "admin"}, "role"),
        ({"language": "xx"}, "language"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_named(api: Api, change: dict[str, Any], path: str) -> None:
    body = {"email": "anna@example.org", "password": PASSWORD, **change}

    refused = api.post("/v1/accounts", body, once=None)

    assert refused.status_code == 422
    assert (refused.json or {})["errors"][0]["path"] == path


def test_128_characters_are_a_password_in_any_keyboards_unicode(api: Api) -> None:
    register(api, password="é" * 128)

    assert sign_in(api, password="e\u0301" * 128).id


def test_a_wrong_address_and_a_wrong_password_are_answered_alike(api: Api) -> None:
    register(api)

    answers = [
        api.post("/v1/sessions", {"email": email, "password": "wrong password"}, once=None)
        for email in ("anna@example.org", "nobody@example.org")
    ]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert len({(answer.json or {})["detail"] for answer in answers}) == 1


def test_a_refresh_token_is_good_once_and_a_copied_one_ends_the_session(api: Api) -> None:
    anna = register(api)
    second = signed_in(api, refresh(api, anna.refresh), 200)

    stolen = refresh(api, anna.refresh)

    assert stolen.status_code == 401
    assert refresh(api, second.refresh).status_code == 401
    assert second.get("/v1/me").status_code == 401


def test_an_access_token_lives_for_a_quarter_of_an_hour_and_is_refreshed(api: Api) -> None:
    anna = register(api)
    api.clock.advance(timedelta(minutes=15))

    expired = anna.get("/v1/me")
    fresh = signed_in(api, refresh(api, anna.refresh), 200)

    assert expired.status_code == 401
    assert fresh.get("/v1/me").status_code == 200


def test_a_refresh_token_dies_after_sixty_days(api: Api) -> None:
    anna = register(api)
    api.clock.advance(people.REFRESH_LIFE)

    assert refresh(api, anna.refresh).status_code == 401


def test_signing_out_ends_this_device_and_everywhere_ends_all(api: Api) -> None:
    first, second, third = register(api), sign_in(api), sign_in(api)

    assert len(first.get("/v1/sessions").json["devices"]) == 3
    assert first.delete("/v1/sessions/current").status_code == 204
    assert first.get("/v1/me").status_code == 401
    assert second.delete("/v1/sessions").status_code == 204
    assert [refresh(api, one.refresh).status_code for one in (first, second, third)] == [401, 401, 401]
    assert third.get("/v1/me").status_code == 401


def test_nobody_ends_anothers_device(api: Api) -> None:
    anna, mari = register(api), register(api, "mari@example.org")
    (hers,) = mari.get("/v1/sessions").json["devices"]

    assert anna.delete(f"/v1/sessions/{hers['id']}").status_code == 404
    assert mari.get("/v1/me").status_code == 200


def test_a_new_password_signs_every_other_device_out(api: Api) -> None:
    here, there = register(api), sign_in(api)
    body = {"old_password": PASSWORD, "new_password": "another long password"}

    wrong = api.client.put(
        "/v1/me/password", json={**body, "old_password": "no"}, headers=_bearer(here.access)
    )
    changed = api.client.put("/v1/me/password", json=body, headers=_bearer(here.access))

    assert (wrong.status_code, changed.status_code) == (401, 204)
    assert (here.get("/v1/me").status_code, there.get("/v1/me").status_code) == (200, 401)
    assert sign_in(api, password="another long password").id == here.id


def test_guessing_is_slowed_down_for_the_account_and_ends_by_itself(api: Api) -> None:
    register(api)
    wrong = {"email": "anna@example.org", "password": "a wrong password"}
    statuses = [api.post("/v1/sessions", wrong, once=None).status_code for _ in range(9)]

    blocked = api.post("/v1/sessions", {"email": "anna@example.org", "password": PASSWORD}, once=None)
    api.clock.advance(timedelta(minutes=16))

    assert statuses == [401] * 8 + [429]
    assert (blocked.status_code, int(blocked.headers["Retry-After"]) > 0) == (429, True)
    assert sign_in(api).id


def test_one_address_may_not_try_without_end(api: Api) -> None:
    statuses = [
        api.post("/v1/sessions", {"email": f"p{at}@example.org", "password": PASSWORD}, once=None)
        for at in range(21)
    ]

    assert [one.status_code for one in statuses] == [401] * 20 + [429]
    assert int(statuses[-1].headers["Retry-After"]) >= 1


@pytest.mark.parametrize("kind", ["order", "ticket", "api_key", "none_alg", "other_secret", "ticket_typ"])
def test_no_other_kind_of_token_signs_anybody_in(api: Api, kind: str) -> None:
    anna = register(api)
    bought = api.buy()
    payload = jwt.decode(anna.access, options={"verify_signature": False}, algorithms=["HS256"])
    secret = b"another secret of the same length!!"
    forged = {
        "order": bought.token,
        "ticket": bought.tickets[0]["token"],
        "api_key": api.key("finance"),
        "none_alg": _unsigned(payload),
        "other_secret": jwt.encode(payload, secret, headers={"typ": "at+jwt"}),
        "ticket_typ": jwt.encode(payload, secret, headers={"typ": "ticket+jwt"}),
    }[kind]

    assert api.get("/v1/me", forged).status_code == 401
    assert api.get("/v1/me", anna.access).status_code == 200


def test_an_access_token_opens_no_gate_and_no_books(api: Api) -> None:
    anna = register(api)

    assert api.scan(anna.access, api.key("gate", "tlt")).json["decision"] == "refuse"
    assert api.scan(api.buy().tickets[0]["token"], anna.access).status_code == 401


def test_a_token_of_another_deployment_is_refused() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ours, theirs = (
        AccessTokens(MacSecrets("access", None, b"s" * 32), f"{name}.example") for name in ("here", "there")
    )

    assert ours.read(ours.issue(Caller("p", "s"), now), now) == Caller("p", "s")
    with pytest.raises(people.NotAuthenticated):
        ours.read(theirs.issue(Caller("p", "s"), now), now)


def test_an_order_belongs_to_its_buyer_and_to_nobody_else(api: Api) -> None:
    anna, mari = register(api), register(api, "mari@example.org")
    quote = api.quote()
    placed = anna.post("/v1/orders", {"quote_id": quote["id"]}).json

    mine, hers = anna.get(f"/v1/orders/{placed['id']}"), mari.get(f"/v1/orders/{placed['id']}")
    unknown = mari.get("/v1/orders/none")

    assert (mine.status_code, hers.status_code) == (200, 404)
    assert hers.json["detail"] == unknown.json["detail"]
    assert [one["id"] for one in anna.get("/v1/me/orders").json["orders"]] == [placed["id"]]
    assert mari.get("/v1/me/orders").json["orders"] == []
    assert api.get(f"/v1/orders/{placed['id']}", placed["access_token"]).status_code == 200


def test_phones_are_bound_to_the_account_and_removed_from_it(api: Api) -> None:
    anna, mari = register(api), register(api, "mari@example.org")

    made = anna.post("/v1/me/phones", {"label": "pocket", "key": KEY}, once=None)
    wrong = anna.post("/v1/me/phones", {"label": "x", "key": {**KEY, "d": "secret"}}, once=None)

    assert (made.status_code, wrong.status_code) == (201, 422)
    assert mari.delete(f"/v1/me/phones/{made.json['id']}").status_code == 404
    assert [one["label"] for one in anna.get("/v1/me/phones").json["phones"]] == ["pocket"]
    assert anna.delete(f"/v1/me/phones/{made.json['id']}").status_code == 204
    assert anna.get("/v1/me/phones").json["phones"] == []


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _unsigned(payload: dict[str, Any]) -> str:
    parts = [{"alg": "none", "typ": "at+jwt"}, payload]
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        + "."
    )
