"""Find the connections of a journey that a region guarantees, and what that costs. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from operators.guarantee_terms import GuaranteeTerms
from operators.promises import service_of
from operators.region import RegionData
from tariffs.journey import Ride
from ticketing.frozen import CoveredConnection, SoldGuarantee, SoldRecourse
from ticketing.regions.changing import change_seconds

_MINUTE = 60


def guarantee_for(data: RegionData, rides: Sequence[Ride], people: int) -> SoldGuarantee | None:
    """Write the guarantee that may be sold with a journey for so many people; None where no connection of it can be guaranteed."""
    terms = data.guarantee
    if terms is None or not people:
        return None
    covered = [
        one
        for at, (first, then) in enumerate(pairwise(rides))
        if (one := _covered(data, terms, at, first, then))
    ]
    if not covered:
        return None
    return SoldGuarantee(
        guarantor=terms.name,
        fee_minor=terms.price_minor * people * len(covered),
        each_minor=terms.price_minor,
        currency=data.currency,
        wait_minutes=terms.wait_minutes,
        pays_minor=terms.pays_minor,
        connections=tuple(covered),
        recourse=tuple(
            SoldRecourse(operator=name, percent=part.percent, cap_minor=part.cap_minor)
            for name, part in sorted(terms.recourse.items())
        ),
    )


def _covered(
    data: RegionData, terms: GuaranteeTerms, at: int, first: Ride, then: Ride
) -> CoveredConnection | None:
    """Cover a connection to a ride of another operator that can be missed, if more time is planned for it than it needs."""
    is_city = service_of(then, data.operators[then.operator].promises) == "city"
    ends = (first.operator, first.to_stop_id), (then.operator, then.from_stop_id)
    change = change_seconds(data, *ends)
    if first.operator == then.operator or is_city or change is None:
        return None
    needed = change + terms.margin_minutes * _MINUTE
    # As instants: times of one zone would ignore a change of clocks between them.
    planned = round(then.departure.timestamp() - first.arrival.timestamp())
    if planned < needed:
        return None
    return CoveredConnection(after_leg=at, planned_seconds=planned, needed_seconds=needed)
