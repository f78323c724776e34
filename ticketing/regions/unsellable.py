"""Find what a region has and can never sell, or not name to everybody: each is a warning, for nothing wrong is sold, and a newer feed stops no service."""

from collections.abc import Iterator
from datetime import date
from itertools import chain

from operators import territory
from operators.gtfs.timetable import Departure, Pattern, Timetable
from operators.region import RegionData
from tariffs.book import TariffBook
from tariffs.fares.feed import Feed
from tariffs.findings import Finding
from tariffs.passes import FILE
from tariffs.words import LANGUAGES

_OPEN_SEA = "XX"
_REGION, _TAXES = "region.toml", "taxes.csv"


def unsellable(region: RegionData, book: TariffBook) -> Iterator[Finding]:
    """Operators without a rider, a medium that no fare has, states and modes that are ridden and have no VAT, passes without fares."""
    yield from _without_riders(region)
    yield from _without_medium(region, book)
    yield from _without_tax(region, book)
    yield from _without_fares(region, book)


def unspoken(region: RegionData) -> Iterator[Finding]:
    """Rider categories and kinds of places that the region names in some languages of the service and not in all."""
    for category, names in region.category_names.items():
        for language in LANGUAGES:
            if language not in names:
                message = f"{category!r} has no name in {language!r}: receipts say its English one there"
                yield _warning(_REGION, f"category_names.{category}", message, "unnamed")


def _without_riders(region: RegionData) -> Iterator[Finding]:
    sold = {operator for mapped in region.riders.values() for operator in mapped}
    for operator in region.operators:
        if operator not in sold:
            message = f"{operator} is in no rider category: none of its rides can be sold"
            yield _warning(_REGION, "rider_categories", message)


def _without_medium(region: RegionData, book: TariffBook) -> Iterator[Finding]:
    for operator in region.operators.values():
        media = {medium for feed in book.feeds_of(operator.id) for medium in _media(feed)}
        if operator.medium and media and None not in media and operator.medium not in media:
            message = (
                f"no fare of {operator.id} is sold on {operator.medium!r}, so none of its rides can be sold; its fares "
                f"are on {', '.join(sorted(filter(None, media)))}"
            )
            yield _warning(_REGION, f"operators.{operator.id}.medium", message)


def _without_tax(region: RegionData, book: TariffBook) -> Iterator[Finding]:
    """The states and kinds of rides that no row of the taxes covers on any day on which they run."""
    without: dict[str, set[str]] = {}
    for (state, mode, scope, operator), days in sorted(_ridden(region).items()):
        if not book.taxes.rules.get(state, ()):
            without.setdefault(f"{state} has no row", set()).add(operator)
        elif not book.taxes.covers(state, mode, scope, days):
            what = f"{state} has no {scope} row for the mode {mode} on the days of the timetable"
            without.setdefault(what, set()).add(operator)
    for what, operators in without.items():
        message = f"{what}, and {', '.join(sorted(operators))} runs there: its rides there cannot be sold"
        yield _warning(_TAXES, "member_state", message)


def _without_fares(region: RegionData, book: TariffBook) -> Iterator[Finding]:
    """Passes of operators that have no fares, now or from any day on: they would cover nothing there."""
    for product in book.passes:
        for operator in sorted(product.scope.operators & region.operators.keys()):
            begin = {
                product.valid_from,
                *(day for day, _ in book.dated.get(operator, ()) if day <= product.valid_to),
            }
            if not all(book.has_fares(operator, day) for day in begin):
                message = (
                    f"{operator} has no fares, so {product.id} would cover no ride of it: it is not sold"
                )
                yield Finding(
                    file=FILE,
                    row=product.row,
                    field="scope.operators",
                    code="unsellable",
                    message=message,
                    severity="warning",
                )


def _ridden(region: RegionData) -> dict[tuple[str, str, str, str], tuple[date, date]]:
    """The first and last day of the rides in each state, by mode, by scope and operator: by stops, and by listed crossings.

    A line that stays in one state is domestic, another one international.
    """
    ridden: dict[tuple[str, str, str, str], tuple[date, date]] = {}
    for operator, timetable in region.timetables.items():
        if operator not in region.operators:
            continue
        for pattern in timetable.patterns:
            mode = timetable.routes[pattern.route].mode
            states = {territory.state_of(region, operator, stop) for stop in pattern.stops}
            ends = (f"{operator}:{pattern.stops[0]}", f"{operator}:{pattern.stops[-1]}")
            states |= {state for state, _ in region.crossings.get(ends, ())}
            scope = "domestic" if len(states) == 1 else "international"
            days = _days(timetable, pattern)
            for state in states - {None, _OPEN_SEA}:
                first, last = ridden.setdefault((str(state), mode, scope, operator), days)
                ridden[str(state), mode, scope, operator] = (min(first, days[0]), max(last, days[1]))
    return ridden


def _days(timetable: Timetable, pattern: Pattern) -> tuple[date, date]:
    """The first and last day on which a trip of a pattern may run; an empty span where none ever does."""
    services = [timetable.services[name] for name in dict.fromkeys(map(_service_of, pattern.trips))]
    days = list(chain.from_iterable(service.ends for service in services))
    return (min(days), max(days)) if days else (date.max, date.min)


def _service_of(trip: Departure) -> str:
    return trip.service


def _media(feed: Feed) -> Iterator[str | None]:
    for rows in feed.products.values():
        for product in rows:
            yield product.medium


def _warning(file: str, field: str, message: str, code: str = "unsellable") -> Finding:
    return Finding(file=file, row=0, field=field, code=code, message=message, severity="warning")
