"""Passkeys: sign in without a password, and everything that must not work."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api import Api
from tests.authenticator import Authenticator
from tests.ticketing.identity.people_of import Account, register, signed_in

pytestmark = pytest.mark.usefixtures("quick_hashes")

ORIGIN = "https://throughfare.example"


def added(anna: Account, phone: Authenticator) -> Any:
    """Make a passkey on a phone and give it to the account."""
    options = anna.post("/v1/me/passkeys/options", None, once=None).json["public_key"]
    body = {"credential": phone.create(options), "label": "Anna's phone"}
    return anna.post("/v1/me/passkeys", body, once=None)


def challenge(api: Api) -> dict[str, Any]:
    return dict((api.post("/v1/sign-in/passkey/options", None, once=None).json or {})["public_key"])


def sign_in(api: Api, credential: dict[str, Any]) -> Any:
    return api.post("/v1/sign-in/passkey", {"credential": credential, "label": "a browser"}, once=None)


def test_a_passkey_signs_its_owner_in(api: Api) -> None:
    anna, phone = register(api), Authenticator(ORIGIN)
    kept = added(anna, phone)

    again = signed_in(api, sign_in(api, phone.get(challenge(api))), 201)

    assert (kept.status_code, again.id) == (201, anna.id)
    (shown,) = again.get("/v1/me/passkeys").json["passkeys"]
    assert (shown["id"], shown["label"], shown["used_at"] is not None) == (
        kept.json["id"],
        "Anna's phone",
        True,
    )
    assert again.get("/v1/me/export").json["passkeys"][0]["id"] == kept.json["id"]


def test_a_challenge_is_good_once_and_for_five_minutes(api: Api) -> None:
    anna, phone = register(api), Authenticator(ORIGIN)
    added(anna, phone)
    answer, late = phone.get(challenge(api)), challenge(api)

    first, second = sign_in(api, answer), sign_in(api, answer)
    api.clock.advance(timedelta(minutes=5))
    third = sign_in(api, phone.get(late))

    assert (first.status_code, second.status_code, third.status_code) == (201, 422, 422)
    assert second.json["errors"][0]["path"] == "credential"


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"verifies": False},
        {"uses": -1},
        {"key": Authenticator(ORIGIN).key},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_answer_of_another_page_person_copy_or_key_signs_nobody_in(
    api: Api, change: dict[str, Any]
) -> None:
    anna, phone = register(api), Authenticator(ORIGIN, uses=3)
    added(anna, phone)
    for name, value in change.items():
        setattr(phone, name, value)

    refused = sign_in(api, phone.get(challenge(api)))

    assert (refused.status_code, refused.json["detail"]) == (401, "the passkey's answer is not valid")


def test_an_unknown_passkey_and_one_that_was_removed_sign_nobody_in(api: Api) -> None:
    anna, phone = register(api), Authenticator(ORIGIN)
    kept = added(anna, phone).json
    stranger = sign_in(api, Authenticator(ORIGIN).get(challenge(api)))

    removed = anna.delete(f"/v1/me/passkeys/{kept['id']}")
    gone = sign_in(api, phone.get(challenge(api)))

    assert (removed.status_code, stranger.status_code, gone.status_code) == (204, 401, 401)
    assert stranger.json["detail"] == gone.json["detail"]


def test_a_passkey_belongs_to_one_account_and_a_ceremony_to_who_began_it(api: Api) -> None:
    anna, eve, phone = register(api), register(api, "eve@example.org"), Authenticator(ORIGIN)
    begun = anna.post("/v1/me/passkeys/options", None, once=None).json["public_key"]
    stolen = eve.post("/v1/me/passkeys", {"credential": phone.create(begun)}, once=None)
    added(anna, phone)

    twice = added(eve, phone)
    foreign = eve.delete(f"/v1/me/passkeys/{anna.get('/v1/me/passkeys').json['passkeys'][0]['id']}")

    assert (stolen.status_code, twice.status_code, foreign.status_code) == (422, 409, 404)


def test_erasure_forgets_passkeys(api: Api) -> None:
    anna, phone = register(api), Authenticator(ORIGIN)
    added(anna, phone)
    anna.delete("/v1/me")

    assert sign_in(api, phone.get(challenge(api))).status_code == 401


@pytest.mark.parametrize(
    "credential", [{}, {"response": 7}, {"id": "x", "response": {"clientDataJSON": "!"}}]
)
def test_what_is_no_credential_is_named(api: Api, credential: dict[str, Any]) -> None:
    refused = sign_in(api, credential)

    assert (refused.status_code, refused.json["errors"][0]["path"]) == (422, "credential")
