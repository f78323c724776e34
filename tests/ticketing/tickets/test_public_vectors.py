"""Public examples of JOSE: the signatures and keys that the standards print are taken or refused as they say.

RFC 7515, appendix A.3 (ES256); RFC 8037, appendices A.1 to A.5 (Ed25519); RFC 7638, section 3.1, by the key of RFC 8037, A.3.
Project Wycheproof (`json_web_signature_test.json`, version 0.3), its groups for ES256: tests 18 to 32 and 378 to 401.
"""

import pytest

from tests.ticketing.tickets.attacks import ORDER_OF_P256
from throughfare_gate.tickets.jwk import from_jwk, thumbprint
from throughfare_gate.tickets.jws import Refused, check_signature, verify
from throughfare_gate.tickets.strict import decode_base64url, encode_base64url

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


# --- Project Wycheproof -----------------------------------------------------------------------------------------

WYCHEPROOF = {
    "kty": "EC",
    "crv": "P-256",
    "x": "04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY",
    "y": "UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw",
    "kid": "kid-ec-sign",
}
HEAD = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0"
OTHER_HEAD = "eyJhbGciOiJFUzI1NiIsImtpZCI6IlhpZC1lYy1zaWduIn0"
BY_HMAC = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0.Zm9v.TgWtz2FIRukBQ_mA5sgHa0Ybtgn7bl-YBPAi7Z0XdHU"
KEY_IN_HEADER = (
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIiwiandrIjp7Imt0eSI6IkVDIiwia2lkIjoia2lkLWVjLXNpZ24iLCJ1c2UiOiJzaWciLCJh"
    "bGciOiJFUzI1NiIsIngiOiJNZG5UWkRJaERKYmZBU2RGcWFtY3BPMkNoOUdOS0sybTBNUWxoNDAyU3BvIiwieSI6Ijdhdko0bHFfV3l4LW5MUERCUTJZ"
    "cHl0dUh5TWlvMDdCVXl2bDNqYUMtMVkiLCJjcnYiOiJQLTI1NiJ9fQ.Zm9v."
    "4jmsollQD8ZxvySzXYnIEYA4fwaZi2ZbC0aI1J4LYmW2Bn31NhKdjms2N6o51Dff5-InWXQF9m45VtTexl6yjg"
)
MARK = "5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrqWrte5P-pAvsE3Ve6xSyU3YDQwUHjVVOtvcrEbbnZ8yA"
NEGATED = "5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrppUShFwBW_Qj7IqhFOtNrIXLLKXS5CSZmERxmnjeyoiQ"
R, S = (int.from_bytes(decode_base64url(MARK)[at : at + 32], "big") for at in (0, 32))
_EDGES = {"Zero": 0, "One": 1, "Nminus1": ORDER_OF_P256 - 1, "N": ORDER_OF_P256}


def signed(r: int, s: int, size: int = 32) -> str:
    """The collection's message under a signature of two numbers, each of `size` bytes."""
    return f"{HEAD}.Zm9v.{encode_base64url(r.to_bytes(size, 'big') + s.to_bytes(size, 'big'))}"


FORGED = {
    "19 rejectsModifiedSignature": f"{HEAD}.Zm9v.X{MARK[1:]}",
    "20 rejectsMissingSignature": f"{HEAD}.Zm9v.",
    "21 rejectsMissingSignatureAndSeparator": f"{HEAD}.Zm9v",
    "22 rejectsModifiedPayload": f"{HEAD}.WG9v.{MARK}",
    "23 rejectsMissingPayload": f"{HEAD}..{MARK}",
    "24 rejectsMissingPayloadAndSeparator": f"{HEAD}.{MARK}",
    "25 rejectsModifiedHeader": f"{OTHER_HEAD}.Zm9v.{MARK}",
    "26 rejectsMissingHeader": f".Zm9v.{MARK}",
    "27 rejectsMissingHeaderAndSeparator": f"Zm9v.{MARK}",
    "28 rejectsMissingHeaderAndSignature": ".Zm9v.",
    "29 rejectsMissingHeaderSignatureAndSeparators": "Zm9v",
    "30 rejectsEmptyString": "",
    "31 rejectsSymmetryConfusionAttacks": BY_HMAC,
    "32 rejectsAttackerProvidedEmbeddedJwk": KEY_IN_HEADER,
    "379 SignatureTooLong": signed(R, S, 33),
    "380 TrailingZeros": f"{HEAD}.Zm9v.{encode_base64url(decode_base64url(MARK)[:32] + bytes(1) + decode_base64url(MARK)[32:] + bytes(1))}",
    "381 RisTooBig": signed(R + ORDER_OF_P256, S, 33),
    "382 SisTooBig": signed(R, S + ORDER_OF_P256, 33),
    "383 IntegerOverflow": signed(R + 2**256, S, 33),
    "384 IntegerOverflow": signed(R, S + 2**256, 33),
    "385 BufferOverflow": signed(R, S, 288),
    **{f"386 to 401 rIs{r}_sIs{s}": signed(_EDGES[r], _EDGES[s]) for r in _EDGES for s in _EDGES},
}


@pytest.mark.parametrize("mark", [MARK, NEGATED], ids=["18 acceptsValid", "378 valid"])
def test_s12_what_wycheproof_holds_for_valid_is_genuine(mark: str) -> None:
    """Also the second of the two signatures that everybody can make of one: a ticket is known by its jti, never by its bytes."""
    assert check_signature(f"{HEAD}.Zm9v.{mark}", from_jwk(WYCHEPROOF)) == b"foo"


@pytest.mark.parametrize("name", FORGED)
def test_s12_what_wycheproof_holds_for_forged_is_refused(name: str) -> None:
    token = FORGED[name]
    key = from_jwk(WYCHEPROOF)

    with pytest.raises(Refused) as refused:
        verify(token, "ticket+jwt", {key.kid: key})

    if refused.value.reason == "bad_type":  # of the right shape: nothing but its signature is left to tell
        with pytest.raises(Refused, match="bad_signature"):
            check_signature(token, key)
