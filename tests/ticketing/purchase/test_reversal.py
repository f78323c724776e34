"""Taking a ticket's allocation back: balanced at every step, and zero at the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.region import RefundStep
from tariffs.apportion import by_weights
from tariffs.money import half_up
from ticketing.books import postings
from ticketing.db.books.as_priced import share_as_priced, tax_as_priced
from ticketing.db.books.books import Entry, Share, Tax
from ticketing.errors import Conflict, InvalidRequest
from ticketing.frozen import LeftPrice, LineDocument
from ticketing.purchase.conditions import Conditions
from ticketing.purchase.order import after
from ticketing.purchase.refund.decision import decide, going, parts_of, percent_at
from ticketing.purchase.refund.refundable import NOTHING, RefundableLeg, RefundableTicket, RefundLine, Rest
from ticketing.purchase.refund.reversal import Reversal, take_back

AT = datetime(2026, 10, 13, 6, 0, tzinfo=UTC)
OPERATORS = ("ferry", "hsl", "tlt")
RATES = {"FI": 1350, "EE": 2400, "XX": 0}


def allocation(gross: int, keys: list[int], metres: list[int], fee_bp: int) -> tuple[list[Share], list[Tax]]:
    """The rows of a sale, made the way pricing makes them."""
    shares = by_weights(gross, dict(zip(OPERATORS, map(Fraction, keys), strict=True)))
    states = by_weights(gross, dict(zip(RATES, map(Fraction, metres), strict=True)))
    taxes = [
        Tax(
            ticket_jti="j",
            region="r",
            member_state=state,
            mode="tram",
            scope="domestic",
            treatment="taxable",
            rate_bp=rate,
            verified=1,
            distance_m=5,
            currency="EUR",
            kind="sale",
            seq=0,
            gross_minor=states[state],
            vat_minor=half_up(Fraction(states[state] * rate, 10_000 + rate)),
        )
        for state, rate in RATES.items()
    ]
    vat = by_weights(
        sum(tax.vat_minor for tax in taxes), {name: Fraction(share) for name, share in shares.items()}
    )
    rows = []
    for name, share in shares.items():
        fee = half_up(Fraction(share * fee_bp, 10_000))
        rows.append(
            Share(
                ticket_jti="j",
                region="r",
                operator=name,
                currency="EUR",
                kind="sale",
                seq=0,
                gross_minor=share,
                vat_minor=vat[name],
                fee_minor=fee,
                net_minor=share - vat[name] - fee,
                rule="rule",
            )
        )
    return rows, taxes


def balanced(entry: Entry | None) -> bool:
    return entry is not None and sum(posting.amount_minor for posting in entry.postings) == 0


@given(st.integers(1, 10_000), st.integers(0, 5_000), st.lists(st.integers(1, 10_000), max_size=4))
def test_a_bearer_gets_back_what_it_gave_and_a_full_refund_is_the_mirror(
    paid: int, borne: int, parts: list[int]
) -> None:
    full, taxes = allocation(paid + borne, [3, 2, 1], [1, 0, 0], 0)
    taxes = [
        replace(tax, gross_minor=paid if tax.member_state == "FI" else 0, vat_minor=0, rate_bp=0)
        for tax in taxes
    ]
    shares = [replace(share, vat_minor=0, net_minor=share.gross_minor) for share in full]
    shares.append(replace(shares[0], operator="funder:city", gross_minor=-borne, net_minor=-borne))
    rows, tax_rows, left = list(shares), list(taxes), paid

    for seq, part in enumerate([*parts, paid], 1):
        amount = min(part, left)
        if amount:
            back = take_back(rows, tax_rows, amount, seq)
            assert -sum(share.gross_minor for share in back.shares) == amount
            assert balanced(
                postings.refund_decided("r", "j", region="r", shares=back.shares, taxes=back.taxes, at=AT)
            )
            rows, tax_rows, left = [*rows, *back.shares], [*tax_rows, *back.taxes], left - amount

    for name in {share.operator for share in rows}:
        assert sum(share.gross_minor for share in rows if share.operator == name) == 0


def test_a_funder_owes_what_it_promised_and_a_seller_books_it_as_a_cost() -> None:
    full, taxes = allocation(2400, [1, 1, 1], [0, 0, 1], 0)
    for bearer, account in (
        ("funder:city", "funder_receivable:city:EUR"),
        ("seller", "discount_borne_by_seller:EUR"),
    ):
        shares = [*full, replace(full[0], operator=bearer, gross_minor=-400, vat_minor=0, net_minor=-400)]

        entry = postings.allocation("j", region="r", shares=shares, taxes=taxes, at=AT)

        assert entry is not None
        assert balanced(entry)
        assert {posting.account.id: posting.amount_minor for posting in entry.postings}[account] == 400


@given(
    st.integers(1, 10**6),
    st.lists(st.integers(1, 5000), min_size=3, max_size=3),
    st.lists(st.integers(1, 90_000), min_size=3, max_size=3),
    st.integers(0, 500),
    st.lists(st.integers(1, 10**6), max_size=5),
)
def test_every_partial_refund_balances_and_the_last_one_leaves_nothing(
    gross: int, keys: list[int], metres: list[int], fee_bp: int, refunds: list[int]
) -> None:
    shares, taxes = allocation(gross, keys, metres, fee_bp)
    left = gross
    for seq, wanted in enumerate([*refunds, gross], 1):
        amount = min(wanted, left)
        if amount == 0:
            continue
        back = take_back(shares, taxes, amount, seq)
        left -= amount
        assert -sum(share.gross_minor for share in back.shares) == amount
        assert -sum(tax.gross_minor for tax in back.taxes) == amount
        assert sum(share.vat_minor for share in back.shares) == sum(tax.vat_minor for tax in back.taxes)
        entry = postings.refund_decided("r1", "j", region="r", shares=back.shares, taxes=back.taxes, at=AT)
        assert entry is not None
        assert sum(posting.amount_minor for posting in entry.postings) == 0
        shares, taxes = [*shares, *back.shares], [*taxes, *back.taxes]

    for name in OPERATORS:
        mine = [share for share in shares if share.operator == name]
        assert {
            sum(getattr(share, part) for share in mine) for part in ("gross_minor", "vat_minor", "fee_minor")
        } == {0}
    assert all(sum(tax.gross_minor for tax in taxes if tax.member_state == state) == 0 for state in RATES)


@given(st.integers(1, 10**6), st.integers(0, 500))
def test_a_sale_is_booked_in_balance(gross: int, fee_bp: int) -> None:
    shares, taxes = allocation(gross, [2, 29, 3], [3000, 77_000, 4000], fee_bp)

    entry = postings.allocation("j", region="r", shares=shares, taxes=taxes, at=AT)

    assert entry is not None
    assert sum(posting.amount_minor for posting in entry.postings) == 0


def test_nothing_is_booked_for_nothing() -> None:
    assert postings.gateway_fee("p", region="r", gateway="demo", fee=0, currency="EUR", at=AT) is None


STEPS = (RefundStep(24, 100), RefundStep(2, 50))


@pytest.mark.parametrize(("hours", "percent"), [(25, 100), (24, 100), (23, 50), (2, 50), (1, 0), (-1, 0)])
def test_a_schedule_pays_by_the_hours_before_departure(hours: int, percent: int) -> None:
    assert percent_at(STEPS, Fraction(hours)) == percent


DEPARTURE = datetime(2026, 10, 13, 16, 0, tzinfo=UTC)
CONDITIONS = {"hsl": Conditions((RefundStep(0, 100),)), "ferry": Conditions(STEPS)}


def refundable(**changes: object) -> RefundableTicket:
    facts = {
        "jti": "j",
        "passenger_ref": "anna",
        "status": "valid",
        "currency": "EUR",
        "gross": {"hsl": 201, "ferry": 3000},
        "legs": (RefundableLeg("ferry", DEPARTURE), RefundableLeg("hsl", DEPARTURE + timedelta(hours=3))),
    }
    return RefundableTicket(**{**facts, **changes})  # type: ignore[arg-type]


def given_back(
    ticket: RefundableTicket,
    legs: tuple[int, ...] = (),
    rest: Rest = NOTHING,
    conditions: dict[str, Conditions] = CONDITIONS,
) -> RefundLine:
    """Ask as the service does for the amount that one ticket gives back."""
    ((found, goes),) = going([ticket], ["anna"], legs)
    return decide(found, goes, rest, conditions, AT)


def test_the_strictest_operator_decides_and_half_a_cent_goes_to_the_passenger() -> None:
    line = given_back(refundable())

    assert (line.percent, line.amount.text, line.legs) == (50, "16.01", (0, 1))
    assert "ferry" in line.because


def test_a_leg_gives_back_what_it_costs_beyond_the_rest_by_its_own_operators_conditions() -> None:
    line = given_back(refundable(), (1,), Rest({"ferry": 3100}))

    assert (line.percent, line.amount.text, line.operators) == (100, "1.01", ("hsl",))
    assert line.because == (
        "100 % of 1.01 EUR, what leg 1 costs beyond the rest, by the conditions of hsl, the strictest of these legs, "
        "13 hours before departure"
    )


def test_a_leg_without_which_the_rest_costs_as_much_gives_nothing_back() -> None:
    with pytest.raises(Conflict, match="gives nothing back"):
        given_back(refundable(), (1,), Rest({"ferry": 3201}))


def test_a_rest_without_a_price_keeps_the_ticket_whole() -> None:
    with pytest.raises(Conflict, match="has no price: unknown_fare"):
        given_back(refundable(), (1,), Rest(unpriced="unknown_fare"))


def test_an_operator_keeps_its_fee_and_never_more_than_it_has_got() -> None:
    with_fee = {
        **CONDITIONS,
        "hsl": Conditions((RefundStep(0, 100),), 500),
        "ferry": Conditions((RefundStep(0, 100),)),
    }

    line = given_back(refundable(), conditions=with_fee)

    assert (line.amount.text, line.fees) == ("30.00", {"hsl": 201})
    assert line.because.endswith("less the fee of hsl: 2.01 EUR")


def test_a_used_leg_stays_and_the_others_may_still_be_given_back() -> None:
    half_used = refundable(legs=(RefundableLeg("ferry", DEPARTURE, used=True), refundable().legs[1]))

    line = given_back(half_used, (1,), Rest({"ferry": 3000}))

    assert line.amount.text == "2.01"
    assert going([half_used], ["anna"]) == [(half_used, (1,))]
    with pytest.raises(Conflict, match="leg 0 of anna has been used"):
        given_back(half_used, (0,), Rest({"hsl": 201}))


def test_the_schedule_that_binds_is_that_of_the_leg_which_has_left() -> None:
    legs = (RefundableLeg("tram", DEPARTURE - timedelta(hours=1)), *refundable().legs)
    held = refundable(legs=legs)
    always = dict.fromkeys(("tram", "ferry", "hsl"), Conditions((RefundStep(0, 100),)))

    with pytest.raises(Conflict, match="conditions of tram, the strictest of this ticket, after the first"):
        decide(held, (0, 1, 2), Rest(), always, DEPARTURE - timedelta(minutes=10))
    assert parts_of(held, (0, 1, 2), always, DEPARTURE - timedelta(minutes=10)) == [(1, 2), (2,)]


def test_a_refund_that_cannot_be_says_why() -> None:
    with pytest.raises(InvalidRequest, match="not a passenger"):
        going([refundable()], ["eve"])
    with pytest.raises(Conflict, match="before"):
        given_back(refundable(status="revoked"))
    with pytest.raises(Conflict, match="nothing back"):
        given_back(refundable(), conditions={})
    with pytest.raises(InvalidRequest, match="legs 0 to 1"):
        given_back(refundable(), (2,))
    with pytest.raises(InvalidRequest, match="given back whole"):
        given_back(refundable(divisible=False), (0,))
    with pytest.raises(Conflict, match="leg 0 of anna was given back before"):
        given_back(
            refundable(legs=(RefundableLeg("ferry", DEPARTURE, given_back=True), refundable().legs[1])), (0,)
        )


@given(
    st.tuples(st.integers(1, 4_000), st.integers(0, 4_000)),
    st.lists(st.integers(1, 400), min_size=3, max_size=3),
    st.lists(st.integers(0, 400), min_size=3, max_size=3).filter(any),
    st.lists(st.integers(0, 400), min_size=3, max_size=3).filter(any),
    st.tuples(st.integers(0, 100), st.integers(0, 300)),
)
def test_legs_and_then_the_rest_leave_exactly_what_was_kept(
    prices: tuple[int, int],
    keys: list[int],
    metres: list[int],
    alone_metres: list[int],
    terms: tuple[int, int],
) -> None:
    """The ferry goes first, then the rest: after the first the books hold what the rest costs alone and what is kept."""
    (paid, rest), (percent, fee) = (max(prices), min(prices)), terms
    shares, taxes = allocation(paid, keys, metres, 150)
    alone, alone_taxes = allocation(rest, [0, *keys[1:]], alone_metres, 150)
    left = LeftPrice(
        (1, 2), (), rest, tuple(map(share_as_priced, alone)), tuple(map(tax_as_priced, alone_taxes))
    )
    worth = paid - rest
    fees = {"ferry": min(fee, shares[0].gross_minor, worth * percent // 100)}
    amount = worth * percent // 100 - fees["ferry"]
    about: Any = {"jti": "j", "passenger_ref": "anna", "percent": percent, "because": "by its conditions"}
    first = LineDocument(**about, amount_minor=amount, operators=("ferry",), fees=fees, left=left)

    back = take_back(shares, taxes, amount, 1, [first])

    rows, tax_rows = [*shares, *back.shares], [*taxes, *back.taxes]
    agrees(back, amount)
    kept = worth - amount
    assert {name: sums(rows, name) - sums(alone, name) for name in ("hsl", "tlt")} == {
        "hsl": 0,
        "tlt": 0,
    } or (shares[0].gross_minor == 0)
    assert sum(sums(rows, name) for name in OPERATORS) == rest + kept
    then = LineDocument(**about, amount_minor=rest, operators=OPERATORS, was=left)
    last = take_back(rows, tax_rows, rest, 2, [then])
    agrees(last, rest)
    assert sum(sums([*rows, *last.shares], name) for name in OPERATORS) == kept
    assert sum(tax.gross_minor for tax in [*tax_rows, *last.taxes]) == kept


def agrees(back: Reversal, amount: int) -> None:
    """Shares and tax rows go back by the same amount, with the same VAT, and each row adds up."""
    assert -sum(share.gross_minor for share in back.shares) == amount
    assert -sum(tax.gross_minor for tax in back.taxes) == amount
    assert sum(share.vat_minor for share in back.shares) == sum(tax.vat_minor for tax in back.taxes)
    assert all(row.gross_minor - row.vat_minor - row.fee_minor == row.net_minor for row in back.shares)


def sums(rows: list[Share], operator: str) -> int:
    return sum(row.gross_minor for row in rows if row.operator == operator)


def test_a_move_that_is_not_drawn_is_refused() -> None:
    assert after("authorised", "unwind") == "unwinding"
    with pytest.raises(Conflict, match="refunded cannot issue"):
        after("refunded", "issue")
