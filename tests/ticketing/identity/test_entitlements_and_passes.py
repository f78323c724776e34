"""An account brings proofs that a trusted issuer has signed, and passes that were bought, to a price."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.ticketing.identity.people_of import Account, register
from tests.ticketing.identity.season_buyers import TRAM, buy, offer
from ticketing.app import create_app
from ticketing.cli.worker import run_round
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.identity import create_key
from ticketing.quote.service import replay
from ticketing.regions import Region

pytestmark = pytest.mark.usefixtures("quick_hashes")

ISSUER = "https://id.tallinn.example"
CITY = ec.generate_private_key(ec.SECP256R1())


def proof(now: datetime, key: Any = CITY, typ: str = "entitlement+jwt", **changes: Any) -> str:
    claims = {
        "iss": ISSUER,
        "aud": "throughfare.eu",
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + 600,
        "jti": "p1",
        "claim": "resident",
        "valid_until": "2027-12-31",
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not ...}
    return jwt.encode(claims, key, algorithm="ES256", headers={"typ": typ, "kid": "city-1"})


@pytest.fixture
def city(
    settings: Settings,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
    tmp_path: Path,
) -> Iterator[Api]:
    """The service with the city as a trusted issuer of residents' proofs, and a carnet on sale."""
    jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(CITY.public_key()))
    (tmp_path / "issuers.json").write_text(
        json.dumps({ISSUER: {"keys": [{**jwk, "kid": "city-1", "alg": "ES256"}]}})
    )
    region = regions["helsinki-tallinn"]
    rows = tuple(replace(row, issuer=ISSUER, claim="resident") for row in region.book.eligibility[:1])
    carnet = replace(region.book.passes[0], id="tll-10", kind="carnet", uses=2)
    book = replace(region.book, eligibility=rows, passes=(*region.book.passes, carnet))
    app = create_app(
        replace(settings, proof_issuers=tmp_path / "issuers.json"),
        clock=clock,
        regions={"helsinki-tallinn": replace(region, book=book)},
        connectors={"helsinki-tallinn": ferries},
    )
    rooms = app.extensions["throughfare"]

    def key(role: Any, operator: str | None = None) -> str:
        return create_key(rooms.till.database, clock, role=role, operator=operator, label="test")[1]

    with lent(app):
        yield Api(app.test_client(), clock, key)
    rooms.till.database.close()


def quoted(account: Account, **changes: Any) -> dict[str, Any]:
    """A quote of the first offer."""
    return account.post("/v1/quotes", {"offer_id": offer(account, **changes)["offer_id"]}, once=None).json


def season(account: Account, product: str, **more: Any) -> dict[str, Any]:
    """Buy a pass."""
    quote = account.post("/v1/passes/quotes", {"product": product, **more}, once=None)
    assert quote.status_code == 201, quote.json
    return buy(account, quote.json)


def test_a_resident_travels_for_nothing_on_a_signed_proof_and_has_a_ticket(city: Api) -> None:
    anna = register(city)
    before = offer(anna)["price"]["total"]["amount"]
    added = anna.post("/v1/me/entitlements", {"proof": proof(city.clock.now())}, once=None)

    found = offer(anna)
    quote = anna.post("/v1/quotes", {"offer_id": found["offer_id"]}, once=None).json
    order = buy(anna, quote)

    assert (added.status_code, added.json["claim"]) == (201, "resident")
    assert (before, found["price"]["total"]["amount"]) == ("2.00", "0.00")
    assert order["state"] == "ticketed"
    assert len(anna.get(f"/v1/orders/{order['id']}/tickets").json["tickets"]) == 1


def test_a_bare_word_from_the_client_is_no_entitlement(city: Api) -> None:
    wish = {**TRAM, "passengers": [{"ref": "me", "claims": [{"claim": "resident"}]}]}

    refused = city.post("/v1/journeys", wish, once=None)

    assert refused.status_code == 422


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "somebody-else"},
        {"exp": 1},
        {"iat": 4_000_000_000, "exp": 4_000_000_600},
        {"nbf": 4_000_000_000, "exp": 4_000_000_600},
        {"valid_until": "2020-01-01"},
        {"valid_until": "soon"},
        {"claim": "president"},
        {"claim": 7},
        {"jti": ...},
        {"typ": "ticket+jwt"},
        {"key": ec.generate_private_key(ec.SECP256R1())},
    ],
)
def test_a_proof_that_does_not_convince_is_refused_and_leaves_nothing(
    city: Api, changes: dict[str, Any]
) -> None:
    anna = register(city)

    refused = anna.post("/v1/me/entitlements", {"proof": proof(city.clock.now(), **changes)}, once=None)

    assert refused.status_code == 422
    assert refused.json["errors"][0]["path"] == "proof"
    assert anna.get("/v1/me/entitlements").json["entitlements"] == []


