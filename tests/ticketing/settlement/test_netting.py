"""Netting: positions sum to zero, few payments settle them, and order does not matter."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from ticketing.settlement.month.netting import Obligation, Position, net

NAMES = st.sampled_from(["A", "B", "C", "D", "E"])
OBLIGATIONS = st.lists(
    st.builds(Obligation, NAMES, NAMES, st.integers(0, 10**9), st.sampled_from(["EUR", "SEK"])).filter(
        lambda owed: owed.debtor != owed.creditor
    ),
    max_size=30,
)


def test_a_circle_of_claims_shrinks_to_what_is_left_over() -> None:
    netting = net(
        [Obligation("A", "B", 9, "EUR"), Obligation("B", "C", 7, "EUR"), Obligation("C", "A", 4, "EUR")]
    )

    assert netting.positions == (Position("A", -5, "EUR"), Position("B", 2, "EUR"), Position("C", 3, "EUR"))
    assert netting.payments == (Obligation("A", "C", 3, "EUR"), Obligation("A", "B", 2, "EUR"))
    assert (netting.gross, netting.net) == ((("EUR", 20),), (("EUR", 5),))


def test_a_perfect_circle_needs_no_payment() -> None:
    netting = net([Obligation("A", "B", 5, "EUR"), Obligation("B", "A", 5, "EUR")])

    assert netting.payments == ()
    assert netting.net == (("EUR", 0),)


@given(OBLIGATIONS)
def test_positions_sum_to_zero_per_currency(obligations: list[Obligation]) -> None:
    sums: dict[str, int] = defaultdict(int)
    for position in net(obligations).positions:
        sums[position.currency] += position.amount_minor

    assert set(sums.values()) <= {0}


@given(OBLIGATIONS)
def test_payments_settle_every_position_with_at_most_one_less_than_the_participants(
    obligations: list[Obligation],
) -> None:
    netting = net(obligations)
    settled: dict[tuple[str, str], int] = defaultdict(int)
    for payment in netting.payments:
        assert payment.amount_minor > 0
        settled[payment.debtor, payment.currency] -= payment.amount_minor
        settled[payment.creditor, payment.currency] += payment.amount_minor

    assert all(settled[p.operator, p.currency] == p.amount_minor for p in netting.positions)
    for currency in {owed.currency for owed in obligations}:
        participants = [p for p in netting.positions if p.currency == currency]
        assert sum(p.currency == currency for p in netting.payments) <= len(participants) - 1


@given(OBLIGATIONS, st.randoms(use_true_random=False))
def test_the_order_of_obligations_does_not_matter(obligations: list[Obligation], random: object) -> None:
    shuffled = list(obligations)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert net(shuffled) == net(obligations)


@given(OBLIGATIONS)
def test_the_largest_debtor_pays_the_largest_creditor_until_nobody_owes(
    obligations: list[Obligation],
) -> None:
    found = net(obligations)
    for currency in ("EUR", "SEK"):
        left = {one.operator: one.amount_minor for one in found.positions if one.currency == currency}
        for payment in (one for one in found.payments if one.currency == currency):
            assert payment.creditor == min(left, key=lambda name: (-left[name], name))
            assert payment.debtor == min(left, key=lambda name: (left[name], name))
            left[payment.creditor] -= payment.amount_minor
            left[payment.debtor] += payment.amount_minor
        assert set(left.values()) <= {0}
