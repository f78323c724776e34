"""Passwords: the commonest are refused, in whatever coat, and a sentence is not."""

import pytest

from tests.api import Api
from tests.ticketing.identity.people_of import PASSWORD, register, sign_in
from ticketing.errors import InvalidRequest
from ticketing.identity import passwords


@pytest.mark.parametrize(
    "common",
    [
        "1234567890",
        "9876543210",
        "password123",
        "Password1!",
        "qwertyuiop",
        "aaaaaaaaaaaa",
        "sunshinesunshine",
        "abcdefghijkl",
    ],
)
def test_one_of_the_commonest_is_refused(common: str) -> None:
    with pytest.raises(InvalidRequest, match="commonest"):
        passwords.check(common)


@pytest.mark.parametrize(
    "own", ["seven ferries cross the gulf", "a password that is long", "Tram 4 to Pasila", "x9-kk2-Lq04v"]
)
def test_a_password_of_ones_own_is_taken(own: str) -> None:
    assert passwords.check(own) == own


def test_each_of_the_three_thousand_commonest_that_are_long_enough_is_refused() -> None:
    """ASVS V6.2.4: of the commonest of all lengths hardly a thousand are long enough here."""
    assert len(passwords._common_long()) == 3_000
    for common in ("1q2w3e4r5t", "ghjcnjgfhjkm", "FinalFantasy", "Wachtwoord"):
        with pytest.raises(InvalidRequest, match="commonest"):
            passwords.check(common)


def registered(api: Api, password: str, email: str = "anna.kask@example.org") -> int:
    body = {"email": email, "password": password}
    return api.post("/v1/accounts", body, once=None).status_code


@pytest.mark.usefixtures("quick_hashes")
@pytest.mark.parametrize(
    "easy",
    [
        "basketball",
        "Throughfare2026",
        "Tallink-Tallinn!",
        "anna.kask2026",
        "HelsinkiTallinn",
        "ühistransport1",
    ],
)
def test_names_of_this_service_and_of_its_buyer_are_no_password(api: Api, easy: str) -> None:
    assert registered(api, easy) == 422
    assert registered(api, f"{easy} and x9-kk2-Lq04v") == 201


@pytest.mark.usefixtures("quick_hashes")
def test_a_new_password_is_held_against_the_same_words(api: Api) -> None:
    anna = register(api, "anna.kask@example.org")
    body = {"old_password": PASSWORD, "new_password": "annakask-2026"}

    refused = api.client.put("/v1/me/password", json=body, headers={"Authorization": f"Bearer {anna.access}"})

    assert refused.status_code == 422
    assert sign_in(api, "anna.kask@example.org").id == anna.id
