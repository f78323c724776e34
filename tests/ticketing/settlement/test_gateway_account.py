"""The gateway's own account over HTTP: every line is an entry or a named difference, and its balance is that of our books."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from tests.stripe_ledger import StripeLedger, serving
from tests.stripe_stand_in import SECRET_KEY
from tests.ticketing.settlement.bank_details import enter_accounts
from tests.ticketing.settlement.bank_lines import line, statement
from tests.ticketing.settlement.month import AT, office, sell
from tests.ticketing.settlement.paid import pay
from ticketing.books import gateway_postings
from ticketing.clock import FixedClock
from ticketing.config import StripeSettings
from ticketing.db import Database
from ticketing.db.books import books, entries, month_books
from ticketing.db.sale import gateway_account, gateway_events
from ticketing.payments.stripe_gateway import StripeGateway
from ticketing.purchase.gateway.account import learn_payout, roll_forward_of, take_account
from ticketing.purchase.till import Till
from ticketing.settlement import bank
from ticketing.settlement.proof.verify import verify

MONTH = "2026-09"


@pytest.fixture
def ledger() -> Iterator[StripeLedger]:
    with serving(FixedClock(AT)) as stands_in:
        yield stands_in


@pytest.fixture
def till(database: Database, ledger: StripeLedger) -> Till:
    gateway = StripeGateway(StripeSettings(secret_key=SECRET_KEY, api_address=ledger.address))
    return Till(database=database, clock=ledger.clock, gateway=gateway, press=None, regions={})  # type: ignore[arg-type]


def sold(till: Till, ledger: StripeLedger, jti: str, parts: dict[str, int], currency: str = "EUR") -> str:
    """A ticket that is sold, with its payment here and its charge there; answers the intent."""
    at = till.clock.now()
    sell(till.database, jti, parts, at=at, currency=currency)
    intent = ledger.charge(sum(parts.values()), currency.lower(), jti, f"o-{jti}")
    pay(till, jti, sum(parts.values()), currency, intent)
    return intent


def balances(till: Till) -> dict[str, int]:
    with till.database.read() as tx:
        return {one.account_id: one.amount_minor for one in month_books.balances(tx, "r", MONTH)}


def test_every_movement_without_a_sale_is_an_entry_and_the_balance_is_the_books(
    till: Till, ledger: StripeLedger
) -> None:
    sold(till, ledger, "t1", {"hsl": 10000})
    ledger.move("stripe_fee", -200, "eur", category="fee")
    ledger.move("tax_fee", -48, "eur", category="tax")
    ledger.move("reserve_hold", -500, "eur", category="risk_reserved_funds")
    ledger.move("reserve_release", 300, "eur", category="risk_reserved_funds")
    ledger.move("topup", 1000, "eur", category="topup", source="tu_1")
    ledger.move("adjustment", -77, "eur", category="other_adjustment")
    ledger.move("poem", 5, "eur", category="poetry")
    payout = ledger.pay_out("eur", 4000)

    first, second = take_account(till), take_account(till)

    assert (first, second) == ([], [])
    own = balances(till)
    assert own["psp_clearing:EUR"] == ledger.balance()["eur"]
    assert (own["psp_tax:EUR"], own["psp_reserve:EUR"], own["suspense:EUR"]) == (48, 200, 72)
    assert own["psp_in_transit:EUR"] == 4000 - 1000
    assert own["psp_fee:EUR"] == 200 + 175
    with till.database.read() as tx:
        assert sorted(one.kind for one in gateway_events.list_alerts(tx)) == ["gateway_line", "gateway_line"]
        assert [(one.id, one.state) for one in gateway_account.list_payouts(tx)] == [(payout, "in_transit")]
    assert verify(office(till.database), "r", lambda *_: None).faults == []


def test_a_charge_that_is_settled_in_another_currency_is_right_to_the_cent(
    till: Till, ledger: StripeLedger
) -> None:
    ledger.settles["sek"] = ("eur", "0.089")
    intent = sold(till, ledger, "t1", {"hsl": 21000}, "SEK")

    assert take_account(till) == []

    own = balances(till)
    fee = 1869 * 15 // 1000 + 25
    assert (own.get("psp_clearing:SEK", 0), own["psp_clearing:EUR"]) == (0, 1869 - fee)
    assert (own["psp_exchange:SEK"], own["psp_exchange:EUR"], own["psp_fee:EUR"]) == (21000, -1869, fee)
    assert "psp_fee:SEK" not in own
    with till.database.read() as tx:
        kinds = [one.kind for one in entries.list_entries_of(tx, "gateway_line", "txn_000002")]
    assert sorted(kinds) == ["gateway_exchanged", "gateway_fee"]
    ledger.settles["sek"] = ("eur", "0.091")
    ledger.refund(intent, 21000)
    books_refund(till, 21000, "SEK")
    assert take_account(till) == []
    own = balances(till)
    assert own["psp_clearing:EUR"] == ledger.balance()["eur"]
    assert (own.get("psp_exchange:SEK", 0), own.get("psp_exchange:EUR", 0)) == (0, 0)
    assert own["fx_difference:EUR"] == 1911 - 1869


def books_refund(till: Till, amount: int, currency: str) -> None:
    """Book a refund that was made on the gateway's pages, as its report does."""
    facts = {
        "region": "r",
        "gateway": "stripe",
        "amount": amount,
        "currency": currency,
        "at": till.clock.now(),
    }
    entry = gateway_postings.external_refund("re_x", **facts)  # type: ignore[arg-type]
    with till.database.write() as tx:
        if entry:
            books.book(tx, entry, till.clock.now())


