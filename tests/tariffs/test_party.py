"""Passengers bring passes that they hold, claims that were proven, rides already paid, and company to a price."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tariffs import eligibility, groups, passes_reader, pricing
from tariffs.book import TariffBook, build_book
from tariffs.caps import Tap
from tariffs.findings import errors
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.parts import OfferedFare
from tariffs.party import Passenger, ProvenClaim
from tariffs.passes import HeldPass, PassValidity, Scope, on_sale
from tariffs.pricing import price_journey
from tariffs.result import PassengerPrice
from tests.tariffs.island import table
from tests.tariffs.journeys import START, TAXES, ZONE, agreement, fares, gulf, ride
from tests.tariffs.parties import CAPS, RESIDENT, THIRTY, TLL, TRAM, WEEK, party, product, resident, tariff

TWO_TRAMS = [ride("tll", 0, ("EE", 4000)), ride("tll", 60, ("EE", 4000))]


def anna(book: TariffBook, rides: list[Ride], **brought: Any) -> PassengerPrice:
    found = price_journey(book, rides, [Passenger("anna", "adult", **brought)]).passengers[0]
    if found.total is not None:
        assert sum(share.gross for share in found.shares) == found.total.minor
        assert sum(row.gross for row in found.taxes) == found.total.minor
        assert sum(item.price.minor for item in found.bought) == found.total.minor
    return found


def shares(found: PassengerPrice) -> dict[str, int]:
    return {share.operator: share.gross for share in found.shares}


def cents(found: PassengerPrice) -> int | None:
    return found.total.minor if found.total else None


def held_pass(**changes: Any) -> HeldPass:
    """A pass of the tram for ninety days."""
    base = HeldPass(
        ticket="tick-2",
        product="ten",
        scope=Scope(frozenset({"tll"})),
        valid_from=START,
        valid_until=START + timedelta(days=90),
        uses_left=1,
    )
    return replace(base, **changes)


def test_a_pass_makes_the_legs_it_covers_cost_nothing_and_says_which_pass() -> None:
    found = anna(tariff(), gulf(), passes=(WEEK,))

    assert cents(found) == 320 + 2900
    assert [item.held_ticket for item in found.bought] == [None, None, "tick-1"]
    assert found.derivation[-1]["reason"] == "pass"


@pytest.mark.parametrize(
    ("change", "price"),
    [
        ({}, 0),
        ({"valid_from": START + timedelta(seconds=1)}, 200),
        ({"valid_until": START}, 200),
        ({"scope": Scope(frozenset({"hsl"}))}, 200),
        ({"scope": Scope(frozenset({"tll"}), networks=frozenset({"x"}))}, 200),
        ({"scope": Scope(frozenset({"tll"}), areas=frozenset({"x"}))}, 200),
        ({"uses_left": 0}, 200),
        ({"uses_left": 1}, 0),
    ],
)
def test_a_pass_covers_its_own_rides_in_its_own_time(change: dict[str, Any], price: int) -> None:
    held = HeldPass(**{name: getattr(WEEK, name) for name in WEEK.__slots__} | change)

    assert cents(anna(tariff(), TRAM, passes=(held,))) == price


def test_a_carnet_gives_one_use_a_ride_until_none_is_left() -> None:
    carnet = held_pass()

    found = anna(tariff(), TWO_TRAMS, passes=(carnet,))

    assert cents(found) == 200
    assert [item.held_ticket for item in found.bought] == ["tick-2", None]


def test_a_use_of_a_carnet_goes_to_the_dearest_ride() -> None:
    hourly = {
        **TLL,
        "networks.txt": "network_id\nnear\nfar\n",
        "route_networks.txt": "network_id,route_id\nnear,r\nfar,far\n",
        "fare_products.txt": table("fare_product_id,amount,currency", "short,1.00,EUR", "long,4.00,EUR"),
        "fare_leg_rules.txt": table("network_id,fare_product_id", "near,short", "far,long"),
    }
    carnet = held_pass()
    rides = [TRAM[0], replace(ride("tll", 60, ("EE", 4000)), route_id="far")]

    found = anna(tariff(feeds={"tll": hourly}), rides, passes=(carnet,))

    assert cents(found) == 100
    assert [item.held_ticket for item in found.bought] == [None, "tick-2"]


def test_the_uses_of_a_carnet_are_counted_over_the_whole_journey() -> None:
    carnet = held_pass(scope=Scope(frozenset({"tll", "hsl"})), uses_left=2)
    rides = [TRAM[0], ride("hsl", 60, ("FI", 3000)), ride("tll", 120, ("EE", 4000))]

    found = anna(tariff(), rides, passes=(carnet,))

    assert cents(found) == 200
    assert [item.held_ticket for item in found.bought].count("tick-2") == 2


def test_each_way_of_a_return_ticket_is_good_once() -> None:
    there = Scope(frozenset({"tll"}), directions=(("X", "Y"), ("Y", "X")))
    held = held_pass(ticket="tick-3", product="back", scope=there, uses_left=2)
    areas = {
        **TLL,
        "areas.txt": "area_id\nX\nY\n",
        "stop_areas.txt": "area_id,stop_id\nX,a\nY,b\n",
        "stops.txt": "stop_id,stop_name\na,A\nb,B\n",
    }
    again = [TRAM[0], ride("hsl", 60, ("FI", 3000)), ride("tll", 120, ("EE", 4000))]

    found = anna(tariff(feeds={"tll": areas}), again, passes=(held,))

    assert cents(found) == 320 + 200


def test_an_agreement_takes_no_use_of_a_carnet() -> None:
    half = agreement(percent=50, prices=[])
    carnet = held_pass()

    found = anna(tariff(half), gulf(), passes=(carnet,))

    assert cents(found) == (320 + 2900 + 200) // 2
    assert [item.held_ticket for item in found.bought] == [None]


def test_no_use_of_a_carnet_is_lost_on_a_ride_that_is_free_anyway() -> None:
    carnet = held_pass()
    entitled = tariff(eligibility_text=RESIDENT)

    found = anna(entitled, TRAM, passes=(carnet,), claims=(resident(),))

    assert [item.held_ticket for item in found.bought] == [None]


def party_on(
    book: TariffBook, rides: list[Ride], *riders: str, passes: tuple[HeldPass, ...]
) -> list[PassengerPrice]:
    """The prices of a party of which everybody brings the same passes."""
    party = [Passenger(f"p{at}", rider, passes=passes) for at, rider in enumerate(riders)]
    return list(price_journey(book, rides, party).passengers)


def test_a_pass_covers_no_other_rider_category_than_it_was_sold_to() -> None:
    childs = replace(WEEK, rider="child")

    assert cents(anna(tariff(), TRAM, passes=(childs,))) == 200
    assert cents(anna(tariff(), TRAM, passes=(replace(WEEK, rider="adult"),))) == 0


def test_a_carnet_of_a_party_pays_one_stroke_a_person_and_no_more_than_are_left() -> None:
    carnet = held_pass(uses_left=2, rider="adult", shared=True)

    found = party_on(tariff(), TRAM, "adult", "child", "adult", "adult", passes=(carnet,))

    assert [cents(one) for one in found] == [0, 100, 0, 200]
    # A passenger's uses stay theirs: a quote is priced again from its own record of each.
    again = price_journey(tariff(), TRAM, [one.passenger for one in found]).passengers
    assert list(again) == found


def test_the_strokes_of_a_party_go_where_the_party_pays_least() -> None:
    hourly = {
        **TLL,
        "networks.txt": "network_id\nnear\nfar\n",
        "route_networks.txt": "network_id,route_id\nnear,r\nfar,far\n",
        "fare_products.txt": table("fare_product_id,amount,currency", "short,1.00,EUR", "long,4.00,EUR"),
        "fare_leg_rules.txt": table("network_id,fare_product_id", "near,short", "far,long"),
    }
    carnet = held_pass(uses_left=2, shared=True)
    rides = [TRAM[0], replace(ride("tll", 60, ("EE", 4000)), route_id="far")]

    found = party_on(tariff(feeds={"tll": hourly}), rides, "adult", "adult", passes=(carnet,))

    assert [cents(one) for one in found] == [100, 100]


def test_a_resident_travels_for_nothing_on_proof_and_it_is_still_a_ticket() -> None:
    found = anna(tariff(eligibility_text=RESIDENT), TRAM, claims=(resident(),))

    assert found.total == Money(0, "EUR")
    assert [item.fare_product_id for item in found.bought] == ["resident"]
    assert found.derivation[-1]["reason"] == "eligibility"
    assert found.derivation[-1]["proof"] == "sha256:abc"


@pytest.mark.parametrize("claims", [(), (resident(-1),), (ProvenClaim("student", date.max, "x"),)])
def test_a_claim_that_is_missing_expired_on_the_day_of_travel_or_another_one_changes_nothing(
    claims: Any,
) -> None:
    assert cents(anna(tariff(eligibility_text=RESIDENT), TRAM, claims=claims)) == 200


def test_an_authority_that_pays_for_an_entitlement_is_a_party_of_its_own() -> None:
    funded = tariff(eligibility_text=RESIDENT.replace(",,\n", ",,funder:tallinn\n"))

    assert shares(anna(funded, TRAM, claims=(resident(),))) == {"tll": 200, "funder:tallinn": -200}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("r,i,mars,free,2013-01-01,,", "operator"),
        ("r,i,tll,free,soon,,", "valid_from"),
        (",i,tll,free,2013-01-01,,", "claim"),
        ("r,i,tll,free,2013-01-01,2012-01-01,", "valid_to"),
        ("r,i,tll,free,2013-01-01,,city", "bearer"),
    ],
)
def test_a_fault_of_an_entitlement_is_named(row: str, field: str) -> None:
    _, findings = eligibility.load(RESIDENT.splitlines()[0] + "\n" + row + "\n", ["tll"])

    assert [(fault.row, fault.field) for fault in errors(findings)] == [(2, field)]


def earlier(*minutes: int, full: int = 200) -> tuple[Tap, ...]:
    return tuple(
        Tap(
            id=f"tap {at}",
            at=START - timedelta(minutes=at),
            price=Money(full, "EUR"),
            network="",
            rider="adult",
            medium="",
            operator="tll",
        )
        for at in minutes
    )


@pytest.mark.parametrize(
    ("before", "price"),
    [((), 200), ((10,), 200), ((10, 20), 150), ((10, 20, 30), 0), ((1440, 1450, 1460), 200)],
)
def test_within_a_day_nobody_pays_more_than_the_cap(before: tuple[int, ...], price: int) -> None:
    found = anna(tariff(caps_text=CAPS), TRAM, paid=earlier(*before))

    assert cents(found) == price
    assert (found.derivation[-1]["reason"] == "cap") == (price < 200)


def test_two_rides_of_one_journey_count_under_one_cap() -> None:
    apart = [TRAM[0], ride("hsl", 30, ("FI", 100)), ride("tll", 60, ("EE", 4000))]

    assert cents(anna(tariff(caps_text=CAPS), apart, paid=earlier(10))) == 200 + 320 + 150


def test_a_ride_that_an_agreement_pays_does_not_fill_the_cap() -> None:
    link = agreement(
        pattern=[{"operator": "tll"}, {"operator": "hsl"}],
        parties=["tll", "hsl"],
        max_connection_seconds=[7200],
        prices=[{"rider": "adult", "sale_channel": None, "amount": "3.00", "currency": "EUR"}],
    )
    rides = [TRAM[0], ride("hsl", 30, ("FI", 100)), ride("tll", 60, ("EE", 4000))]

    found = anna(tariff(link, caps_text=CAPS), rides, paid=earlier(10))

    assert cents(found) == 300 + 200


FAMILY = table(
    "group_id,operator,rider_category,members,min_passengers", "family,tll,family,adult:2 child:3,2"
)


@pytest.mark.parametrize(
    ("riders", "price"),
    [
        (["adult"], 200),
        (["adult", "child"], 300),
        (["adult", "adult"], 350),
        (["adult", "adult", "child"], 350),
        (["adult", "adult", "adult"], 550),
        (["adult"] * 4, 700),
        (["child"] * 3, 300),
    ],
)
def test_a_group_price_beats_singles_only_where_it_is_cheaper(riders: list[str], price: int) -> None:
    found = price_journey(tariff(groups_text=FAMILY), TRAM, party(*riders))

    assert found.total is not None
    assert found.total.minor == price
    for passenger in found.passengers:
        assert passenger.total is not None
        assert sum(share.gross for share in passenger.shares) == passenger.total.minor


def test_a_party_without_a_group_is_the_sum_of_its_passengers() -> None:
    both = price_journey(tariff(), gulf(), party("adult", "adult"))
    one = price_journey(tariff(), gulf(), party("adult"))

    assert both.total is not None
    assert one.total is not None
    assert both.total.minor == 2 * one.total.minor


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("f,mars,family,adult:2,2", "operator"),
        ("f,tll,family,adult,2", "members"),
        ("f,tll,family,dog:1,1", "members"),
        ("f,tll,family,adult:2,3", "min_passengers"),
        ("f,tll,family,adult:2,x", "min_passengers"),
    ],
)
def test_a_fault_of_a_group_is_named(row: str, field: str) -> None:
    _, findings = groups.load(FAMILY.splitlines()[0] + "\n" + row + "\n", ["tll"], ["adult"])

    assert field in {fault.field for fault in errors(findings)}


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def offered(minor: int, fare_class: str = "S", minutes: int = 15) -> OfferedFare:
    until = NOW + timedelta(minutes=minutes)
    return OfferedFare(
        id=f"offer {fare_class}",
        operator="ferry",
        legs=(1,),
        rider="adult",
        fare_class=fare_class,
        price=Money(minor, "EUR"),
        valid_until=until,
    )


def test_an_operator_that_prices_itself_is_taken_at_its_word_until_the_offer_dies() -> None:
    offers = [offered(5500, "P", 30), offered(3900, "F", 15), offered(1500, "L", 0)]

    found = price_journey(tariff(), gulf(), party("adult"), at=NOW, offers=offers)

    assert found.total == Money(320 + 3900 + 200, "EUR")
    assert found.expires_at == NOW + timedelta(minutes=15)


def test_an_expired_offer_is_no_price() -> None:
    found = price_journey(tariff(), gulf(), party("adult"), at=NOW, offers=[offered(1900, minutes=0)])

    assert (found.total, found.reason) == (None, "offer_expired")


BRIDGE = {
    "feeds": {
        "hsl": {
            **fares("ab", "3.20"),
            "fare_products.txt": "fare_product_id,amount,currency\nab,32.00,SEK\n",
        },
        "tll": fares("hour", "2.00"),
    },
    "agreement_documents": [],
    "tax_text": TAXES,
    "media": {},
    "fee_basis_points": 0,
    "riders": {"adult": {"hsl": "adult", "tll": "adult"}},
}
RATES = table("Date,SEK,DKK", "2026-02-27,11.0000,N/A", "2026-02-26,11.5000,7.4600")


def test_two_currencies_meet_at_the_last_published_rate_and_the_rate_is_kept() -> None:
    book, findings = build_book(**BRIDGE, rates_text=RATES)
    assert book is not None, findings
    rides = [ride("hsl", 0, ("FI", 3000)), ride("tll", 60, ("EE", 4000))]

    found = price_journey(book, rides, party("adult"), at=NOW)

    assert found.total == Money(291 + 200, "EUR")
    step = next(step for step in found.passengers[0].derivation if step["reason"] == "conversion")
    assert (step["rule"]["id"], step["rate"], step["before"]) == ("2026-02-27", "1/11", "32.00 SEK")


@pytest.mark.parametrize("at", [None, NOW + timedelta(days=30), NOW - timedelta(days=30)])
def test_without_a_recent_rate_two_currencies_have_no_price(at: datetime | None) -> None:
    book, _ = build_book(**BRIDGE, rates_text=RATES)
    assert book is not None

    found = price_journey(
        book, [ride("hsl", 0, ("FI", 3)), ride("tll", 60, ("EE", 4))], party("adult"), at=at
    )

    assert (found.total, found.reason) == (None, "mixed_currencies")


@pytest.mark.parametrize(
    ("validity", "until"),
    [
        (PassValidity("hours", 2), "2026-03-28T23:30:00+02:00"),
        (PassValidity("hours", 24), "2026-03-29T22:30:00+03:00"),
        (PassValidity("days", 1), "2026-03-29T21:30:00+03:00"),
        (PassValidity("service_days", 1, 4 * 3600), "2026-03-29T04:00:00+03:00"),
        (PassValidity("service_days", 2), "2026-03-30T00:00:00+03:00"),
    ],
)
def test_a_validity_ends_by_the_clock_on_the_wall(validity: PassValidity, until: str) -> None:
    start = datetime(2026, 3, 28, 21, 30, tzinfo=ZONE)  # the clocks change that night

    assert validity.until(start, ZONE) == datetime.fromisoformat(until)


def test_the_newest_version_on_the_day_is_sold() -> None:
    old, new = product(valid_to="2026-06-30"), product(version=2, valid_from="2026-05-01")

    assert on_sale([new, old], date(2026, 4, 30)) == {"tll-30d": old}
    assert on_sale([new, old], date(2026, 5, 1)) == {"tll-30d": new}
    assert on_sale([new, old], date(2025, 5, 1)) == {}


def test_a_return_ticket_is_good_once_each_way() -> None:
    back = product(
        kind="return", scope={"operators": ["tll"], "directions": [["X", "Y"], ["Y", "X"]]}, id="back"
    )

    assert (back.uses, back.scope.directions) == (2, (("X", "Y"), ("Y", "X")))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "magic"}, "kind"),
        ({"id": "much-too-long-for-a-ticket"}, "id"),
        ({"names": {"fi": "x"}}, "names.en"),
        ({"scope": {}}, "scope.operators"),
        ({"scope": {"operators": ["mars"]}}, "scope.operators"),
        ({"prices": []}, "prices"),
        ({"validity": {"unit": "moons", "length": 1}}, "validity.unit"),
        ({"validity": {"unit": "days", "length": 0}}, "validity.length"),
        ({"validity": {"unit": "days", "length": 1, "starts": "04:00"}}, "validity.starts"),
        ({"uses": 3}, "uses"),
        ({"kind": "carnet"}, "uses"),
        ({"kind": "return"}, "scope.directions"),
        ({"territories": []}, "territories"),
        ({"apportionment": {}}, "apportionment"),
        ({"colour": "red"}, "colour"),
        ({"valid_to": "2025-01-01"}, "valid_to"),
    ],
)
def test_a_fault_of_a_product_is_named(change: dict[str, Any], field: str) -> None:
    found, findings = passes_reader.load([THIRTY | change], ["tll", "hsl"], ["adult"])

    assert found == ()
    assert field in {fault.field for fault in errors(findings)}


def test_people_who_are_alike_are_priced_once_and_each_pays_what_one_alone_pays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book, asked, told = tariff(), [], pricing.own_prices
    people = [Passenger(f"p{at}", rider) for at, rider in enumerate(["adult", "child"] * 15)]

    def counting(journey: Any, passenger: Passenger) -> Any:
        asked.append(passenger.rider)
        return told(journey, passenger)

    alone = {rider: price_journey(book, gulf(), [Passenger("", rider)]).total for rider in ("adult", "child")}
    monkeypatch.setattr(pricing, "own_prices", counting)
    party = price_journey(book, gulf(), people)

    assert sorted(asked) == ["adult", "child"]
    assert [found.passenger for found in party.passengers] == people
    assert [found.total for found in party.passengers] == [alone[one.rider] for one in people]
