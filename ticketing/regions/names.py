"""Say rider categories and products as people call them: by the names that a region and its fares give, in the language that is asked. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from operators.region import Operator, RegionData
from tariffs.book import TariffBook
from tariffs.journey import Ride
from tariffs.passes import PassProduct
from tariffs.words import explain
from ticketing.frozen import PricedPassenger
from ticketing.regions.load import Region

_ENGLISH = "en"
_RIDERS = "rider_categories.txt"


def category_name(data: RegionData, rider: str, language: str = _ENGLISH) -> str:
    """Name a rider category: as the region does, else as the first operator's fares do, else by its id in words."""
    given = data.category_names.get(rider, {})
    found = given.get(language) or given.get(_ENGLISH)
    if found:
        return found
    named = (_own_name(data, operator, own) for operator, own in data.categories.get(rider, {}).items())
    return next(filter(None, named), rider.replace("_", " "))


def pass_name(passes: Iterable[PassProduct], product: str, language: str = _ENGLISH) -> str:
    """Name a pass as its newest version does; its id where it is sold no more."""
    names: Mapping[str, str] = {}
    for one in sorted(passes, key=lambda one: one.version):
        names = one.names if one.id == product else names
    return names.get(language) or names.get(_ENGLISH) or product


def product_name(
    book: TariffBook,
    step: Mapping[str, Any],
    rides: Sequence[Ride],
    language: str,
    operators_by_id: Mapping[str, Operator],
) -> str:
    """Name what a step of a derivation is about: a pass, a fare of one of the operators whose rides it pays for, or all of them."""
    product = str(step["product"])
    if step["reason"] == "agreement":
        carriers = dict.fromkeys(rides[leg].operator for leg in step["legs"] if leg < len(rides))
        return " + ".join(operators_by_id[one].name if one in operators_by_id else one for one in carriers)
    named = pass_name(book.passes, product, language)
    operators = {rides[leg].operator for leg in step["legs"] if leg < len(rides)}
    rows = [
        row
        for operator in sorted(operators & book.feeds.keys())
        for row in book.feeds[operator].products.get(product, ())
        if row.name
    ]
    if named != product or not rows:
        return named
    # A fare has a name for each rider category; the step says what was paid.
    return str(max(rows, key=lambda row: row.price.text == step["amount"]).name)


def explained(region: Region, passenger: PricedPassenger, rides: Sequence[Ride], language: str) -> list[str]:
    """Say how the price of a passenger of a quote came about: products and operators by the names that people know."""
    book, known = region.book, region.operators
    return explain(
        passenger.derivation, language, lambda step: product_name(book, step, rides, language, known)
    )


def _own_name(data: RegionData, operator: str, own: str) -> str | None:
    text = data.feed_texts.get(operator, {}).get(_RIDERS, "")
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    return next((row.get("rider_category_name") for row in rows if row.get("rider_category_id") == own), None)
