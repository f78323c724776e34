"""Tickets pay for a new journey, for one quote, and up to an amount: pure decisions, no database."""

from datetime import timedelta
from typing import Any

import pytest

from tariffs.money import Money
from tariffs.passes import Scope
from tests.documents import AT, leg, promise, quoted, ride
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Conflict, Fault, InvalidRequest
from ticketing.frozen import SoldPass, TicketDocument
from ticketing.purchase.refund import credit
from ticketing.purchase.refund.refundable import RefundLine

HOUR = timedelta(hours=1)
WEEK = SoldPass(
    product="week",
    version=1,
    kind="pass",
    scope=Scope(frozenset({"tlt"})),
    uses=None,
    valid_from=AT,
    valid_until=AT + timedelta(days=7),
)


def ticket(ref: str, rider: str = "adult", **document: Any) -> Ticket:
    """A ticket of three legs that is good for three hours."""
    known: dict[str, Any] = {"legs": (leg("tlt"), leg("tallink"), leg("hsl")), "operators": ()}
    return Ticket(
        jti=ref,
        order_id="o1",
        passenger_ref=ref,
        status="valid",
        token="",
        product="through",
        amount_minor=0,
        currency="EUR",
        status_list="1",
        status_index=0,
        issued_at=AT,
        not_before=AT,
        expires_at=AT + 3 * HOUR,
        revoked_at=None,
        document=TicketDocument(rider=rider, **(known | document)),
    )


def held(*tickets: Ticket) -> dict[str, Ticket]:
    return {one.passenger_ref: one for one in tickets}


def quote(*refs: str, currency: str = "EUR", region: str = "gulf", **document: Any) -> Quote:
    return Quote(
        id="q1",
        offer_id=None,
        region=region,
        tariff_version="1",
        total_minor=0,
        currency=currency,
        created_at=AT,
        expires_at=AT + HOUR,
        document=quoted((promise(ref, (), ()) for ref in refs), **document),
    )


def order(**changes: Any) -> Order:
    known: dict[str, Any] = {
        "id": "o1",
        "quote_id": "q0",
        "region": "gulf",
        "state": "ticketed",
        "total_minor": 1000,
        "currency": "EUR",
        "created_at": AT,
        "expires_at": AT,
    }
    return Order(**(known | changes))


def line(ref: str, minor: int, *legs: int) -> RefundLine:
    return RefundLine(
        jti=ref,
        passenger_ref=ref,
        percent=100,
        amount=Money(minor, "EUR"),
        because="",
        legs=legs,
        operators=(),
        fees={},
    )


def faults(refused: pytest.ExceptionInfo[InvalidRequest]) -> list[Fault]:
    return list(refused.value.faults)


def test_who_is_named_changes_and_nobody_else() -> None:
    assert credit.named(("mari",), held(ticket("anna"), ticket("mari"))) == ("mari",)


def test_who_holds_the_only_ticket_need_not_be_named_and_what_they_bring_goes_along() -> None:
    assert credit.named((), held(ticket("anna"))) == ("anna",)
    assert credit.named((), held(ticket("anna"), ticket("rex", "dog"))) == ("anna", "rex")


def test_of_several_people_somebody_must_be_named() -> None:
    with pytest.raises(InvalidRequest) as refused:
        credit.named((), held(ticket("mari"), ticket("anna"), ticket("rex", "dog")))

    said = "say who of anna, mari, rex changes; the others keep their tickets"
    assert faults(refused) == [Fault("passengers", said)]


def test_others_may_join_who_held_no_ticket() -> None:
    credit.require_fitting(quote("anna", "eve"), ("anna",), held(ticket("anna")))


