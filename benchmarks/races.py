"""The races: what is fast, against what. Each checks first that both give the same answer."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks import apportion, posting, priced_search, search, settlement, wide_search
from benchmarks.harness import Result, race
from tariffs.fares.feed import Feed, load
from tariffs.fares.legs import FareLeg
from tariffs.fares.price import price
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import Facts
from throughfare_gate.gate.decision import Gate, Policy, Presented, ProductRule, Seen, decide
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.jwk import VerifyKey
from throughfare_gate.tickets.jws import Signer
from ticketing.tickets.issue import TicketOrder, ticket_payload

AT = datetime(2026, 10, 13, 4, 0, tzinfo=UTC)
_GROUPS = 15
_LEG_RULES = 300_000
_URI = "https://throughfare.eu/s/261013"


def gate() -> list[Result]:
    """A whole offline decision against the bare Ed25519 signature, and PyJWT's decode beside it."""
    key = Ed25519PrivateKey.generate()
    ring = {"26a": VerifyKey("26a", "EdDSA", key.public_key())}
    signer = Signer("26a", key)
    order = TicketOrder(
        jti="A" * 22,
        product="through",
        legs=(("tlt", "09005-1", "12227-1"), ("tallink", "TLL-D", "HEL-LT2")),
        passengers=1,
        category=None,
        issued_at=AT,
        not_before=AT,
        expires_at=AT + timedelta(hours=9),
        status_list="261013",
        status_index=5,
    )
    payload = ticket_payload(order, "throughfare.eu", _URI, demo=False)
    token = signer.sign("ticket+jwt", payload)
    facts = Facts(
        issuer="throughfare.eu",
        operator="tlt",
        version=1,
        ticket_keys=ring,
        status_keys=ring,
        removed=[],
        lists=[status_list.sign(signer, _URI, {}, AT)],
        rules={"through": ProductRule()},
        uses=[],
        policy=Policy(),
    )
    held, _ = bundles.read(bundles.sign(signer, facts, AT), ring)
    signed, _, signature = token.rpartition(".")
    raw_signature = jwt.utils.base64url_decode(signature)
    now, door, seen, shown = int(AT.timestamp()), Gate(operator="tlt"), Seen(), Presented(token)
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
    """Three and six legs by 50 leg rules and 200 transfer rules, and by 2,500, against a scan of every rule."""
    small, large = _zones(7), _zones(50)
    results: list[Result] = []
    for count in (3, 6):
        legs = [_leg(f"z{at}", f"z{at + 1}", 30 * at) for at in range(count)]
        scanned = {name: _scan(feed, legs) for name, feed in (("small", small), ("large", large))}
        for name, feed in (("small", small), ("large", large)):
            indexed = price(feed, legs).total
            assert indexed is not None
            assert indexed.minor == scanned[name]()
        contenders: dict[str, Callable[[], object]] = {
            "scan of 49 leg rules and 210 transfer rules": scanned["small"],
            "indexed, 49 leg rules and 210 transfer rules": lambda legs=legs: price(small, legs),  # type: ignore[misc]
            "indexed, 2,500 leg rules": lambda legs=legs: price(large, legs),  # type: ignore[misc]
        }
        goals = {
            "indexed, 49 leg rules and 210 transfer rules": f"≤ {25 if count == 3 else 60} µs with derivation",  # noqa: PLR2004
            "indexed, 2,500 leg rules": "as with 49: cost grows with legs, not rules",
        }
        results += race(f"price {count} legs with derivation", contenders, calls=50, goals=goals)
    return results


def _scan(feed: Feed, legs: Sequence[FareLeg]) -> Callable[[], int]:
    """Ask every leg rule about every leg and every transfer rule about every change, without a derivation."""
    rules = [rule for rows in feed.leg_rules.values() for rule in rows]
    transfers = [rule for rows in feed.transfer_rules.values() for rule in rows]

    def scan() -> int:
        total, before, left = 0, None, AT
        for leg in legs:
            matched = [
                rule for rule in rules if rule.from_area in leg.from_areas and rule.to_area in leg.to_areas
            ]
            own = min(row.price.minor for rule in matched for row in feed.products[rule.product])
            change, seconds = (before, matched[0].group), (leg.arrival - left).total_seconds()
            free = any(
                (rule.from_group, rule.to_group) == change and seconds <= (rule.duration_limit or 0)
                for rule in transfers
            )
            total, before, left = total + (0 if free else own), matched[0].group, leg.departure
        return total

    return scan


def loading() -> list[Result]:
    """A feed of 300,000 leg rules, loaded with every check, against csv.DictReader that checks nothing."""
    zones = [f"z{number}" for number in range(550)]
    pairs = [f"{start},{end},p" for start in zones for end in zones][:_LEG_RULES]
    files = {
        "areas.txt": "\n".join(["area_id", *zones]),
        "fare_products.txt": "fare_product_id,amount,currency\np,2.00,EUR",
        "fare_leg_rules.txt": "\n".join(["from_area_id,to_area_id,fare_product_id", *pairs]),
    }

    def rows() -> int:
        return sum(len(list(csv.DictReader(io.StringIO(text)))) for text in files.values())

    feed, findings = load(files)
    assert feed
    assert not findings
    assert sum(map(len, feed.leg_rules.values())) == _LEG_RULES
    assert rows() == _LEG_RULES + len(zones) + 1
    return race(
        "load a feed of 300,000 leg rules",
        {"csv.DictReader, nothing checked": rows, "load: every row checked and indexed": lambda: load(files)},
        calls=1,
        rounds=7,
        goals={"load: every row checked and indexed": "seconds"},
    )


RACES: Sequence[Callable[[], list[Result]]] = (
    gate,
    pricing,
    loading,
    search.run,
    priced_search.run,
    apportion.run,
    posting.run,
    wide_search.run,
    settlement.run,
)


def _zones(count: int) -> Feed:
    """A tariff of zones squared in 15 groups, each pair of groups with a transfer within a minute: too short for a ride."""
    zones = [f"z{number}" for number in range(count)]
    products = ["fare_product_id,amount,currency"]
    rules = ["leg_group_id,from_area_id,to_area_id,fare_product_id"]
    for first, start in enumerate(zones):
        for second, end in enumerate(zones):
            products.append(f"{start}{end},{1 + abs(first - second)}.00,EUR")
            rules.append(f"g{(first * count + second) % _GROUPS},{start},{end},{start}{end}")
    transfers = ["from_leg_group_id,to_leg_group_id,fare_transfer_type,duration_limit,duration_limit_type"]
    transfers += [
        f"g{one},g{other},0,60,0" for one in range(_GROUPS) for other in range(_GROUPS) if one != other
    ]
    loaded, findings = load(
        {
            "areas.txt": "\n".join(["area_id", *zones]),
            "fare_products.txt": "\n".join(products),
            "fare_leg_rules.txt": "\n".join(rules),
            "fare_transfer_rules.txt": "\n".join(transfers),
        }
    )
    assert loaded is not None, findings
    return loaded


def _leg(start: str, end: str, minute: int) -> FareLeg:
    departure = AT + timedelta(minutes=minute)
    return FareLeg(
        network=None,
        from_areas=frozenset({start}),
        to_areas=frozenset({end}),
        areas=frozenset({start, end}),
        departure=departure,
        arrival=departure + timedelta(minutes=20),
    )
