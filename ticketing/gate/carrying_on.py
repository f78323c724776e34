"""Pay the operator that has carried on the passengers of a departure that was cancelled or missed, ride by ride, by their agreement."""

from datetime import timedelta

import structlog

from ticketing.books import postings
from ticketing.db.books import books
from ticketing.db.gate import carried_on
from ticketing.gate.house import Gatehouse

_log = structlog.get_logger(__name__)
# Gates tell their scans within days; a ride that is told later is paid by hand.
_BACK = timedelta(days=14)
_SCHEME = "scheme"


def book_rides(house: Gatehouse) -> int:
    """Book the fare of each ride that is not paid for yet; answers how many. Safe at any time: a ride is booked once."""
    agreements = [one for some in house.continuations.values() for one in some]
    givers = {giver for agreement in agreements for giver in agreement.givers}
    takers = {taker for agreement in agreements for taker in agreement.takers}
    if not agreements:
        return 0
    since = (house.clock.now() - _BACK).date()
    with house.database.read() as tx:
        rides = carried_on.list_unpaid(tx, givers, takers, since)
    return sum(_book(house, ride) for ride in rides)


def _book(house: Gatehouse, ride: carried_on.CarriedOn) -> bool:
    agreement = house.continuation(ride.region, ride.giver, ride.taker, ride.service_date, ride.broken_by)
    if agreement is None or not agreement.fare.minor:
        return False
    entry = postings.continuation(
        ride.source_id,
        region=ride.region,
        amount=agreement.fare.minor,
        currency=agreement.fare.currency,
        at=ride.at,
        taker=ride.taker,
        giver=None if agreement.bearer == _SCHEME else ride.broken_by or ride.giver,
    )
    if entry is None:
        return False
    with house.database.write() as tx:
        is_new = books.book(tx, entry, house.clock.now())
    if is_new:
        _log.info("carried on", giver=ride.giver, taker=ride.taker, agreement=agreement.id)
    return is_new
