"""Every answer holds lines 4, 8 and 15 of the checklist, whoever asks."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from tests.api import Api
from tests.ticketing.api.told_to_a_buyer import everything
from tests.ticketing.identity.people_of import register, sign_in
from ticketing.identity import passwords

# Fields of gateways, of the lock of an account, or of the service alone.
INSIDE = (
    "demo_ch_",
    "demo_re_",
    "argon2",
    "password",
    "secret_hash",
    "request_key",
    "external_id",
    "person_id",
    "jwk",
)


def told(found: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of an answer with its path."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from told(value, f"{path}.{name}")
    elif isinstance(found, list):
        for value in found:
            yield from told(value, path)
    else:
        yield path, found


def test_s4_ids_are_random_and_nothing_is_numbered(api: Api) -> None:
    first, second = everything(api), everything(api)
    ids = {
        value
        for path, value in told([*first, *second])
        if path.endswith((".id", "_id"))
        and path.count(".") <= 3
        and not path.endswith(
            ("stop_id", "route_id", "trip_id", "product_id", "category_id", "media_id", "offer_id")
        )
    }

    made = [
        uuid.UUID(one) for one in ids if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(one))
    ]

    assert len(made) == len(ids) >= 8  # an offer has no id: it is a sealed text
    assert {one.version for one in made} == {7}
    # UUIDv7: 74 random bits behind the time (docs: an order is opened by its token, which no id gives away).
    assert len({one.int & (2**62 - 1) for one in made}) == len(made)
    assert not [
        path
        for path, value in told(first)
        if path.endswith(("_no", ".seq", ".number")) and isinstance(value, int)
    ]


def test_s8_an_answer_holds_nothing_of_the_inside(api: Api) -> None:
    anna = register(api)
    answers = [
        *everything(api),
        anna.get("/v1/me").json,
        anna.get("/v1/sessions").json,
        anna.get("/v1/me/orders").json,
    ]

    for word in INSIDE:
        assert not [path for path, value in told(answers) if word in path or word in str(value)], word


def test_s15_a_password_is_hashed_with_argon2id_as_strong_as_rfc_9106_recommends() -> None:
    made = passwords.hash_of("a long enough password")

    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_s15_a_stored_hash_rises_with_the_parameters_at_the_next_sign_in(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    register(api)
    database = api.client.application.extensions["throughfare"].till.database

    def stored() -> str:
        with database.read() as tx:
            return str(tx.execute(sa.text("SELECT password_hash FROM person")).scalar_one())

    before = stored()
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    sign_in(api)
    after = stored()
    sign_in(api)

    assert ("t=1" in before, "t=2" in after, stored() == after) == (True, True, True)


def test_s15_an_unknown_address_costs_the_same_work_as_a_known_one(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(api)
    work: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:  # noqa: A002  the library's own name
            work.append(str(hash).rpartition("$")[0].rpartition("$")[0])
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    passwords._nobodys.cache_clear()

    for address in ("anna@example.org", "nobody@example.org"):
        body = {"email": address, "password": "a wrong password"}
        assert api.post("/v1/sessions", body, once=None).status_code == 401

    known, unknown = work
    assert known == unknown
