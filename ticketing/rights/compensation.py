"""Decide the compensation of a claim: the first rule that answers. Pure."""

from collections.abc import Iterator
from fractions import Fraction

from ticketing.rights.claim import Claim, Outcome, arrival, nothing, opens, unknown
from ticketing.rights.facts import Facts
from ticketing.rights.rules import Band, NotOffered, Source


def compensation_of(claim: Claim, expenses: Fraction | None) -> Outcome:
    """Decide the compensation: the first rule that answers."""
    for rule in _RULES:
        outcome = rule(claim)
        if outcome is not None:
            break
    else:  # pragma: no cover  the last rule always answers
        raise AssertionError("no rule answered")
    instead = claim.rules.expenses_instead
    if instead is not None and expenses and outcome.exact:
        return nothing("expenses_paid", instead)
    return outcome


def _of_pass(claim: Claim) -> Outcome | None:
    """Answer for a pass, which has rules of its own."""
    facts, passes = claim.facts, claim.rules.passes
    if facts.trip != "pass":
        return None
    if passes is None:
        return unknown(claim.rules.base_source, "this regime has no rule for passes")
    if passes.pays == "carrier_arrangement":
        return Outcome(
            exact=None, reason="carrier_arrangement", source=passes.source, notes=_delays_of_pass(facts)
        )
    if passes.pays == "lost_rides":
        return _lost_rides(claim, passes.source)
    rides = facts.pass_rides or passes.rides
    if not rides:
        return unknown(passes.source, "the number of rides of the pass is not told")
    claim.base = Fraction(facts.price.minor, rides)
    return None


def _delays_of_pass(facts: Facts) -> tuple[str, ...]:
    if facts.pass_delays_minutes is None:
        return ()
    delays = facts.pass_delays_minutes
    return (f"{len(delays)} delays within the validity add up to {sum(delays)} minutes",)


def _lost_rides(claim: Claim, source: Source) -> Outcome:
    """Leave the lost rides' part of a pass to the reimbursement, which it is."""
    if claim.facts.pass_rides is None or claim.facts.pass_rides_lost is None:
        return unknown(source, "the rides of the pass, or those that were lost, are not told")
    return nothing("lost_rides", source)


def _of_connection(claim: Claim) -> Outcome | None:
    """Answer for a connection that was missed between contracts."""
    facts, rules = claim.facts, claim.rules
    if not facts.missed_connection or facts.contract in ("through", "single"):
        return None
    undisclosed = rules.undisclosed
    if facts.contract == "combined_undisclosed" and undisclosed is not None:
        return Outcome(
            exact=facts.price.minor * undisclosed.share,
            reason="missed_connection",
            source=undisclosed.source,
            payer=undisclosed.payer,
            days=undisclosed.days,
        )
    if facts.contract == "combined":
        note = "the guarantor that the ticket names answers for the connection"
        return nothing("separate_contracts", rules.separate, note)
    return nothing("separate_contracts", rules.separate)


def _of_notice(claim: Claim) -> Outcome | None:
    """Answer for a passenger who knew of it before buying."""
    if claim.facts.informed_before_purchase and claim.rules.informed is not None:
        return nothing("informed_before_purchase", claim.rules.informed)
    return None


def _of_refund(claim: Claim) -> Outcome | None:
    """Answer for a passenger who takes the price back."""
    rules = claim.rules
    if rules.reimbursed is not None and claim.is_open and claim.facts.choice == "reimbursement":
        return nothing("reimbursed", rules.reimbursed)
    return None


def _of_choice(claim: Claim) -> Outcome | None:
    """Answer by the choice that the carrier had to offer, where the regime goes by it."""
    rule, choice = claim.rules.not_offered, claim.rules.choice
    if rule is None or choice is None:
        return None
    amount = claim.base * rule.share
    if claim.is_open:
        return _not_offered(claim.facts, rule, amount)
    if opens(claim, choice, as_others_read=True) and _owes(claim.facts, rule):
        others = ((amount, choice.others_read_from or ""),)
        return Outcome(exact=Fraction(0), reason="below_threshold", source=choice.source, others=others)
    return nothing("below_threshold", choice.source)