def test_a_payout_is_matched_to_the_bank_by_its_id_or_by_the_banks_word_for_it(
    till: Till, ledger: StripeLedger
) -> None:
    sold(till, ledger, "t1", {"hsl": 10000})
    sold(till, ledger, "t2", {"hsl": 5000})
    first, second = ledger.pay_out("eur", 4710), ledger.pay_out("eur", 3000, trace="TRACE-20260915-7")
    ledger.move("stripe_fee", -9000, "eur", category="fee")
    negative = ledger.pay_out("eur", -1200)
    take_account(till)
    desk = office(till.database)
    enter_accounts(desk)
    lines = [
        line("47.10", way="CRDT", bank="p1", text=f"STRIPE PAYOUT {first}"),
        line("30.00", "TRACE202609157", way="CRDT", bank="p2", text="STRIPE"),
        line("12.00", bank="p3", text=f"STRIPE {negative}"),
    ]

    result = bank.take_statement(desk, "r", statement(*lines, closing="165.10"), "Clara")

    assert [finding.verdict for finding in result.findings] == ["matched"] * 3
    with till.database.read() as tx:
        october = {one.account_id: one.amount_minor for one in month_books.balances(tx, "r", "2026-10")}
    assert october["psp_in_transit:EUR"] == -(4710 + 3000 - 1200)
    assert second != first


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_payout_that_fails_after_it_was_paid_is_back_at_the_gateway(
    till: Till, ledger: StripeLedger, status: str
) -> None:
    sold(till, ledger, "t1", {"hsl": 10000})
    payout = ledger.pay_out("eur", 4710)
    ledger.end_payout(payout, "paid")
    learn_payout(till, till.gateway.fetch_payout(payout))
    take_account(till)
    ledger.end_payout(payout, status)

    assert take_account(till) == []

    assert balances(till).get("psp_in_transit:EUR", 0) == 0
    assert balances(till)["psp_clearing:EUR"] == ledger.balance()["eur"]
    with till.database.read() as tx:
        states = [one.state for one in gateway_account.list_payouts(tx)]
    assert states[0] == "paid"
    assert len(states) == 2


def test_a_line_that_is_listed_late_is_a_named_difference_until_it_is_there(
    till: Till, ledger: StripeLedger
) -> None:
    sold(till, ledger, "t1", {"hsl": 10000})
    take_account(till)
    ledger.move("stripe_fee", -200, "eur", category="fee")
    ledger.be_late(1)

    (difference,) = take_account(till)
    ledger.clock.advance(timedelta(days=3))
    later = take_account(till)

    assert (difference.kind, difference.amount.minor) == ("balance", -200)
    assert later == []


def test_a_charge_that_is_not_ours_waits_by_name_and_is_taken_when_it_becomes_ours(
    till: Till, ledger: StripeLedger
) -> None:
    sold(till, ledger, "t1", {"hsl": 10000})
    intent = ledger.charge(2100, "eur", "t2", "o-t2")

    named = take_account(till)
    sell(till.database, "t2", {"tlt": 2100})
    pay(till, "t2", 2100, "EUR", intent)

    assert [one.kind for one in named] == ["line", "books"]
    assert "no payment of ours" in named[0].detail
    assert take_account(till) == []


def test_what_the_gateway_has_from_before_the_books_is_kept_and_not_booked(
    till: Till, ledger: StripeLedger
) -> None:
    ledger.clock.set(AT - timedelta(days=400))
    ledger.charge(5000, "eur", "old", "o-old")
    ledger.pay_out("eur", 1000)
    ledger.clock.set(AT)
    sold(till, ledger, "t1", {"hsl": 10000})

    assert take_account(till) == []

    assert balances(till)["psp_clearing:EUR"] == 10000 - 175
    with till.database.read() as tx:
        assert gateway_account.find_first_month(tx) == MONTH
    assert sum(row.closing_minor for row in roll_forward_of(till)[-1:]) == ledger.balance()["eur"]


def test_each_day_rolls_forward_to_the_balance(till: Till, ledger: StripeLedger) -> None:
    for day in range(250):
        if day % 10 == 0:
            sold(till, ledger, f"t{day}", {"hsl": 1000})
        ledger.move("stripe_fee", -1, "eur", category="fee")
        ledger.clock.advance(timedelta(hours=7))
    ledger.pay_out("eur", 1234)

    assert take_account(till) == []

    rows = roll_forward_of(till)
    assert all(row.opening_minor + sum(row.moved.values()) == row.closing_minor for row in rows)
    assert all(after.opening_minor == before.closing_minor for before, after in pairwise(rows))
    assert rows[-1].closing_minor == ledger.balance()["eur"]
    with till.database.read() as tx:
        assert tx.execute(sa.text("SELECT count(*) FROM gateway_line")).scalar_one() == 25 + 250 + 1


def test_an_answer_that_is_lost_is_asked_for_again(till: Till, ledger: StripeLedger) -> None:
    sold(till, ledger, "t1", {"hsl": 10000})
    ledger.drop = 2

    assert take_account(till) == []
