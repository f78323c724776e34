"""Lay out the cases about the code itself: its spelling, signature, claims, times, place in a list and proof."""

from throughfare_gate.tickets.jws import Signer
from ticketing.cli.vectors.case import Row, place
from ticketing.cli.vectors.signing import JTI, KEY, NOW, phone_jwk, proof, signed, spoiled, ticket

BOUND = ticket(cnf={"jwk": phone_jwk()})
_LOGIN = Signer("26a", KEY).sign("at+jwt", {"sub": "someone"})


def reading() -> list[Row]:
    """List them in the order of the reasons."""
    return [
        ("a good ticket", "plain", {"token": ticket()}, "ok", JTI),
        ("an empty code", "plain", {"token": ""}, "malformed", None),
        ("a padded signature", "plain", {"token": ticket() + "=="}, "malformed", None),
        ("a token of 2,049 characters", "plain", {"token": "x" * 2049}, "malformed", None),
        ("a login token", "plain", {"token": _LOGIN}, "bad_type", None),
        (
            "algorithm none",
            "plain",
            {"token": signed(b"{}", {"alg": "none", "kid": "26a", "typ": "ticket+jwt"})},
            "bad_alg",
            None,
        ),
        (
            "a removed key",
            "plain",
            {"token": signed(b"{}", {"alg": "EdDSA", "kid": "25a", "typ": "ticket+jwt"})},
            "unknown_key",
            None,
        ),
        ("a forged ticket", "plain", {"token": spoiled(ticket())}, "bad_signature", None),
        ("another issuer", "plain", {"token": ticket(iss="throughfare.eu.evil")}, "wrong_issuer", JTI),
        (
            "no leg of this operator",
            "plain",
            {"token": ticket(), "gate": {"operator": "viking"}},
            "wrong_audience",
            JTI,
        ),
        (
            "a repeated claim",
            "plain",
            {"token": signed(b'{"iss":"throughfare.eu","iss":"throughfare.eu"}')},
            "bad_claims",
            None,
        ),
        ("an unknown claim", "plain", {"token": ticket(name="x")}, "bad_claims", JTI),
        ("31 seconds early", "plain", {"token": ticket(nbf=NOW + 31)}, "not_yet_valid", JTI),
        ("30 seconds early", "plain", {"token": ticket(nbf=NOW + 30)}, "ok", JTI),
        ("29 seconds late", "plain", {"token": ticket(exp=NOW - 29)}, "ok", JTI),
        ("30 seconds late", "plain", {"token": ticket(exp=NOW - 30)}, "expired", JTI),
        ("a refunded ticket", "plain", {"token": ticket(**place(6))}, "revoked", JTI),
        ("a suspended ticket", "plain", {"token": ticket(**place(7))}, "suspended", JTI),
        ("a replaced code", "plain", {"token": ticket(**place(8))}, "replaced", JTI),
        ("an index outside the list", "plain", {"token": ticket(**place(1 << 20))}, "status_stale", JTI),
        ("no list and closed", "no lists, closed", {"token": ticket()}, "status_stale", JTI),
        ("no list and open", "no lists, open", {"token": ticket()}, "ok_attention", JTI),
        ("expired, no list and open", "no lists, open", {"token": ticket(exp=NOW - 30)}, "expired", JTI),
        ("a screenshot", "plain", {"token": BOUND}, "proof_missing", JTI),
        ("paper where a phone is required", "rules", {"token": ticket(p="required")}, "proof_missing", JTI),
        (
            "the proof of another ticket",
            "plain",
            {"token": BOUND, "proof": proof(ticket())},
            "proof_invalid",
            JTI,
        ),
        (
            "a proof for another operator",
            "plain",
            {"token": BOUND, "proof": proof(BOUND, aud="hsl")},
            "proof_wrong_operator",
            JTI,
        ),
        (
            "a proof of an unbound ticket",
            "plain",
            {"token": ticket(), "proof": proof(ticket())},
            "proof_invalid",
            JTI,
        ),
        (
            "a proof 46 seconds old",
            "plain",
            {"token": BOUND, "proof": proof(BOUND, iat=NOW - 46)},
            "proof_expired",
            JTI,
        ),
        ("a proof 45 seconds old", "plain", {"token": BOUND, "proof": proof(BOUND, iat=NOW - 45)}, "ok", JTI),
        (
            "a proof 31 seconds ahead",
            "plain",
            {"token": BOUND, "proof": proof(BOUND, iat=NOW + 31)},
            "proof_expired",
            JTI,
        ),
        ("a proof behind the ticket", "plain", {"token": f"{BOUND}~{proof(BOUND)}"}, "ok", JTI),
        (
            "a leg of another operator",
            "plain",
            {"token": ticket(), "gate": {"operator": "tlt", "leg": 1}},
            "wrong_leg",
            JTI,
        ),
        (
            "another stop where boarding is checked",
            "rules",
            {"token": ticket(p="board"), "gate": {"operator": "tlt", "stop_id": "x"}},
            "wrong_leg",
            JTI,
        ),
        (
            "another stop where it is not",
            "plain",
            {"token": ticket(), "gate": {"operator": "tlt", "stop_id": "x"}},
            "ok",
            JTI,
        ),
        (
            "another zone",
            "rules",
            {
                "token": ticket(p="board", l=[["tlt", "z:AB"]], aud=["tlt"]),
                "gate": {"operator": "tlt", "stop_id": "x"},
            },
            "wrong_zone",
            JTI,
        ),
        ("another class", "rules", {"token": ticket(p="first")}, "wrong_class", JTI),
        (
            "the right class",
            "rules",
            {"token": ticket(p="first", l=[["tlt", "a", "b", "1"]], aud=["tlt"])},
            "ok",
            JTI,
        ),
        ("an unknown product", "plain", {"token": ticket(p="other")}, "product_not_accepted", JTI),
        ("a demo ticket", "plain", {"token": ticket(demo=True)}, "product_not_accepted", JTI),
        ("a demo ticket at a demo gate", "demo", {"token": ticket(demo=True)}, "ok", JTI),
        ("inside the hours, local time", "rules", {"token": ticket(p="morning")}, "ok", JTI),
        (
            "after the hours",
            "rules",
            {"token": ticket(p="morning", exp=NOW + 9999), "at": NOW + 7200},
            "outside_time_rule",
            JTI,
        ),
        ("another day of the week", "rules", {"token": ticket(p="weekend")}, "outside_time_rule", JTI),
        (
            "a leg that was given back beside another",
            "plain",
            {
                "token": ticket(l=[["-", "a", "b"], ["tlt", "c", "d"]], aud=["-", "tlt"]),
                "gate": {"operator": "tlt", "stop_id": "a"},
            },
            "wrong_leg",
            JTI,
        ),
        ("a clock before its bundle", "plain", {"token": ticket(), "at": NOW - 31}, "clock_behind", None),
        (
            "a bundle of yesterday",
            "plain",
            {"token": ticket(exp=NOW + 999_999), "at": NOW + 86_400},
            "status_stale",
            JTI,
        ),
    ]
