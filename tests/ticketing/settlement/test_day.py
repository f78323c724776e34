"""The picture of a day: where the money is, what is unexplained, who owes since when, what jumped."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs.money import Money
from tests.ticketing.settlement.bank_lines import line, sent, statement
from tests.ticketing.settlement.month import AT, book, office, sell
from ticketing.books import postings
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.books.day_sums import AccountSum
from ticketing.db.settlement.bank_words import DayBalance
from ticketing.errors import InvalidRequest
from ticketing.settlement import bank, service
from ticketing.settlement.credit_terms import Credit, Line
from ticketing.settlement.day import as_document, picture, read_day
from ticketing.settlement.day.picture import Debt
from ticketing.settlement.office import Office
from ticketing.settlement.terms import read_terms

DUE = date(2026, 10, 15)


@pytest.fixture
def desk(database: Database) -> Office:
    sell(database, "t1", {"hsl": 1000, "tlt": 500})
    sell(database, "t2", {"hsl": 7000}, currency="SEK")
    with database.write() as tx:
        book(
            tx,
            postings.compensation("c1", region="r", amount=70, currency="EUR", at=AT, liable="viking"),
            postings.payout_sent("po_1", region="r", gateway="stripe", amount=1200, currency="EUR", at=AT),
        )
    return office(database)


def test_every_euro_is_at_one_place_and_all_places_are_nothing(desk: Office) -> None:
    day = read_day(desk, "r")

    told = {(one.name, one.amount.currency): one.amount.minor for one in day.places}
    assert told["gateway", "EUR"] == 1500 - 1200
    assert (told["in_transit", "EUR"], told["operators", "EUR"], told["gateway", "SEK"]) == (
        1200,
        -1430,
        7000,
    )
    for currency in ("EUR", "SEK"):
        assert sum(one.amount.minor for one in day.places if one.amount.currency == currency) == 0
    assert day.next_run == [
        ("hsl", Money(1000, "EUR")),
        ("hsl", Money(7000, "SEK")),
        ("tlt", Money(500, "EUR")),
        ("viking", Money(-70, "EUR")),
    ]
    assert json.loads(json.dumps(as_document(day)))["places"][0]["amount"] == {
        "amount": "3.00",
        "currency": "EUR",
    }


def test_what_is_unexplained_is_named_with_its_age(desk: Office, tmp_path: Path) -> None:
    sent(desk, tmp_path)
    first = statement(
        line("2.50", text="account keeping").replace("2026-10-15", "2026-10-01"), closing="97.50"
    )
    bank.take_statement(
        desk,
        "r",
        first.replace(
            b'<Amt Ccy="EUR">97.50</Amt><CdtDbtInd>CRDT</CdtDbtInd>',
            b'<Amt Ccy="EUR">97.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-10-01</Dt></Dt>',
        ),
        "Clara",
    )
    second = statement(closing="100.00").replace(b"<Id>S1<", b"<Id>S2<")
    second = second.replace(b"</CdtDbtInd></Bal>", b"</CdtDbtInd><Dt><Dt>2026-10-02</Dt></Dt></Bal>")
    bank.take_statement(desk, "r", second, "Clara")

    day = read_day(desk, "r")

    kinds = {one.kind: one for one in day.unexplained}
    assert (kinds["bank_line"].amount, kinds["bank_line"].days) == (Money(-250, "EUR"), 4)
    assert kinds["bank_gap"].amount == Money(250, "EUR")
    assert "S2 opens with 100.00 EUR, S1 of 2026-10-01 closed with 97.50 EUR" in kinds["bank_gap"].detail


def test_who_owes_is_aged_and_the_terms_say_what_follows(desk: Office, tmp_path: Path) -> None:
    sent(desk, tmp_path)
    clock = FixedClock(datetime(2026, 11, 20, tzinfo=UTC))

    (owed,) = read_day(replace(desk, clock=clock), "r").debts

    assert (owed.debt.party, owed.debt.amount, owed.debt.due) == ("viking", Money(70, "EUR"), DUE)
    assert (owed.days, owed.step, owed.measure) == (36, "31_60", "hold_payments")
    assert owed.debt.reference.startswith("RF")


@pytest.mark.parametrize(
    ("days", "step", "measure"),
    [
        (-3, "not_due", ""),
        (5, "1_30", ""),
        (6, "1_30", "late"),
        (31, "31_60", "hold_payments"),
        (91, "over_90", "hold_payments"),
    ],
)
def test_a_debt_is_in_one_step(days: int, step: str, measure: str) -> None:
    debt = Debt("tlt", Money(100, "EUR"), DUE, "RF1")

    (row,) = picture.aged([debt], DUE + timedelta(days=days), Credit())

    assert (row.step, row.measure) == (step, measure)


def test_a_deposit_counts_for_a_limit() -> None:
    credit = Credit(parties=(Line("tlt", "EUR", 1000, 500), Line("hsl", "EUR", 1000, 0)))
    debts = [Debt(party, Money(1400, "EUR"), DUE, party) for party in ("tlt", "hsl", "viking")]

    assert {one.party: one.is_over for one in picture.exposures(debts, credit)} == {
        "tlt": False,
        "hsl": True,
        "viking": False,
    }


def test_a_share_that_jumps_is_named_before_the_approval(desk: Office, tmp_path: Path) -> None:
    sent(desk, tmp_path)
    sell(desk.database, "t3", {"hsl": 9000, "tlt": 500}, at=datetime(2026, 10, 4, tzinfo=UTC))
    clock = FixedClock(datetime(2026, 11, 5, tzinfo=UTC))
    later = replace(desk, clock=clock)
    service.close(later, "r", "2026-10", "Anna")

    (waiting,) = read_day(later, "r").to_approve

    assert [(one.party, one.against, one.before.text, one.after.text) for one in waiting.jumps] == [
        ("hsl", "2026-09", "10.00", "90.00"),
        ("hsl", "2026-09", "70.00", "0.00"),
        ("viking", "2026-09", "-0.70", "0.00"),
    ]


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(-(10**9), 10**9)), st.integers(0, 300))
def test_nothing_jumps_against_itself(positions: dict[str, int], percent: int) -> None:
    own = {(name, "EUR"): minor for name, minor in positions.items()}

    assert picture.jumps(own, own, "before", Credit(jump_percent=percent)) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["bank", "unearned", "vat_payable_2400", "new_purpose"]), st.integers(-99, 99)
        )
    )
)
def test_no_account_is_lost_between_the_places(rows: list[tuple[str, int]]) -> None:
    sums = [AccountSum(purpose, None, "EUR", minor) for purpose, minor in rows]

    assert sum(one.amount.minor for one in picture.places(sums)) == sum(minor for _, minor in rows)


def test_statements_that_follow_each_other_have_no_gap() -> None:
    def told(day: int, opening: int, closing: int) -> DayBalance:
        return DayBalance(
            iban="FI1",
            currency="EUR",
            statement_id=f"S{day}",
            day=f"2026-10-{day:02}",
            opening_minor=opening,
            closing_minor=closing,
            region="r",
            imported_at=AT,
        )

    assert picture.gaps([told(1, 0, 5), told(2, 5, 9), told(5, 9, 9)], "2026-10-31") == []
    (gap,) = picture.gaps([told(1, 0, 5), told(3, 9, 9)], "2026-10-31")
    assert gap.amount == Money(4, "EUR")


@pytest.mark.parametrize(
    ("credit", "said"),
    [
        ({"grace_days": -1}, "credit.grace_days"),
        ({"jump_percent": "50"}, "credit.jump_percent"),
        ({"jump_minimum": {"EUR": 5}}, "credit.jump_minimum.EUR"),
        ({"parties": [{"operator": "tlt", "currency": "EUR", "limit": "1.001"}]}, "credit.parties[0].limit"),
        ({"parties": [{"operator": "tlt", "currency": "EUR", "depot": "1"}]}, "credit.parties[0].depot"),
        ({"late": 1}, "credit.late"),
    ],
)
def test_terms_of_credit_that_are_none_name_their_field(credit: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_terms({"credit": credit})

    assert said in refusal.value.detail


def test_a_day_that_has_not_begun_is_refused(desk: Office) -> None:
    with pytest.raises(InvalidRequest, match="has not begun"):
        read_day(desk, "r", date(2030, 1, 1))
