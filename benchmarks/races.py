"""The races: what is fast, against what. Each checks first that both give the same answer."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks import search
from benchmarks.harness import Result, race
from tariffs.fares.feed import Feed, load
from tariffs.fares.legs import FareLeg
from tariffs.fares.price import price
from ticketing.gate import bundle as bundles
from ticketing.gate.bundle import Facts
from ticketing.gate.decision import Gate, Policy, Presented, ProductRule, Seen, decide
from ticketing.tickets import status_list
from ticketing.tickets.issue import TicketOrder, ticket_payload
from ticketing.tickets.jwk import VerifyKey
from ticketing.tickets.jws import Signer

AT = datetime(2026, 10, 13, 4, 0, tzinfo=UTC)
_URI = "https://throughfare.eu/s/261013"


def gate() -> list[Result]:
    """A whole offline decision against the bare Ed25519 signature, and PyJWT's decode beside it."""
    key = Ed25519PrivateKey.generate()
    ring = {"26a": VerifyKey("26a", "EdDSA", key.public_key())}
    signer = Signer("26a", key)
    order = TicketOrder(
        "A" * 22, "through", (("tlt", "09005-1", "12227-1"), ("tallink", "TLL-D", "HEL-LT2")), 1, None,
        AT, AT, AT + timedelta(hours=9), "261013", 5,
    )  # fmt: skip
    payload = ticket_payload(order, "throughfare.eu", _URI, demo=False)
    token = signer.sign("ticket+jwt", payload)
    facts = Facts(
        "throughfare.eu", "tlt", 1, ring, ring, [], [status_list.sign(signer, _URI, {}, AT)],
        {"through": ProductRule()}, [], Policy(),
    )  # fmt: skip
    held, _ = bundles.read(bundles.sign(signer, facts, AT), ring)
    signed, _, signature = token.rpartition(".")
    raw_signature = jwt.utils.base64url_decode(signature)
    now, door, seen, shown = int(AT.timestamp()), Gate("tlt"), Seen(), Presented(token)
    public = key.public_key()

    def decision() -> object:
        return decide(shown, held, seen, now, door)

    def pyjwt() -> object:
        return jwt.decode(
            token,
            public,
            algorithms=["EdDSA"],
            audience="tlt",
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )

    assert decide(shown, held, seen, now, door).reason == "ok"
    contenders: dict[str, Callable[[], object]] = {
        "raw Ed25519 verify": lambda: public.verify(raw_signature, signed.encode()),
        "PyJWT decode": pyjwt,
        "decide()": decision,
    }
    checks = race("offline gate decision", contenders, calls=100, goals={"decide()": "≤ 1.6"})
    signing: dict[str, Callable[[], object]] = {
        "raw Ed25519 sign": lambda: key.sign(signed.encode()),
        "sign a ticket": lambda: signer.sign("ticket+jwt", payload),
    }
    return checks + race("issue a ticket", signing, calls=100, goals={"sign a ticket": "≤ 1.5"})


def pricing() -> list[Result]:
    """Three legs by a tariff of 50 zones squared, indexed, against the same with 4 zones and against a full scan."""
    small, large = _zones(4), _zones(50)
    legs = [_leg("z0", "z1", 0), _leg("z1", "z2", 30), _leg("z2", "z3", 60)]
    rules = [rule for rows in large.leg_rules.values() for rule in rows]

    def scan() -> int:
        """Ask every rule about every leg: the cheapest price of each, added."""
        total = 0
        for leg in legs:
            matched = [
                rule for rule in rules if rule.from_area in leg.from_areas and rule.to_area in leg.to_areas
            ]
            total += min(row.price.minor for rule in matched for row in large.products[rule.product])
        return total

    indexed = price(large, legs).total
    assert indexed is not None
    assert indexed.minor == scan() == (price(small, legs).total or indexed).minor
    contenders: dict[str, Callable[[], object]] = {
        "indexed, 16 rules": lambda: price(small, legs),
        "indexed, 2,500 rules": lambda: price(large, legs),
        "scan of 2,500 rules": scan,
    }
    return race(
        "price 3 legs with derivation",
        contenders,
        calls=50,
        goals={"indexed, 2,500 rules": "≈ 1: cost grows with legs, not rules"},
    )


RACES: Sequence[Callable[[], list[Result]]] = (gate, pricing, search.run)


def _zones(count: int) -> Feed:
    zones = [f"z{number}" for number in range(count)]
    products = ["fare_product_id,amount,currency"]
    rules = ["from_area_id,to_area_id,fare_product_id"]
    for first, start in enumerate(zones):
        for second, end in enumerate(zones):
            products.append(f"{start}{end},{1 + abs(first - second)}.00,EUR")
            rules.append(f"{start},{end},{start}{end}")
    loaded, findings = load(
        {
            "areas.txt": "\n".join(["area_id", *zones]),
            "fare_products.txt": "\n".join(products),
            "fare_leg_rules.txt": "\n".join(rules),
        }
    )
    assert loaded is not None, findings
    return loaded


def _leg(start: str, end: str, minute: int) -> FareLeg:
    departure = AT + timedelta(minutes=minute)
    return FareLeg(
        None,
        frozenset({start}),
        frozenset({end}),
        frozenset({start, end}),
        departure,
        departure + timedelta(minutes=20),
    )
