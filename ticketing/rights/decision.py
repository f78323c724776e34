"""Decide a claim: the sums owed, the article, its certainty, and the readings of others. Pure.

`decide` asks in this order: is the service within the regime, is the ticket open, is a right to choose open, what comes back, what is
repaid, and last what compensates. Percentages are exact, and a sum is rounded half up once. Nothing is guessed: where a fact that
decides is missing, the answer is `not_decided`.
"""

from dataclasses import dataclass
from fractions import Fraction

from tariffs.money import Money, half_up
from ticketing.rights.claim import Claim, Outcome, Reason, arrival, is_late, nothing, opens, unknown
from ticketing.rights.compensation import compensation_of
from ticketing.rights.facts import Facts
from ticketing.rights.rules import Level, Payer, Rules, Source, Threshold

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Alternative:
    """The compensation by another reading, and who reads so."""

    compensation: Money
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Sums that are owed for one claim, and the reason.

    `compensation` is None where the carrier's own arrangement or a missing fact decides. `expenses` is None where nobody asked for any.
    `deadline_days` has a term for each sum that is due.
    """

    compensation: Money | None
    reimbursement: Money
    expenses: Money | None
    payer: Payer
    reason: Reason
    article: str
    level: Level
    rule_version: str
    rights: tuple[str, ...] = ()
    deadline_days: tuple[tuple[str, int], ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def pays(self) -> bool:
        """True where money is due by this decision."""
        sums = (self.compensation, self.reimbursement, self.expenses)
        return any(amount is not None and amount.minor > 0 for amount in sums)


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """The article by which a passenger who is not carried has the price back, the days in which it is paid, and its level."""

    article: str
    days: int
    level: Level


def money_back(rules: Rules) -> MoneyBack | None:
    """Name the rule by which the price comes back; None where a regime knows none."""
    if rules.refund is None:
        return None
    source = rules.refund.source
    return MoneyBack(f"{rules.law}, {source.article}", rules.refund.days, source.level)


def decide(facts: Facts, rules: Rules) -> Decision:
    """Decide a claim by the rules of its regime.

    The rules are those of `rules_for(facts.regime, facts.on)`. Raises nothing: facts were checked where they were read. The compensation
    is never above the price, and never falls when a delay grows.
    """
    claim = Claim(facts, rules, _base(facts, rules))
    closed = _closed(claim)
    if closed is not None:
        return _decision(claim, closed, Fraction(0), None, ())
    claim.is_open = opens(claim, rules.choice)
    expenses = _expenses(claim)
    outcome = compensation_of(claim, expenses)
    return _decision(claim, outcome, _reimbursement(claim, outcome), expenses, _rights(claim))


def _base(facts: Facts, rules: Rules) -> Fraction:
    """Find what a share is taken of: the price, and of a return the leg's price where the regime takes it, else half."""
    if facts.trip != "return":
        return Fraction(facts.price.minor)
    if rules.base == "leg_or_half" and facts.leg_price is not None:
        return Fraction(facts.leg_price.minor)
    return facts.price.minor * _HALF


def _closed(claim: Claim) -> Outcome | None:
    """Answer a claim that the regime does not cover; None for one that it covers."""
    facts, rules = claim.facts, claim.rules
    scope = rules.scope
    if not facts.in_scope:
        return nothing("out_of_scope", scope.source)
    if scope.needs_distance and facts.distance_km is None:
        return unknown(scope.source, "the scheduled distance of the service is not told")
    if facts.distance_km is not None and not scope.holds(facts.distance_km):
        return nothing("out_of_scope", scope.source)
    if facts.open_ticket and facts.trip != "pass" and rules.open_ticket is not None:
        return nothing("open_ticket", rules.open_ticket)
    return None


def _expenses(claim: Claim) -> Fraction | None:
    """Count what of the passenger's own way is repaid; None where nobody asked."""
    paid, own_way = claim.facts.own_alternative, claim.rules.own_way
    if paid is None:
        return None
    if own_way is None:
        claim.notes.append(_why_no_own_way(claim.rules))
        return Fraction(0)
    if not _is_own_way_open(claim, own_way.threshold):
        claim.notes.append(
            f"an own way is repaid {_beyond(own_way.threshold)} (Article {own_way.source.article})"
        )
        return Fraction(0)
    at_most = own_way.at_most
    if at_most is not None and at_most.currency == paid.currency:
        return Fraction(min(paid.minor, at_most.minor))
    return Fraction(paid.minor)