def test_one_proof_serves_one_account(city: Api) -> None:
    anna, mari = register(city), register(city, "mari@example.org")
    same = proof(city.clock.now())
    anna.post("/v1/me/entitlements", {"proof": same}, once=None)

    assert mari.post("/v1/me/entitlements", {"proof": same}, once=None).status_code == 409


def test_an_offer_that_counts_on_an_account_is_nobody_elses(city: Api) -> None:
    anna, mari = register(city), register(city, "mari@example.org")
    anna.post("/v1/me/entitlements", {"proof": proof(city.clock.now())}, once=None)
    found = offer(anna)["offer_id"]

    assert mari.post("/v1/quotes", {"offer_id": found}, once=None).status_code == 410
    assert city.post("/v1/quotes", {"offer_id": found}, once=None).status_code == 410


def test_a_pass_is_bought_like_any_product_and_covers_the_legs_at_nothing(city: Api) -> None:
    anna = register(city)
    on_sale = city.get("/v1/passes").json or {}
    bought = season(anna, "tll-30d")

    found = offer(anna, to={"place": "Pasila"})
    quote = anna.post("/v1/quotes", {"offer_id": found["offer_id"]}, once=None).json

    items = quote["passengers"][0]["items"]
    assert {one["id"] for one in on_sale["passes"]} == {"tll-30d", "tll-10"}
    assert (bought["state"], bought["total"]["amount"]) == ("ticketed", "30.00")
    assert items[0]["price"]["amount"] == "0.00"
    assert items[0]["held_ticket"] == anna.get("/v1/me/passes").json["passes"][0]["ticket"]
    assert buy(anna, quote)["state"] == "ticketed"


def test_a_pass_opens_the_gates_of_its_operator_again_and_again(city: Api) -> None:
    anna = register(city)
    order = season(anna, "tll-30d")
    token = anna.get(f"/v1/orders/{order['id']}/tickets").json["tickets"][0]["token"]
    gate, other = city.key("gate", "tlt"), city.key("gate", "hsl")
    answers = []
    for _ in range(3):
        city.clock.advance(timedelta(hours=1))
        answers.append(city.scan(token, gate, stop_id="09005-1").json["decision"])

    assert answers == ["accept"] * 3
    assert city.scan(token, other).json["decision"] == "refuse"


def test_a_carnet_gives_its_uses_once_and_a_returned_journey_gives_them_back(city: Api) -> None:
    anna = register(city)
    season(anna, "tll-10")

    def left() -> int:
        return int(anna.get("/v1/me/passes").json["passes"][0]["uses_left"])

    def ride() -> dict[str, Any]:
        return anna.post("/v1/quotes", {"offer_id": offer(anna)["offer_id"]}, once=None).json

    first = buy(anna, ride())
    after_one = left()
    quotes = [ride(), ride()]
    buy(anna, quotes[0])
    refused = anna.post("/v1/orders", {"quote_id": quotes[1]["id"]})
    paid_again = offer(anna)["price"]["total"]["amount"]

    assert (first["total"]["amount"], after_one, left()) == ("0.00", 1, 0)
    assert refused.status_code == 409
    assert paid_again == "2.00"
    back = anna.post(f"/v1/orders/{first['id']}/refunds", {"passengers": ["me"]})
    assert (back.status_code, left()) == (201, 1)


def test_an_abandoned_order_gives_its_use_back(city: Api) -> None:
    anna = register(city)
    season(anna, "tll-10")
    found = offer(anna, to={"place": "Pasila"})
    quote = anna.post("/v1/quotes", {"offer_id": found["offer_id"]}, once=None).json
    anna.post("/v1/orders", {"quote_id": quote["id"]})
    during = anna.get("/v1/me/passes").json["passes"][0]["uses_left"]
    city.clock.advance(timedelta(minutes=16))
    run_round(city.client.application.extensions["throughfare"].till)
    signed = register(city, "x@example.org")

    again = city.post("/v1/sessions/refresh", {"refresh_token": anna.refresh}, once=None).json or {}
    after = city.get("/v1/me/passes", again["access_token"]).json or {}

    assert signed.id
    assert (during, after["passes"][0]["uses_left"]) == (1, 2)


