"""Each invariant of all journeys together: silent when it holds, and one sentence for each thing that is wrong."""

from collections import Counter
from typing import Any

from ticketing.rehearsal import sums
from ticketing.rehearsal.facts import Facts


def run(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "period": "2026-03",
        "operators": [{"operator": "tram", "currency": "EUR", "net": "5.00"}],
        "other": [],
        "positions": [
            {"operator": "tram", "amount": "5.00", "currency": "EUR"},
            {"operator": "scheme", "amount": "-5.00", "currency": "EUR"},
        ],
        "conversions": [],
        "payments": [{"from": "scheme", "to": "tram", "amount": "5.00", "currency": "EUR"}],
    }
    return {**found, **changes}


def test_money_that_was_kept_is_what_operators_tax_offices_and_the_scheme_have() -> None:
    well = Facts(
        captured=Counter(EUR=1200),
        refunded=Counter(EUR=200),
        shares=Counter(EUR=1000),
        net=Counter(EUR=900),
        fee=Counter(EUR=15),
        vat=Counter(EUR=85),
        owed=Counter(EUR=85),
    )
    short = Facts(captured=Counter(EUR=1200), net=Counter(EUR=1000), vat=Counter(EUR=1))

    assert sums.money_is_accounted_for(well) == []
    assert sums.money_is_accounted_for(short) == [
        "EUR: paid - refunded is 1200, shares + VAT + fee are 1000 (minor units)",
        "EUR: shares keep 1 for VAT, states get 0",
    ]


def test_what_hangs_or_waits_is_named() -> None:
    facts = Facts(
        unbalanced=("e1 EUR 1",),
        paid_without_ticket=("o1 authorised 100",),
        hanging_orders=("o2 holding",),
        hanging_refunds=("r1 decided 5",),
        hanging_bookings=("rail held x",),
        alerts=("refund_failed by the gateway",),
    )

    assert sums.entries_balance(facts) == ["entry e1 EUR 1 does not balance"]
    assert sums.paid_means_ticketed(facts) == ["order o1 authorised 100 is paid and has no ticket"]
    assert sums.nothing_hangs(facts) == [
        "order o2 holding has not come to its end",
        "refund r1 decided 5 was not paid back",
        "place rail held x at an operator hangs",
        "an alert waits: refund_failed by the gateway",
    ]
    assert sums.nothing_hangs(Facts()) == []


def test_positions_sum_to_zero_in_each_currency() -> None:
    crooked = [
        {"operator": "tram", "amount": "5.00", "currency": "EUR"},
        {"operator": "scheme", "amount": "-4.99", "currency": "EUR"},
    ]

    assert sums.positions_are_zero_sum(run()) == []
    assert sums.positions_are_zero_sum(run(positions=crooked)) == ["2026-03: positions make 0.01 EUR"]


def test_payments_settle_positions() -> None:
    assert sums.payments_settle_positions(run()) == []
    assert sums.payments_settle_positions(run(payments=[])) == [
        "2026-03: scheme has -500 EUR and is paid 0",
        "2026-03: tram has 500 EUR and is paid 0",
    ]


def test_what_is_converted_is_paid_in_the_other_currency() -> None:
    converted = run(
        positions=[
            {"operator": "tram", "amount": "10.00", "currency": "SEK"},
            {"operator": "scheme", "amount": "-10.00", "currency": "SEK"},
        ],
        conversions=[
            {
                "operator": "tram",
                "from": {"amount": "10.00", "currency": "SEK"},
                "to": {"amount": "0.89", "currency": "EUR"},
            }
        ],
        payments=[{"from": "scheme", "to": "tram", "amount": "0.89", "currency": "EUR"}],
    )

    assert sums.payments_settle_positions(converted) == []


def test_statements_say_the_run() -> None:
    lines = {"tram": [{"net": "3.00", "currency": "EUR"}, {"net": "2.00", "currency": "EUR"}]}
    more = [{"operator": "city", "currency": "EUR", "amount": "-1.00"}]

    assert sums.statements_say_the_run(run(), lines) == []
    assert sums.statements_say_the_run(run(other=more), {"tram": lines["tram"][:1]}) == [
        "2026-03: no statement of city",
        "2026-03: tram has 500 EUR, its statement says 300 (minor units)",
    ]


def test_payment_files_move_what_the_run_pays() -> None:
    assert sums.files_pay_the_run(run(), [{"currency": "EUR", "amount": "5.00"}]) == []
    assert sums.files_pay_the_run(run(), []) == [
        "2026-03: the run pays 500 EUR and its files 0 (minor units)"
    ]


def test_a_check_that_is_not_silent_is_told_with_its_output() -> None:
    assert sums.is_silent("books verify", 0, "anything") == []
    assert sums.is_silent("books verify", 1, "a\n  fault") == ["books verify ended with 1: a fault"]


def test_a_gate_without_a_network_decides_as_the_one_online() -> None:
    decided = [{"decision": "accept", "reason": "ok"}, {"decision": "refuse", "reason": "status_stale"}]

    assert sums.offline_gates_decide_the_same(["accept", "refuse"], decided) == []
    assert sums.offline_gates_decide_the_same(["accept", "accept"], decided) == [
        "online accept, offline refuse (status_stale)"
    ]
    assert sums.offline_gates_decide_the_same(["accept"], []) == ["1 tickets were shown and 0 decided"]
