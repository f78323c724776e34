"""Tariffs and agreements of a region as they are in force, and the price of a trip with its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g, request

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import language, page, region
from ticketing.console.words import text
from ticketing.errors import InvalidRequest, ThroughfareError
from ticketing.regions import Region, category_name
from ticketing.search import service as search
from ticketing.search.wish import Wish

_MOST_ROWS = 400


@dataclass(frozen=True, slots=True)
class Fare:
    """A price of an operator: the product, who it is for, on which medium."""

    operator: str
    product: str
    rider: str
    medium: str
    price: str
    currency: str


@blueprint.get("/tariffs")
@needs("finance", "admin")
def tariffs() -> str:
    """Show the tariffs and agreements of a region; where a trip is named, its price too."""
    place = region()
    known = console().live.regions[place]
    ways: Sequence[Mapping[str, object]] | None = None
    try:
        ways = _ways(known) if request.args.get("from") else None
    except ThroughfareError as error:
        g.problem = error
    tongue = language()
    return page(
        "tariffs",
        here="tariffs",
        region=place,
        fares=_fares(known),
        agreements=known.book.agreements,
        passes=known.book.passes,
        taxes=[rule for rules in known.book.taxes.rules.values() for rule in rules],
        version=known.book.version,
        riders=[(rider, category_name(known.data, rider, tongue)) for rider in known.data.riders],
        rider_name=lambda rider: category_name(known.data, rider, tongue),
        ways=ways,
        asked=request.args,
    )


def _fares(known: Region) -> list[Fare]:
    fares = [
        Fare(
            operator=operator,
            product=price.name,
            rider=price.rider or "",
            medium=price.medium or "",
            price=price.price.text,
            currency=price.price.currency,
        )
        for operator, feed in known.book.feeds.items()
        for price in feed.prices()
    ]
    return fares[:_MOST_ROWS]


def _ways(known: Region) -> Sequence[Mapping[str, object]]:
    """The ways of a trip with their prices, as the app would sell them; raises InvalidRequest that names the field."""
    given = {name: request.args.get(name, "").strip() for name in ("from", "to", "at", "rider")}
    if not given["to"]:
        raise InvalidRequest.at("to", text("place_needed", language()))
    zone = ZoneInfo(min(table.timezone for table in known.data.timetables.values()))
    try:
        at = datetime.fromisoformat(given["at"]).replace(tzinfo=zone)
    except ValueError:
        raise InvalidRequest.at("at", text("moment_needed", language())) from None
    wanted = {
        "origin": {"place": given["from"]},
        "destination": {"place": given["to"]},
        "depart_at": at,
        "passengers": [{"ref": "1", "rider_category": given["rider"] or min(known.data.riders)}],
        "region": known.data.id,
    }
    wish = replace(Wish.from_request(wanted), language=language())
    ways: Sequence[Mapping[str, object]] = search.find_journeys(console().planner, wish)["itineraries"]
    return ways