def test_a_quote_is_for_all_who_change_and_for_nobody_who_keeps_a_ticket() -> None:
    everybody = held(ticket("anna"), ticket("bert"), ticket("mari"))

    with pytest.raises(InvalidRequest) as refused:
        credit.require_fitting(quote("anna", "mari"), ("anna", "bert"), everybody)

    assert str(refused.value) == "bert changes, and the quote is not for bert"
    assert faults(refused) == [
        Fault("passengers[1]", "bert changes, and the quote is not for bert"),
        Fault("passengers", "the quote is for mari, who does not change and would have two tickets"),
    ]


def test_a_ticket_that_has_gone_pays_for_nothing() -> None:
    everybody = held(ticket("anna"), ticket("mari"))

    assert credit.changing(("mari",), everybody) == held(ticket("mari"))
    with pytest.raises(Conflict) as refused:
        credit.changing(("anna", "bert", "eve"), everybody)

    assert refused.value.detail == "the ticket of bert was refunded or cancelled before"


@pytest.mark.parametrize(("arrives", "fits"), [(179, True), (180, False), (181, False)])
def test_a_new_first_part_arrives_while_the_legs_behind_it_are_good(arrives: int, fits: bool) -> None:
    new = quote("anna", rides=(ride("tlt"), ride("tallink", arrival=AT + timedelta(minutes=arrives))))

    if fits:
        credit.require_in_time(new, (0,), held(ticket("anna")))
        return
    with pytest.raises(InvalidRequest) as refused:
        credit.require_in_time(new, (0,), held(ticket("anna")))
    moment = (AT + timedelta(minutes=arrives)).isoformat()
    said = f"the new journey arrives at {moment}, when legs 1, 2 of anna have run out; name them too"
    assert faults(refused) == [Fault("legs", said)]


@pytest.mark.parametrize(
    ("legs", "document"),
    [
        ((), {}),
        ((0, 2), {}),
        ((1,), {"legs": (leg("tlt"), leg("tallink"), leg("hsl", given_back_at=AT))}),
    ],
)
def test_a_late_arrival_harms_nobody_who_keeps_no_leg_behind(
    legs: tuple[int, ...], document: dict[str, Any]
) -> None:
    late = quote("anna", rides=(ride("tlt", arrival=AT + 9 * HOUR),))

    credit.require_in_time(late, legs, held(ticket("anna", **document)))


def test_a_pass_that_is_bought_for_some_legs_arrives_nowhere() -> None:
    credit.require_in_time(quote("anna"), (0,), held(ticket("anna")))


def test_the_legs_behind_count_for_each_who_changes() -> None:
    late = quote("anna", "bert", rides=(ride("tlt", arrival=AT + 9 * HOUR),))
    short = ticket("anna", legs=(leg("tlt"),))

    with pytest.raises(InvalidRequest, match="legs 1, 2 of bert"):
        credit.require_in_time(late, (0,), held(short, ticket("bert")))


def test_tickets_pay_in_their_own_currency_and_region() -> None:
    credit.require_same_scheme(order(), quote())
    with pytest.raises(Conflict) as currency:
        credit.require_same_scheme(order(), quote(currency="SEK"))
    with pytest.raises(Conflict) as region:
        credit.require_same_scheme(order(), quote(region="sound"))

    assert (currency.value.detail, region.value.detail) == (
        "tickets are exchanged in their own currency",
        "tickets are exchanged in their own region",
    )


def test_a_pass_goes_whole_and_a_ticket_by_its_legs() -> None:
    given = credit.given_up(
        [line("anna", 100, 1, 2), line("mari", 100, 0)], held(ticket("anna"), ticket("mari", season=WEEK))
    )

    assert given == {"anna": (1, 2), "mari": ()}


def test_the_credit_is_what_all_tickets_bring() -> None:
    assert credit.minor([line("anna", 250), line("mari", 125)]) == 375
    assert credit.minor([]) == 0


@pytest.mark.parametrize(("brought", "back"), [(999, 0), (1000, 0), (1001, 1), (2500, 1500)])
def test_what_is_brought_beyond_the_new_price_is_paid_back(brought: int, back: int) -> None:
    assert credit.back_minor(order(total_minor=1000, credit_minor=brought)) == back
