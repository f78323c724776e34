"""E-mail addresses: one spelling of one address, and two addresses that a mail server tells apart stay two."""

import pytest

from tests.api import Api
from ticketing.errors import InvalidRequest
from ticketing.identity.people import fold_email


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        (" Anna@Example.COM ", "anna@example.com"),
        ("a\u0308iti@example.com", "\u00e4iti@example.com"),
        ("stra\u00dfe@example.com", "stra\u00dfe@example.com"),
        ("anna@stra\u00dfe.example", "anna@xn--strae-oqa.example"),
        ("anna@STRA\u1e9eE.example", "anna@xn--strae-oqa.example"),
        ("anna@s\u00e4hk\u00f6.example", "anna@xn--shk-qla6g.example"),
        ("anna@xn--shk-qla6g.example", "anna@xn--shk-qla6g.example"),
    ],
)
def test_an_address_has_one_form(written: str, folded: str) -> None:
    assert fold_email(written) == folded


@pytest.mark.parametrize(
    "written",
    ["anna", "@example.com", "anna@", "a b@example.com", "anna@-x-.example", "anna@" + "a" * 70 + ".com"],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(InvalidRequest):
        fold_email(written)


def test_ss_is_not_the_sharp_s(api: Api, quick_hashes: None) -> None:
    def register(email: str) -> int:
        body = {"email": email, "password": "long enough, mine"}
        return api.post("/v1/accounts", body, once=None).status_code

    statuses = [
        register(email) for email in ("gross@example.com", "gro\u00df@example.com", "GRO\u00df@example.com")
    ]

    assert statuses == [201, 201, 409]
