"""Write cases.json: signed bundles and tickets with the answer each must get, for gates in other languages.

Run it as `python -m tests.ticketing.gate.write_cases` after a change of the format, of a rule or of a row here. A proof
that says what it said before keeps its signature, since ES256 signs the same text differently each time; a reader needs
nothing but the file.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.spoiled import spoiled
from tests.ticketing.tickets.mint import NOW, RING, SIGNER, URI, phone_jwk, proof, raw, ticket
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import Facts
from throughfare_gate.gate.decision import Policy, ProductRule, Use
from throughfare_gate.gate.model import Boarding, Delay, Extras, Ordered, OrderedRide, Waiver
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.claims import bound_to
from throughfare_gate.tickets.jwk import to_jwk
from throughfare_gate.tickets.jws import Signer

CASES = Path(__file__).with_name("cases.json")
AT = datetime.fromtimestamp(NOW, UTC)
JTI = "A" * 22
SAILS = NOW + 900
BOUND = ticket(cnf={"jwk": phone_jwk()})


def main() -> None:
    held = json.loads(CASES.read_text(encoding="utf-8"))["cases"] if CASES.exists() else []
    proofs = {_said(text): text for case in held for text in _proofs(case["request"]).values()}
    document = {
        "about": "Requests of the contract `throughfare gate decide`: `bundle` names one of `bundles`; the rest of a request "
        "is `request` of the case laid over `defaults`.",
        "trust": {"keys": [to_jwk(RING["26a"])]},
        "bundles": {name: bundles.sign(SIGNER, facts, AT) for name, facts in _bundles().items()},
        "defaults": {
            "proof": None,
            "gate": {"operator": "tlt", "stop_id": None, "leg": None},
            "at": AT.isoformat(),
            "seen": [],
        },
        "cases": [
            {
                "name": name,
                "bundle": bundle,
                "request": request | _kept(request, proofs),
                "reason": reason,
                "jti": jti,
            }
            for name, bundle, request, reason, jti in _cases()
        ],
    }
    CASES.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _proofs(request: dict[str, Any]) -> dict[str, str]:
    """The members of a request that end with a proof: its own member, or a code with a proof behind the ticket."""
    members = {"proof": request.get("proof"), "token": request["token"] if "~" in request["token"] else None}
    return {name: text for name, text in members.items() if text}


def _kept(request: dict[str, Any], proofs: dict[str, str]) -> dict[str, str]:
    """The proofs that the file holds already, where they say the same."""
    return {name: proofs.get(_said(text), text) for name, text in _proofs(request).items()}


def _said(text: str) -> str:
    """The same text without the signature at its end."""
    return text.rpartition(".")[0]


def _bundles() -> dict[str, Facts]:
    base = Facts(
        issuer="throughfare.eu",
        operator="tlt",
        version=1,
        ticket_keys=RING,
        status_keys=RING,
        removed=["25a"],
        lists=[status_list.sign(SIGNER, URI, {6: 1, 7: 2, 8: 3}, AT)],
        rules={"through": ProductRule()},
        uses=[],
        policy=Policy(),
    )
    ruled = {
        "required": ProductRule(binding="required"),
        "board": ProductRule(stops="board"),
        "first": ProductRule(classes=("1",)),
        "morning": ProductRule(hours=((6 * 3600, 9 * 3600),)),
        "weekend": ProductRule(days=(6, 7)),
        "group": ProductRule(passback_seconds=0),
        "carnet": ProductRule(transfer_seconds=3600, transfers=1),
        "window": ProductRule(window_seconds=3600),
        "swiped": ProductRule(check="in_out"),
        "early": ProductRule(check="in_out", hours=((0, 6 * 3600),)),
    }
    return {
        "plain": base,
        "rules": replace(base, rules={**base.rules, **ruled}, offsets=((NOW - 86_400, 10_800),)),
        "no lists, closed": replace(base, lists=[]),
        "no lists, open": replace(base, lists=[], policy=Policy(degrade="fail_open")),
        "demo": replace(base, policy=Policy(accept_demo=True)),
        "orders": replace(base, extras=Extras(), uses=[Use("B" * 22, 0, NOW - 600)], ordered=_ordered()),
        "sailings": replace(base, extras=_sailings(), offsets=((NOW - 86_400, 10_800),)),
    }


def _ordered() -> dict[str, Ordered]:
    """Two strokes of a carnet; of three passes a ride that is to begin, one that has just begun, and one that is half over.

    A fourth has a ride that is to begin while another one is under way, a fifth one of no minutes, a sixth two on one ticket.
    """
    coming = OrderedRide(
        ticket="D" * 22,
        leg=0,
        departs=NOW + 60,
        arrives=NOW + 660,
        starts=NOW - 7140,
        ends=NOW + 11_460,
    )
    riding = replace(coming, ticket="B" * 22, departs=NOW - 600, arrives=NOW + 602)
    return {
        JTI: Ordered(2),
        "E" * 22: Ordered(0, (coming,)),
        "F" * 22: Ordered(0, (riding,)),
        "G" * 22: Ordered(0, (replace(riding, arrives=NOW + 600),)),
        "H" * 22: Ordered(0, (replace(coming, ticket="I" * 22), replace(riding, arrives=NOW + 660))),
        "J" * 22: Ordered(0, (replace(coming, ticket="K" * 22, arrives=coming.departs),)),
        "L" * 22: Ordered(
            0, (replace(coming, ticket="M" * 22, arrives=NOW + 210), replace(coming, ticket="M" * 22, leg=1))
        ),
    }


def _sailings() -> Extras:
    """One sailing is late, one is cancelled, and waivers let those of the cancelled one on any other, and a ticket that has missed another line's."""
    return Extras(
        boarding={"through": Boarding(7200)},
        sailings={"t1": (("a", SAILS), ("a", SAILS + 86_400)), "t2": (("a", SAILS + 3600),)},
        delays={
            ("tlt", "a", SAILS - 7200): Delay(SAILS - 1800, {"b": 5400}),
            ("tallink", "TLL-D", NOW - 7200): Delay(NOW, {"HEL-LT2": 7200}),
            ("tlt", "a", SAILS - 3600): Delay(None, cancelled=True),
        },
        waivers=(
            Waiver("e1", frozenset({("tlt", "a", SAILS - 3600)}), ("tlt", "any"), NOW + 3600),
            Waiver("e2", frozenset({("hsl", "a", SAILS)}), ("tlt", "any"), NOW + 3600, frozenset({JTI})),
        ),
        categories={"chil": "child"},
    )


