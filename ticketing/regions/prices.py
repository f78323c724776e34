"""An operator's list price of one ride. Pure."""

from tariffs.book import TariffBook
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.own_price import Journey, price_as
from tariffs.parts import Unpriced
from tariffs.runs import runs_of


def list_price(book: TariffBook, ride: Ride, own_rider: str) -> Money | None:
    """Price one ride of one of an operator's own rider categories by its tariff; None where it has no price."""
    (run,) = runs = runs_of(book, [ride])
    found = price_as(Journey(book=book, rides=[ride], runs=runs, at=None, offers=()), run, own_rider)
    return None if isinstance(found, Unpriced) else Money(found.cost, found.currency)