def _why_no_own_way(rules: Rules) -> str:
    if rules.own_way_unknown:
        return "the highest sum for an own way is not known for that year"
    return "this regime repays no way that a passenger chose alone"


def _is_own_way_open(claim: Claim, threshold: Threshold) -> bool:
    """Tell whether the wait for options, or where the regime has no such wait the delay, is long enough."""
    if claim.rules.choice is None:
        return claim.facts.cancelled or is_late(threshold, arrival(claim.facts))
    return claim.is_open and is_late(threshold, claim.facts.minutes_without_options)


def _beyond(threshold: Threshold) -> str:
    return f"{'from' if threshold.inclusive else 'beyond'} {threshold.minutes} minutes"


def _reimbursement(claim: Claim, outcome: Outcome) -> Fraction:
    """Count what comes back of the price, in exact minor units."""
    facts, rules = claim.facts, claim.rules
    if outcome.reason == "missed_connection":
        return Fraction(facts.price.minor)
    if outcome.reason == "lost_rides":
        return _part_of_pass(facts)
    if rules.refund is None or facts.trip == "pass":
        return Fraction(0)
    not_offered = rules.not_offered is not None and facts.choice_offered is False and facts.choice is None
    if claim.is_open and (facts.choice == "reimbursement" or not_offered):
        return claim.base
    return Fraction(0)


def _part_of_pass(facts: Facts) -> Fraction:
    rides, lost = facts.pass_rides or 1, facts.pass_rides_lost or 0
    return Fraction(facts.price.minor * min(rides, lost), rides)


def _decision(
    claim: Claim,
    outcome: Outcome,
    reimbursement: Fraction,
    expenses: Fraction | None,
    rights: tuple[str, ...],
) -> Decision:
    """Round each sum once, apply the least sum that is paid, and name rights, terms and notes."""
    facts, rules = claim.facts, claim.rules
    currency = facts.price.currency
    compensation = None if outcome.exact is None else Money(half_up(outcome.exact), currency)
    reason, source = outcome.reason, outcome.source
    least = _least(claim)
    if least is not None and compensation is not None and 0 < compensation.minor < least[0]:
        compensation, reason, source = Money(0, currency), "under_min_payout", least[1]
    repaid = Money(half_up(reimbursement), currency)
    spent = facts.own_alternative
    own = None if expenses is None or spent is None else Money(half_up(expenses), spent.currency)
    return Decision(
        compensation=compensation,
        reimbursement=repaid,
        expenses=own,
        payer=outcome.payer,
        reason=reason,
        article=f"{rules.law}, {source.article}",
        level=source.level,
        rule_version=rules.version,
        rights=rights,
        deadline_days=_terms(claim, outcome, (compensation, repaid, own)),
        alternatives=tuple(
            Alternative(Money(half_up(exact), currency), authority) for exact, authority in outcome.others
        ),
        notes=(*outcome.notes, *claim.notes, *rules.notes),
    )


def _least(claim: Claim) -> tuple[int, Source] | None:
    """Find the least sum that the carrier pays, in minor units: its own, at most the statute's; None where it pays all."""
    wanted, rule = claim.facts.minimum_payout, claim.rules.minimum
    if wanted is None or wanted.minor == 0:
        return None
    if rule is None:
        claim.notes.append("this regime knows no least sum: every amount is paid")
        return None
    statute, source = rule
    if statute.currency == wanted.currency and statute.minor < wanted.minor:
        claim.notes.append(f"the statute allows a least sum of at most {statute}")
        return statute.minor, source
    return wanted.minor, source


def _rights(claim: Claim) -> tuple[str, ...]:
    """Name the rights that are open beside money."""
    facts, rules = claim.facts, claim.rules
    names = ["choice"] if claim.is_open else []
    if opens(claim, rules.refreshments):
        names.append("refreshments")
    own_way = rules.own_way
    if claim.is_open and own_way is not None and is_late(own_way.threshold, facts.minutes_without_options):
        names.append("own_way")
    return tuple(names)


def _terms(
    claim: Claim, outcome: Outcome, sums: tuple[Money | None, Money, Money | None]
) -> tuple[tuple[str, int], ...]:
    """Say within how many days each sum that is due is paid."""
    rules = claim.rules
    refund = rules.refund.days if rules.refund is not None else rules.payment.days
    terms = (
        ("compensation", outcome.days or rules.payment.days),
        ("reimbursement", outcome.days or refund),
        ("expenses", rules.payment.days),
    )
    return tuple(
        term for term, amount in zip(terms, sums, strict=True) if amount is not None and amount.minor > 0
    )