def _owes(facts: Facts, rule: NotOffered) -> bool:
    return facts.choice_offered is False and facts.departs_from == rule.only_from


def _not_offered(facts: Facts, rule: NotOffered, amount: Fraction) -> Outcome:
    """Answer where a choice had to be offered: was it, and does the service leave from where the share is due."""
    if facts.choice_offered is None:
        return unknown(rule.source, "it is not told whether the carrier offered the choice")
    if facts.choice_offered:
        return nothing("choice_offered", rule.source)
    if facts.departs_from is None:
        return unknown(rule.source, "it is not told whether the service leaves from a terminal")
    if not _owes(facts, rule):
        return nothing("not_from_terminal", rule.elsewhere)
    others = ((Fraction(0), rule.authority),) if facts.cause in rule.doubted else ()
    return Outcome(exact=amount, reason="choice_not_offered", source=rule.source, others=others)


def _of_bands(claim: Claim) -> Outcome:
    """Answer by the bands of the delay at the destination; the last rule."""
    facts, rules = claim.facts, claim.rules
    if not rules.bands:
        return nothing("no_rule", rules.scope.source)
    minutes = arrival(facts)
    lowest = min(rules.bands, key=lambda band: band.threshold.minutes)
    if minutes is None:
        return _untold(claim, lowest)
    if not any(band.threshold.minutes <= minutes for band in rules.bands):
        return nothing("below_threshold", lowest.source)
    covering = [band for band in rules.bands if band.covers(facts.scheduled_minutes)]
    if not covering:
        return unknown(lowest.source, "the scheduled duration of the voyage is not told")
    band = _highest(covering, minutes)
    others = tuple(_read_otherwise(claim, covering, minutes))
    if band is None:
        first = min(covering, key=lambda band: band.threshold.minutes)
        return Outcome(exact=Fraction(0), reason="below_threshold", source=first.source, others=others)
    return _with_exemption(claim, band, _amount(claim, band, minutes), others)


def _untold(claim: Claim, lowest: Band) -> Outcome:
    """Answer where no delay at the destination is told."""
    note = "the delay at the destination is not told"
    facts = claim.facts
    if facts.cancelled or facts.missed_connection or claim.is_open:
        return unknown(lowest.source, note)
    return nothing("below_threshold", lowest.source, note)


def _highest(bands: list[Band], minutes: int) -> Band | None:
    reached = [band for band in bands if band.threshold.is_reached(minutes)]
    return max(reached, key=lambda band: band.threshold.minutes, default=None)


def _amount(claim: Claim, band: Band | None, minutes: int) -> Fraction:
    """Count a band's sum in exact minor units, at most what was paid."""
    if band is None:
        return Fraction(0)
    paid = Fraction(claim.facts.price.minor)
    if band.share is None:
        return min(paid, Fraction(band.minute_minor * minutes))
    base = paid if band.of_whole_price and claim.facts.trip == "return" else claim.base
    return min(paid, base * band.share)


def _read_otherwise(claim: Claim, bands: list[Band], minutes: int) -> Iterator[tuple[Fraction, str]]:
    """Give the sum by an authority that counts the minute of a threshold the other way."""
    for band in bands:
        if band.others_read_from is not None and band.threshold.minutes == minutes:
            if band.threshold.inclusive:
                below = [other for other in bands if other is not band]
                yield _amount(claim, _highest(below, minutes), minutes), band.others_read_from
            else:
                yield _amount(claim, band, minutes), band.others_read_from


def _with_exemption(
    claim: Claim, band: Band, amount: Fraction, others: tuple[tuple[Fraction, str], ...]
) -> Outcome:
    """Let a cause excuse the carrier, or say who would let it."""
    exempt, cause = claim.rules.exempt, claim.facts.cause
    if exempt is not None and cause in exempt.causes:
        return nothing("exempt", exempt.source)
    if exempt is not None and cause in exempt.doubted:
        others = (*others, (Fraction(0), exempt.authority))
    return Outcome(exact=amount, reason="delayed", source=band.source, others=others)


_RULES = (_of_pass, _of_connection, _of_notice, _of_refund, _of_choice, _of_bands)
