"""From outside: whoever holds an order has the delay of a ferry confirmed, and anybody checks the signed confirmation."""

import io
import warnings
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from pypdf import PdfReader

from tests.api import Api, Bought
from tests.spoiled import spoiled
from tests.ticketing.claims.coast import REGION, Coast
from tests.ticketing.delay_papers.carrier import (
    JWKS,
    checked,
    code_on,
    confirmation,
    feed_saw_arrival,
    listed,
)
from throughfare_gate.tickets import confirmation as confirmations
from throughfare_gate.tickets.jwk import load_jwks
from throughfare_gate.tickets.jws import Refused, Signer
from ticketing.config import DEMO_PASSPHRASE, Settings
from ticketing.db.disruption import choices
from ticketing.db.disruption.choices import Choice
from ticketing.regions import by_staff
from ticketing.tickets.keys import KEEP, KeyStore

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def late_ferry(api: Api, minutes: int = 75) -> tuple[Coast, Bought, int]:
    """A ferry that has arrived late, and whoever holds a ticket for it."""
    coast = Coast(api)
    bought = api.buy()
    coast.delay(bought, minutes)
    coast.wait(bought)
    return coast, bought, coast.ship(bought)[0]


def test_a_proven_delay_is_confirmed_and_anybody_checks_it_with_the_published_keys(api: Api) -> None:
    coast, bought, at = late_ferry(api)
    _, ship = coast.ship(bought)

    (leg,) = listed(api, bought)
    signed = confirmation(api, bought, at, "fi")
    read = confirmations.read(signed.json["token"], load_jwks(api.get(JWKS).json or {}))

    assert (leg["leg"], leg["state"], leg["arrival_delay_minutes"], leg["note"]) == (
        at,
        "confirmed",
        75,
        None,
    )
    assert signed.status_code == 200, signed.json
    assert (read.operator, read.trip, read.from_name) == (
        ship["operator"],
        ship["trip_id"],
        ship["from"]["name"],
    )
    assert read.arrival == datetime.fromisoformat(ship["arrival"]) + timedelta(minutes=75)
    assert (read.planned_departure.isoformat(), read.arrival_delay_minutes) == (ship["departure"], 75)
    assert (read.cancelled, read.skipped, read.cause) == (False, False, "unknown")
    assert (read.ticket, read.issued_at) == (
        bought.ticket_of("anna")["jti"],
        int(api.clock.now().timestamp()),
    )
    assert read.evidence
    assert "myöhässä 75 min" in signed.json["text"]
    answer = checked(api, signed.json["token"])
    assert (answer["genuine"], answer["reason"], answer["stands"]) == (True, "ok", True)
    assert answer["claims"] == signed.json["claims"]