def test_an_unused_pass_is_given_back_before_it_begins_and_not_after(city: Api) -> None:
    anna = register(city)
    later = (city.clock.now() + timedelta(days=3)).isoformat()
    coming, running = season(anna, "tll-30d", start=later), season(anna, "tll-30d")
    city.clock.advance(timedelta(minutes=1))

    before = anna.post(f"/v1/orders/{coming['id']}/refunds", {"passengers": ["holder"]})
    after = anna.post(f"/v1/orders/{running['id']}/refunds", {"passengers": ["holder"]})

    assert (before.status_code, before.json["amount"]["amount"]) == (201, "30.00")
    assert after.status_code == 409


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"product": "none"}, "product"),
        ({"product": "tll-30d", "rider_category": "dog"}, "rider_category"),
        ({"product": "tll-30d", "start": "2020-01-01T00:00:00+00:00"}, "start"),
        ({"product": "tll-30d", "region": "mars"}, "region"),
    ],
)
def test_what_is_wrong_with_a_wanted_pass_is_named(city: Api, body: dict[str, Any], path: str) -> None:
    refused = register(city).post("/v1/passes/quotes", body, once=None)

    assert (refused.status_code, refused.json["errors"][0]["path"]) == (422, path)


def test_a_pass_that_is_wanted_for_today_begins_now(city: Api) -> None:
    """A pass for today begins now: it pays for no ride of this morning."""
    now = city.clock.now()
    today = now.astimezone(ZoneInfo("Europe/Tallinn")).replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = (today - timedelta(minutes=1)).isoformat()
    anna = register(city)

    season(anna, "tll-30d", start=today.isoformat())
    refused = anna.post("/v1/passes/quotes", {"product": "tll-30d", "start": yesterday}, once=None)

    held = anna.get("/v1/me/passes").json["passes"][0]
    assert datetime.fromisoformat(held["valid_from"]) == now
    assert (refused.status_code, refused.json["errors"][0]["path"]) == (422, "start")


def test_a_quote_that_counts_on_a_pass_is_replayed_to_the_cent(city: Api) -> None:
    anna = register(city)
    anna.post("/v1/me/entitlements", {"proof": proof(city.clock.now())}, once=None)
    season(anna, "tll-30d")
    quote = anna.post(
        "/v1/quotes", {"offer_id": offer(anna, to={"place": "Pasila"})["offer_id"]}, once=None
    ).json

    again = replay(city.client.application.extensions["throughfare"].till.database, quote["id"])

    assert again.total.text == quote["total"]["amount"]


def test_a_pass_that_is_lost_to_a_dispute_takes_its_journeys_with_it(city: Api) -> None:
    anna = register(city)
    quote = anna.post("/v1/passes/quotes", {"product": "tll-30d"}, once=None).json
    bought = anna.post("/v1/orders", {"quote_id": quote["id"]}).json
    anna.post(f"/v1/orders/{bought['id']}/payments", {"method": "demo_dispute"})
    free = anna.post("/v1/orders", {"quote_id": quoted(anna)["id"]}).json
    later = quoted(anna, to={"place": "Pasila"}, depart_at="2026-10-13T12:10:00+03:00")
    waits = anna.post("/v1/orders", {"quote_id": later["id"]}).json
    charge = re.findall(r'href="/demo-gateway/([^"]+)"', city.get("/demo-gateway").text)[0]

    seen = []
    for step in ("open", "withdrawn", "lost"):
        city.client.post(f"/demo-gateway/{charge}/dispute", data={"step": step})
        seen += [one["status"] for one in anna.get(f"/v1/orders/{free['id']}/tickets").json["tickets"]]
    paid = anna.post(f"/v1/orders/{waits['id']}/payments", {"method": "demo_ok"})

    assert free["state"] == "ticketed"
    assert seen == ["suspended", "suspended", "revoked"]
    assert (paid.status_code, anna.get(f"/v1/orders/{waits['id']}").json["state"]) == (409, "cancelled")
    assert "no longer valid" in paid.json["detail"]