def _bound_leg(departure: int, *legs: list[str]) -> str:
    return ticket(l=[["tlt", "a", "b", bound_to(departure)], *legs], aud=["tlt", *(leg[0] for leg in legs)])


def _boarding(at: int = 0, **named: Any) -> dict[str, Any]:
    return {"gate": {"operator": "tlt", "stop_id": "a", **named}, "at": NOW + at}


Row = tuple[str, str, dict[str, Any], str, str | None]


def _cases() -> list[Row]:
    def use(ago: int, leg: int = 0, gate: str | None = "g0", kind: str = "ride") -> dict[str, Any]:
        told = {"jti": JTI, "leg": leg, "ts": NOW - ago, "gate": gate}
        return told if kind == "ride" else {**told, "kind": kind}

    def way(direction: str) -> dict[str, Any]:
        return {"operator": "tlt", "direction": direction}

    def index(at: int) -> dict[str, Any]:
        return {"status": {"status_list": {"idx": at, "uri": URI}}}

    own_legs: dict[str, Any] = {"l": [["tlt", "a", "b"], ["tlt", "b", "c"]], "aud": ["tlt"]}
    other_kind = Signer("26a", SIGNER.key).sign("at+jwt", {"sub": "someone"})
    rows: list[Row] = [
        ("a good ticket", "plain", {"token": ticket()}, "ok", JTI),
        ("an empty code", "plain", {"token": ""}, "malformed", None),
        ("a padded signature", "plain", {"token": ticket() + "=="}, "malformed", None),
        ("a token of 2,049 characters", "plain", {"token": "x" * 2049}, "malformed", None),
        ("a login token", "plain", {"token": other_kind}, "bad_type", None),
        (
            "algorithm none",
            "plain",
            {"token": raw(b"{}", {"alg": "none", "kid": "26a", "typ": "ticket+jwt"})},
            "bad_alg",
            None,
        ),
        (
            "a removed key",
            "plain",
            {"token": raw(b"{}", {"alg": "EdDSA", "kid": "25a", "typ": "ticket+jwt"})},
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
            {"token": raw(b'{"iss":"throughfare.eu","iss":"throughfare.eu"}')},
            "bad_claims",
            None,
        ),
        ("an unknown claim", "plain", {"token": ticket(name="x")}, "bad_claims", JTI),
        ("31 seconds early", "plain", {"token": ticket(nbf=NOW + 31)}, "not_yet_valid", JTI),
        ("30 seconds early", "plain", {"token": ticket(nbf=NOW + 30)}, "ok", JTI),
        ("29 seconds late", "plain", {"token": ticket(exp=NOW - 29)}, "ok", JTI),
        ("30 seconds late", "plain", {"token": ticket(exp=NOW - 30)}, "expired", JTI),
        ("a refunded ticket", "plain", {"token": ticket(**index(6))}, "revoked", JTI),
        ("a suspended ticket", "plain", {"token": ticket(**index(7))}, "suspended", JTI),
        ("a replaced code", "plain", {"token": ticket(**index(8))}, "replaced", JTI),
        ("an index outside the list", "plain", {"token": ticket(**index(1 << 20))}, "status_stale", JTI),
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
        ("used", "plain", {"token": ticket(), "seen": [use(600)]}, "already_used", JTI),
        ("used on another leg", "plain", {"token": ticket(), "seen": [use(600, 2)]}, "ok", JTI),
        (
            "the second leg of an operator",
            "plain",
            {"token": ticket(**own_legs), "seen": [use(600)]},
            "ok",
            JTI,
        ),
        (
            "both legs used",
            "plain",
            {"token": ticket(**own_legs), "seen": [use(600), use(300, 1)]},
            "already_used",
            JTI,
        ),
        (
            "two uses, one told twice",
            "plain",
            {"token": ticket(u=2), "seen": [use(600), use(600)]},
            "ok",
            JTI,
        ),
        (
            "59 seconds after another gate",
            "plain",
            {"token": ticket(u=2), "seen": [use(59)]},
            "passback",
            JTI,
        ),
        ("60 seconds after another gate", "plain", {"token": ticket(u=2), "seen": [use(60)]}, "ok", JTI),
        (
            "59 seconds after the same stop",
            "plain",
            {"token": ticket(u=2), "seen": [use(59, 0, "s")], "gate": {"operator": "tlt", "stop_id": "s"}},
            "ok",
            JTI,
        ),
        (
            "a group one by one",
            "rules",
            {"token": ticket(p="group", u=3), "seen": [use(1), use(2)]},
            "ok",
            JTI,
        ),
        (
            "an empty carnet",
            "plain",
            {"token": ticket(u=0, c=2), "seen": [use(600), use(700, 1)]},
            "uses_exhausted",
            JTI,
        ),
        ("a carnet that orders have emptied", "orders", {"token": ticket(u=0, c=2)}, "uses_exhausted", JTI),
        ("a carnet of which orders took two", "orders", {"token": ticket(u=0, c=3)}, "ok", JTI),
        (
            "the last stroke of such a carnet",
            "orders",
            {"token": ticket(u=0, c=3), "seen": [use(600)]},
            "uses_exhausted",
            JTI,
        ),
        (
            "a pass that pays for a journey",
            "orders",
            {"token": ticket(u=0, jti="E" * 22)},
            "ok",
            "E" * 22,
        ),
        (
            "a pass whose journey is on board",
            "orders",
            {"token": ticket(u=0, jti="F" * 22)},
            "ride_of_an_order",
            "F" * 22,
        ),
        (
            "a pass that was shown after its journey had begun",
            "orders",
            {
                "token": ticket(u=0, jti="F" * 22),
                "seen": [{"jti": "F" * 22, "leg": 0, "ts": NOW - 599, "gate": "g0"}],
            },
            "ok",
            "F" * 22,
        ),
        (
            "the second ride of a ticket that was shown after its pass",
            "orders",
            {
                "token": ticket(jti="M" * 22, l=[["tlt", "a", "b"], ["tlt", "b", "c"]], aud=["tlt"]),
                "gate": {"operator": "tlt", "leg": 1},
                "seen": [
                    {"jti": "M" * 22, "leg": 0, "ts": NOW - 75, "gate": "g0"},
                    {"jti": "L" * 22, "leg": 0, "ts": NOW - 150, "gate": "g0"},
                ],
            },
            "ok",
            "M" * 22,
        ),
        (
            "the ticket of a journey that a pass pays for",
            "orders",
            {"token": ticket(jti="D" * 22)},
            "ok",
            "D" * 22,
        ),
        (
            "the ticket of a journey whose pass has opened another ride",
            "orders",
            {
                "token": ticket(jti="D" * 22),
                "seen": [{"jti": "E" * 22, "leg": 0, "ts": NOW - 299, "gate": "g0"}],
            },
            "pass_on_another_ride",
            "D" * 22,
        ),
        (
            "the ticket of a journey whose pass can be there by now",
            "orders",
            {
                "token": ticket(jti="D" * 22),
                "seen": [{"jti": "E" * 22, "leg": 0, "ts": NOW - 300, "gate": "g0"}],
            },
            "ok",
            "D" * 22,
        ),
        (
            "a pass that was shown before its journey",
            "orders",
            {
                "token": ticket(u=0, jti="E" * 22),
                "seen": [{"jti": "E" * 22, "leg": 0, "ts": NOW - 299, "gate": "g0"}],
            },
            "ok",
            "E" * 22,
        ),
        (
            "a journey on a pass while another ticket of it is on board",
            "orders",
            {"token": ticket(jti="I" * 22)},
            "pass_on_another_ride",
            "I" * 22,
        ),
        (
            "the ticket of a ride of no minutes, whose pass was shown half a minute ago",
            "orders",
            {
                "token": ticket(jti="K" * 22),
                "seen": [{"jti": "J" * 22, "leg": 0, "ts": NOW - 30, "gate": "g0"}],
            },
            "pass_on_another_ride",
            "K" * 22,
        ),
        (
            "the second ride of a ticket whose first has just begun on the same pass",
            "orders",
            {
                "token": ticket(jti="M" * 22, l=[["tlt", "a", "b"], ["tlt", "b", "c"]], aud=["tlt"]),
                "gate": {"operator": "tlt", "leg": 1},
                "seen": [{"jti": "M" * 22, "leg": 0, "ts": NOW - 60, "gate": "g0"}],
            },
            "pass_on_another_ride",
            "M" * 22,
        ),
        ("a pass whose journey is half over", "orders", {"token": ticket(u=0, jti="G" * 22)}, "ok", "G" * 22),
        *(
            (
                f"an inspection of a pass {what}",
                "orders",
                {"token": ticket(u=0, jti=jti * 22), "gate": {"operator": "tlt", "inspect": True}},
                "ok_attention",
                jti * 22,
            )
            for jti, what in (("E", "that pays for a journey"), ("G", "whose journey is half over"))
        ),
        (
            "a transfer of a carnet",
            "rules",
            {"token": ticket(p="carnet", u=0, c=2), "seen": [use(600)]},
            "ok_attention",
            JTI,
        ),
        (
            "a second transfer is a ride",
            "rules",
            {"token": ticket(p="carnet", u=0, c=2), "seen": [use(1200), use(600, 0, "g0", "transfer")]},
            "ok",
            JTI,
        ),
        (
            "a ride too many of a carnet",
            "rules",
            {"token": ticket(p="carnet", u=0, c=1), "seen": [use(1200), use(600, 0, "g0", "transfer")]},
            "uses_exhausted",
            JTI,
        ),
        (
            "a transfer at another gate within the minute",
            "rules",
            {"token": ticket(p="carnet", u=0, c=9), "seen": [use(59)]},
            "passback",
            JTI,
        ),
        (
            "a day that began with the first use",
            "rules",
            {"token": ticket(p="window", u=0), "seen": [use(3599)]},
            "ok",
            JTI,
        ),
        (
            "a day that is over",
            "rules",
            {"token": ticket(p="window", u=0), "seen": [use(3600), use(90)]},
            "expired",
            JTI,
        ),
        ("a check-in", "rules", {"token": ticket(p="swiped", u=0), "gate": way("in")}, "ok", JTI),
        (
            "a check-out",
            "rules",
            {"token": ticket(p="swiped", u=0), "gate": way("out"), "seen": [use(900, 0, "g0", "in")]},
            "ok",
            JTI,
        ),
        (
            "a check-out that nobody saw begin",
            "rules",
            {"token": ticket(p="swiped", u=0), "gate": way("out")},
            "ok_attention",
            JTI,
        ),
        (
            "a check-in after the hours",
            "rules",
            {"token": ticket(p="early", u=0), "gate": way("in")},
            "outside_time_rule",
            JTI,
        ),
        (
            "a check-out after the hours",
            "rules",
            {"token": ticket(p="early", u=0), "gate": way("out"), "seen": [use(7200, 0, "g0", "in")]},
            "ok",
            JTI,
        ),
        (
            "a check-out after the hours that nobody saw begin",
            "rules",
            {"token": ticket(p="early", u=0), "gate": way("out")},
            "ok_attention",
            JTI,
        ),
        (
            "a second check-in on a ticket for one",
            "rules",
            {
                "token": ticket(p="swiped"),
                "gate": way("in"),
                "seen": [use(900, 0, "g0", "in"), use(600, 0, "g0", "out")],
            },
            "already_used",
            JTI,
        ),
        (
            "an inspection of a used ticket",
            "plain",
            {"token": ticket(), "gate": {"operator": "tlt", "inspect": True}, "seen": [use(600)]},
            "ok",
            JTI,
        ),
        (
            "an inspection of one that nobody saw",
            "plain",
            {"token": ticket(), "gate": {"operator": "tlt", "inspect": True}},
            "ok_attention",
            JTI,
        ),
        ("a group to count", "plain", {"token": ticket(n=4)}, "ok_attention", JTI),
        ("a sailing that boards", "sailings", {"token": _bound_leg(SAILS), **_boarding()}, "ok", JTI),
        (
            "a sailing whose check-in is not open",
            "sailings",
            {"token": _bound_leg(SAILS + 6360), **_boarding()},
            "check_in_not_open",
            JTI,
        ),
        (
            "a quarter of an hour after the departure",
            "sailings",
            {"token": _bound_leg(SAILS - 1800), **_boarding()},
            "ok",
            JTI,
        ),
        (
            "a second later",
            "sailings",
            {"token": _bound_leg(SAILS - 1800), **_boarding(1)},
            "wrong_sailing",
            JTI,
        ),
        (
            "a late sailing still boards",
            "sailings",
            {"token": _bound_leg(SAILS - 7200), **_boarding()},
            "ok",
            JTI,
        ),
        ("a named sailing", "sailings", {"token": _bound_leg(SAILS), **_boarding(trip_id="t1")}, "ok", JTI),
        (
            "another trip is boarding",
            "sailings",
            {"token": _bound_leg(SAILS), **_boarding(trip_id="t2")},
            "wrong_sailing",
            JTI,
        ),
        (
            "another departure is boarding",
            "sailings",
            {"token": _bound_leg(SAILS), **_boarding(departure="2026-10-13T08:15:00+03:00")},
            "wrong_sailing",
            JTI,
        ),
        (
            "a trip that the bundle does not know",
            "sailings",
            {"token": _bound_leg(SAILS), **_boarding(trip_id="t9")},
            "ok_attention",
            JTI,
        ),
        (
            "the gate where a bound leg ends",
            "sailings",
            {"token": _bound_leg(SAILS), "gate": {"operator": "tlt", "stop_id": "b"}},
            "wrong_leg",
            JTI,
        ),
        (
            "another terminal",
            "sailings",
            {"token": _bound_leg(SAILS), "gate": {"operator": "tlt", "stop_id": "z"}},
            "wrong_leg",
            JTI,
        ),
        (
            "a waiver for a cancelled sailing",
            "sailings",
            {"token": _bound_leg(SAILS - 3600), **_boarding(trip_id="t1")},
            "ok_attention",
            JTI,
        ),
        (
            "a ticket that has missed another line's departure",
            "sailings",
            {"token": ticket(l=[["hsl", "a", "b", bound_to(SAILS)]], aud=["hsl"]), **_boarding()},
            "ok_attention",
            JTI,
        ),
        (
            "another ticket for a departure that some have missed",
            "sailings",
            {
                "token": ticket(
                    l=[["hsl", "a", "b", bound_to(SAILS)]], aud=["hsl"], jti="Gi6Fz4xTRO2bqzHhE0nq3Q"
                ),
                **_boarding(),
            },
            "wrong_audience",
            "Gi6Fz4xTRO2bqzHhE0nq3Q",
        ),
        (
            "a ticket without a departure",
            "sailings",
            {"token": ticket(l=[["tlt", "a", "b"]], aud=["tlt"]), **_boarding()},
            "ok_attention",
            JTI,
        ),
        (
            "an inspection on board",
            "sailings",
            {
                "token": _bound_leg(SAILS - 5400),
                "gate": {"operator": "tlt", "inspect": True},
                "seen": [use(4800)],
            },
            "ok",
            JTI,
        ),
        (
            "the ferry before was late",
            "sailings",
            {
                "token": ticket(
                    exp=NOW - 7000,
                    nbf=NOW - 9999,
                    iat=NOW - 9999,
                    l=[["tallink", "TLL-D", "HEL-LT2", bound_to(NOW - 7200)], ["tlt", "c", "d"]],
                    aud=["tallink", "tlt"],
                )
            },
            "ok_attention",
            JTI,
        ),
        (
            "beyond the delay",
            "sailings",
            {
                "token": ticket(
                    exp=NOW - 7230,
                    nbf=NOW - 9999,
                    iat=NOW - 9999,
                    l=[["tallink", "TLL-D", "HEL-LT2", bound_to(NOW - 7200)], ["tlt", "c", "d"]],
                    aud=["tallink", "tlt"],
                )
            },
            "expired",
            JTI,
        ),
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
    return [(name, bundle, _timed(request), reason, jti) for name, bundle, request, reason, jti in rows]


def _timed(request: dict[str, Any]) -> dict[str, Any]:
    """Write the time of a request as the contract wants it."""
    if "at" in request:
        return {**request, "at": datetime.fromtimestamp(request["at"], UTC).isoformat()}
    return request


if __name__ == "__main__":
    main()
