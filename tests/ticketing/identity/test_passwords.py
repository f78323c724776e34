"""Passwords: the commonest are refused, in whatever coat, and a sentence is not."""

import pytest

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
