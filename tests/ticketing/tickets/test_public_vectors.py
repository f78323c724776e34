"""Public examples of JOSE: the signatures and keys that the standards print are taken or refused as they say.

RFC 7515, appendix A.3 (ES256); RFC 8037, appendices A.1 to A.5 (Ed25519); RFC 7638, section 3.1, by the key of RFC 8037, A.3.
"""

import pytest

from throughfare_gate.tickets.jwk import from_jwk, thumbprint
from throughfare_gate.tickets.jws import Refused, check_signature, verify

ED25519 = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": "rfc8037",
}
ED25519_JWS = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
ES256 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "kid": "rfc7515",
}
ES256_JWS = (
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
PRINTED = [(ED25519, ED25519_JWS), (ES256, ES256_JWS)]


@pytest.mark.parametrize(("key", "token"), PRINTED, ids=["rfc8037", "rfc7515"])
def test_s12_a_printed_signature_is_genuine_and_one_changed_letter_is_not(
    key: dict[str, str], token: str
) -> None:
    ring = from_jwk(key)

    assert check_signature(token, ring)
    for at in (25, len(token) - 40):
        letter = "A" if token[at] != "A" else "B"
        with pytest.raises(Refused):
            check_signature(f"{token[:at]}{letter}{token[at + 1 :]}", ring)


@pytest.mark.parametrize(("key", "token"), PRINTED, ids=["rfc8037", "rfc7515"])
def test_s12_a_printed_token_is_no_ticket_of_ours(key: dict[str, str], token: str) -> None:
    with pytest.raises(Refused):
        verify(token, "ticket+jwt", {key["kid"]: from_jwk(key)})


def test_s12_the_thumbprint_of_the_printed_key_is_the_printed_one() -> None:
    assert thumbprint(from_jwk(ED25519).key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
