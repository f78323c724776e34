"""Each invariant of a journey: silent when it holds, and one sentence for each thing that is wrong."""

from decimal import Decimal
from typing import Any

from ticketing.rehearsal import invariants
from ticketing.rehearsal.journey import Call


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def share(operator: str, gross: str, vat: str, fee: str, net: str) -> dict[str, Any]:
    return {"operator": operator, "gross": eur(gross), "vat": eur(vat), "fee": eur(fee), "net": eur(net)}


def quote(**changes: Any) -> dict[str, Any]:
    passenger = {
        "ref": "p1",
        "rider_category": "adult",
        "total": eur("10.00"),
        "items": [{"price": eur("10.00")}],
        "shares": [
            share("tram", "2.00", "0.40", "0.03", "1.57"),
            share("sea", "8.00", "0.00", "0.12", "7.88"),
        ],
        "taxes": [{"gross": eur("2.00"), "vat": eur("0.40")}, {"gross": eur("8.00"), "vat": eur("0.00")}],
        "derivation": [],
    }
    return {"total": eur("10.00"), "passengers": [{**passenger, **changes}]}


def test_a_server_error_is_a_fault_and_a_silent_operator_is_none() -> None:
    calls = [
        Call("POST", "/v1/quotes", 201),
        Call("POST", "/v1/orders", 503, "operator_silent"),
        Call("POST", "/v1/orders/…/payments", 503, "payment_unknown"),
        Call("POST", "/v1/orders/…/refunds", 500, "internal_error", "something"),
        Call("GET", "/v1/regions", 502),
    ]

    assert invariants.no_server_error(calls) == [
        "POST /v1/orders/…/refunds answered 500 internal_error something",
        "GET /v1/regions answered 502",
    ]


def test_a_quote_whose_parts_make_its_price_is_well() -> None:
    assert invariants.quote_adds_up(quote()) == []


def test_vat_of_an_operator_without_a_share_is_found() -> None:
    taxes = [*quote()["passengers"][0]["taxes"], {"gross": eur("0.00"), "vat": eur("0.12")}]

    assert invariants.quote_adds_up(quote(taxes=taxes)) == [
        "adult: net 9.45 + VAT 0.52 + fee 0.15 is not 10.00",
        "adult: shares keep 0.40 for VAT, states get 0.52",
    ]


def test_items_shares_and_taxed_parts_each_make_the_price() -> None:
    shares = [share("tram", "2.00", "0.40", "0.03", "1.50")]

    assert invariants.quote_adds_up(quote(items=[], shares=shares, taxes=[])) == [
        "adult: items make 0, the price is 10.00",
        "adult: shares make 2.00, the price is 10.00",
        "adult: net 1.50 + VAT 0 + fee 0.03 is not 10.00",
        "adult: shares keep 0.40 for VAT, states get 0",
        "adult: the parts that are taxed make 0, the price is 10.00",
        "adult: tram has gross 2.00 and not net + VAT + fee",
    ]


def test_passengers_make_the_price_of_the_party_in_one_currency() -> None:
    party = {**quote(), "total": {"amount": "20.00", "currency": "SEK"}}

    assert invariants.quote_adds_up(party) == [
        "the passengers pay 10.00 and the quote says 20.00",
        "one quote in EUR and SEK",
    ]


def test_a_quote_costs_what_its_offer_said() -> None:
    offer = {"total": eur("10.00"), "passengers": [{"ref": "p1", "total": eur("9.00")}]}

    assert invariants.quote_is_as_offered(offer, quote()) == [
        "for p1 the offer says 9.00 EUR and the quote 10.00 EUR"
    ]


def test_whoever_carries_has_a_share_but_for_an_agreement_of_others() -> None:
    rides = [{"operator": "tram"}, {"operator": "sea"}, {"operator": "bridge"}]
    agreed = [{"reason": "agreement", "product": "over", "legs": [2]}]

    assert invariants.every_ride_has_its_share(rides, quote(), {}) == ["adult: bridge has no share"]
    assert (
        invariants.every_ride_has_its_share(rides, quote(derivation=agreed), {"over": ["sea", "tram"]}) == []
    )
    assert invariants.every_ride_has_its_share(rides, quote(derivation=agreed), {"over": ["bridge"]}) == [
        "adult: bridge has no share"
    ]


def test_what_is_not_sold_is_refused_with_a_reason() -> None:
    assert invariants.refused_before_the_money(Call("POST", "/v1/orders", 409, "conflict")) == []
    assert invariants.refused_before_the_money(Call("POST", "/v1/orders", 503, "operator_silent")) == []
    assert invariants.refused_before_the_money(Call("POST", "/v1/orders", 409)) == [
        "POST /v1/orders answered 409 "
    ]
    assert invariants.refused_before_the_money(Call("POST", "/v1/orders", 500, "internal_error", "oh")) == [
        "POST /v1/orders answered 500 oh"
    ]