@ONE
def test_a_second_library_checks_a_confirmation(api: Api) -> None:
    _, bought, at = late_ferry(api)
    token = confirmation(api, bought, at).json["token"]

    keys = KeySet.import_key_set(
        {"keys": [{**key, "use": "sig"} for key in (api.get(JWKS).json or {})["keys"]]}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a newer name for the same algorithm
        found = jws.deserialize_compact(token, keys, algorithms=["EdDSA", "ES256"])

    assert found.headers()["typ"] == "delay-confirmation+jwt"
    assert found.payload


def test_an_expectation_confirms_nothing_until_its_time_has_come(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    at, ship = coast.ship(bought)
    coast.delay(bought, 75)
    before = confirmation(api, bought, at)
    listed_before = listed(api, bought)
    api.clock.set(datetime.fromisoformat(ship["departure"]) + timedelta(minutes=80))

    (leg,) = listed(api, bought)

    assert (before.status_code, listed_before) == (409, [])
    assert (leg["departure_delay_minutes"], leg["arrival"], leg["arrival_delay_minutes"]) == (75, None, None)
    claims = confirmation(api, bought, at).json["claims"]
    assert "arrival" not in claims
    assert claims["departure_delay_minutes"] == 75


def test_a_correction_gives_another_confirmation_and_the_older_one_no_longer_stands(api: Api) -> None:
    coast, bought, at = late_ferry(api)
    first = confirmation(api, bought, at).json
    api.clock.advance(timedelta(minutes=10))
    coast.delay(bought, 95)

    second = confirmation(api, bought, at).json

    assert (first["claims"]["arrival_delay_minutes"], second["claims"]["arrival_delay_minutes"]) == (75, 95)
    assert second["claims"]["iat"] == first["claims"]["iat"] + 600
    answers = [checked(api, one["token"]) for one in (first, second)]
    assert [(one["genuine"], one["stands"]) for one in answers] == [(True, False), (True, True)]


def test_a_cancelled_ferry_is_confirmed_at_once_and_no_more_once_it_sails(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    at, _ = coast.ship(bought)
    coast.cancel(bought)
    signed = confirmation(api, bought, at, anonymous="true").json
    stood = checked(api, signed["token"])
    api.clock.advance(timedelta(minutes=1))
    by_staff.take_back(coast.rooms.live, REGION, *coast.run(bought), by="mari")

    assert (signed["claims"]["cancelled"], "ticket" in signed["claims"]) == (True, False)
    assert "cancelled" in signed["text"]
    assert (stood["stands"], checked(api, signed["token"])["stands"]) == (True, False)
    assert (listed(api, bought), confirmation(api, bought, at).status_code) == ([], 409)


def test_where_two_words_contradict_each_other_nothing_is_confirmed_until_a_person_has_chosen(
    api: Api,
) -> None:
    coast, bought, at = late_ferry(api)
    feed_saw_arrival(coast, bought, 20)

    (leg,) = listed(api, bought, "sv")
    refused = confirmation(api, bought, at)
    with coast.rooms.till.database.write() as tx:
        word = Choice("seen", "the log of the port", "Kadri", api.clock.now())
        choices.put_choice(tx, REGION, coast.run(bought), 1, word)

    assert (leg["state"], leg["arrival"], leg["arrival_delay_minutes"]) == ("contradiction", None, None)
    assert "motsäger" in leg["note"]
    assert (refused.status_code, refused.json["type"]) == (409, "/errors/conflict")
    assert confirmation(api, bought, at).json["claims"]["arrival_delay_minutes"] == 20


@ONE
def test_an_order_of_several_names_whose_ticket_is_meant_or_nobodys(api: Api) -> None:
    _, bought, at = late_ferry(api)

    def asked(**query: str) -> Any:
        return api.get(
            f"/v1/orders/{bought.order['id']}/delay-confirmations/{at}", bought.token, query_string=query
        )

    answers = [asked(), asked(passenger="zoe"), asked(passenger="mari"), asked(anonymous="true")]

    assert [one.status_code for one in answers] == [422, 422, 200, 200]
    assert [(one.json or {})["errors"][0]["path"] for one in answers[:2]] == ["passenger"] * 2
    named = [(one.json or {})["claims"].get("ticket") for one in answers[2:]]
    assert named == [bought.ticket_of("mari")["jti"], None]


@ONE
def test_a_leg_that_is_not_there_and_one_that_was_on_time_are_not_confirmed(api: Api) -> None:
    _, bought, at = late_ferry(api, 0)

    assert [confirmation(api, bought, one).status_code for one in (at, 9)] == [409, 404]
    assert listed(api, bought) == []


def test_a_confirmation_opens_no_gate_and_a_ticket_confirms_nothing(api: Api) -> None:
    coast, bought, at = late_ferry(api)
    operator = coast.run(bought)[0]
    token, ticket = confirmation(api, bought, at).json["token"], bought.ticket_of("anna")["token"]
    rooms = coast.rooms
    kid, key = rooms.gatehouse.keys.signer_key("ticket")
    forged = Signer(kid, key).sign(confirmations.TYP, confirmation(api, bought, at).json["claims"])

    shown = api.scan(token, api.key("gate", operator)).json or {}

    assert (shown["decision"], shown["reason"]) == ("refuse", "bad_type")
    answers = [checked(api, one) for one in (ticket, forged, spoiled(token), "x")]
    assert [one["reason"] for one in answers] == ["bad_type", "unknown_key", "bad_signature", "malformed"]
    assert {one["genuine"] for one in answers} == {False}
    with pytest.raises(Refused, match="bad_type"):
        confirmations.read(ticket, load_jwks(api.get("/.well-known/jwks.json").json or {}))


def test_after_a_rotation_an_old_confirmation_still_verifies_and_a_compromised_key_proves_nothing(
    api: Api, settings: Settings
) -> None:
    _, bought, at = late_ferry(api)
    old = confirmation(api, bought, at).json["token"]
    keys = KeyStore(settings.keys_folder, DEMO_PASSPHRASE)
    kid = keys.signer_key("confirmation")[0]
    keys.rotate("confirmation", api.clock.now(), "ES256")
    api.clock.advance(timedelta(hours=48))
    keys.rotate("confirmation", api.clock.now())
    new = confirmation(api, bought, at).json["token"]

    ring = load_jwks(api.get(JWKS).json or {})
    read = [confirmations.read(one, ring).issued_at for one in (old, new)]
    assert read[1] - read[0] == 48 * 3600
    assert {ring[kid].algorithm for kid in ring} == {"EdDSA", "ES256"}
    keys.compromise(kid, api.clock.now())
    assert [checked(api, one)["reason"] for one in (old, new)] == ["unknown_key", "ok"]
    api.clock.advance(KEEP)


@pytest.mark.parametrize(
    ("language", "title", "said"),
    [
        ("en", "Confirmation of a delay", "Arrived at"),
        ("et", "Tõend hilinemise kohta", "hilines 75 min"),
        ("fi", "Vahvistus myöhästymisestä", "myöhässä 75 min"),
        ("sv-FI", "Intyg om försening", "75 min sen"),
    ],
)
@ONE
def test_the_paper_has_the_token_as_a_code_and_says_it_in_the_holders_language(
    api: Api, language: str, title: str, said: str
) -> None:
    _, bought, at = late_ferry(api)
    path = f"/v1/orders/{bought.order['id']}/delay-confirmations/{at}/print.pdf?passenger=anna"
    headers = {"Authorization": f"Bearer {bought.token}", "Accept-Language": language}

    answer = api.client.get(path, headers=headers)

    pages = PdfReader(io.BytesIO(answer.data)).pages
    text = " ".join(pages[0].extract_text().split())
    assert (answer.content_type, len(pages)) == ("application/pdf", 1)
    for expected in (title, said, JWKS, bought.ticket_of("anna")["jti"]):
        assert expected in text
    assert code_on(pages[0]) == confirmation(api, bought, at).json["token"]
    assert checked(api, code_on(pages[0]))["genuine"]