def test_paid_means_that_each_passenger_has_a_ticket() -> None:
    order = {
        "state": "ticketed",
        "total": eur("10.00"),
        "due": eur("10.00"),
        "payments": [{"state": "captured"}],
        "passengers": [{"ref": "p1"}, {"ref": "p2"}],
    }

    assert invariants.paid_means_ticketed(order, [{"passenger": "p1"}, {"passenger": "p2"}]) == []
    assert invariants.paid_means_ticketed(order, [{"passenger": "p1"}]) == ["paid, and p2 has no ticket"]
    assert invariants.paid_means_ticketed({**order, "state": "authorised"}, []) == [
        "paid 10.00 and the order is authorised"
    ]
    assert invariants.paid_means_ticketed({**order, "state": "cancelled", "payments": []}, []) == []


def test_an_offer_to_give_back_is_honoured_to_the_amount() -> None:
    offer = {"amount": eur("4.00")}

    assert invariants.offer_is_honoured(offer, 201, {"amount": eur("4.00")}, "") == []
    assert invariants.offer_is_honoured(offer, 201, {"amount": eur("3.99")}, "") == [
        "offered 4.00 EUR back and gave 3.99 EUR"
    ]
    assert invariants.offer_is_honoured(offer, 500, {}, "wrong") == [
        "offered 4.00 back, then answered 500: wrong"
    ]


def test_no_more_is_given_back_than_was_paid() -> None:
    refunds = [{"amount": eur("6.00")}, {"amount": eur("4.01")}]

    assert invariants.gives_back_at_most_what_was_paid(Decimal("10.01"), refunds) == []
    assert invariants.gives_back_at_most_what_was_paid(Decimal("10.00"), refunds) == [
        "paid 10.00 and got 10.01 back"
    ]


def test_a_gate_decides_as_it_should() -> None:
    shown = {"decision": "accept", "reason": "ok"}

    assert invariants.opens("accept", shown, "here") == []
    assert invariants.opens("refuse", shown, "there") == ["there: accept (ok) where it should refuse"]


def held(who: str, token: str | None = "t", *, status: str = "valid", gone: int = 0) -> dict[str, Any]:
    legs = [{"given_back_at": "then"}] * gone + [{}] * (2 - gone)
    return {"passenger": who, "jti": f"j{who}", "status": status, "token": token, "legs": legs}


def test_one_code_for_a_group_or_a_code_of_their_own_and_never_both() -> None:
    group = {"passengers": ["a", "b"], "count": 2}

    assert invariants.one_code([held("a", None), held("b", None), held("c")], group) == []
    assert invariants.one_code([held("a"), held("b")], None) == []
    assert "a:" in invariants.one_code([held("a"), held("b", None)], group)[0]
    assert "c:" in invariants.one_code([held("a", None), held("b", None), held("c", None)], group)[0]
    gone = held("c", None, status="revoked")
    assert invariants.one_code([held("a", None), held("b", None), gone], group) == []
    assert "c:" in invariants.one_code([held("c", status="revoked")], None)[0]
    assert invariants.one_code([held("a", None), held("b", None)], {**group, "count": 3}) == [
        "the group code counts 3 and names 2"
    ]


def test_nobody_who_rides_on_like_the_others_is_missing_in_the_code_of_the_group() -> None:
    two, three = ({"passengers": [], "count": count} for count in (2, 3))
    party = [held("a"), held("b"), held("c")]

    assert invariants.nobody_is_missing(party, three) == []
    assert invariants.nobody_is_missing([*party[:2], held("c", gone=1)], two) == []
    assert invariants.nobody_is_missing([party[0], held("b", status="revoked")], None) == []
    assert invariants.nobody_is_missing(party, two) == ["3 of a group ride on alike, and its code counts 2"]
    assert invariants.nobody_is_missing(party, None) == ["3 of a group ride on alike, and its code counts 0"]


def test_who_does_not_change_keeps_the_ticket() -> None:
    before = [held("a"), held("b", None)]

    assert invariants.keeps_the_ticket(before, [held("a"), held("b", "own now")], "then") == []
    assert invariants.keeps_the_ticket(before, [held("a", "other"), held("b", None)], "then") == [
        "a has another ticket, or none, then"
    ]
    assert len(invariants.keeps_the_ticket(before, [held("a", status="revoked")], "then")) == 2
