"""Say rider categories and products as people call them: by the names that a region and its fares give, in the language that is asked. Pure."""

import csv
import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from operators.region import Operator, RegionData
from tariffs.book import TariffBook
from tariffs.fares.tables import Product
from tariffs.journey import Ride
from tariffs.passes import PassProduct
from tariffs.words import explain
from ticketing.frozen import PricedPassenger
from ticketing.regions.load import Region

_ENGLISH = "en"
_RIDERS = "rider_categories.txt"
_Words = Mapping[str, str]
# Bicycles, cars, cabins and dogs: a passenger's fare may price one, and its name would not say bicycle or dog.
_KINDS: Mapping[str, _Words] = {
    "bicycle": {"en": "bicycle", "et": "jalgratas", "fi": "polkupyörä", "sv": "cykel"},
    "car": {"en": "car", "et": "auto", "fi": "auto", "sv": "bil"},
    "cabin": {"en": "cabin", "et": "kajut", "fi": "hytti", "sv": "hytt"},
    "dog": {"en": "dog", "et": "koer", "fi": "koira", "sv": "hund"},
}


def category_name(data: RegionData, rider: str, language: str = _ENGLISH) -> str:
    """Name a rider category or kind of place: as the region does, else as everybody calls a kind of place, else as the first operator's fares do, else by its id in words."""
    given = data.category_names.get(rider) or _KINDS.get(rider, {})
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
    *,
    category: str,
) -> str:
    """Name what a step of a derivation is about: a pass, a fare of one of the operators whose rides it pays for, or all of them.

    A fare that is called otherwise for each category is called by what these names share, and by the `category` of the scheme.
    """
    product = str(step["product"])
    if step["reason"] == "agreement":
        carriers = dict.fromkeys(rides[leg].operator for leg in step["legs"] if leg < len(rides))
        return " + ".join(operators_by_id[one].name if one in operators_by_id else one for one in carriers)
    named = pass_name(book.passes, product, language)
    operators = {rides[leg].operator for leg in step["legs"] if leg < len(rides)}
    feeds = [book.feeds[operator] for operator in sorted(operators & book.feeds.keys())]
    prices = [row for feed in feeds for row in feed.products.get(product, ())]
    rows = [row for row in prices if row.name]
    return named if named != product or not rows else _fare_name(rows, step["amount"], category)


def explained(region: Region, passenger: PricedPassenger, rides: Sequence[Ride], language: str) -> list[str]:
    """Say how the price of a passenger of a quote came about: products and operators by the names that people know."""
    book, known = region.book, region.operators
    category = category_name(region.data, passenger.rider, language)
    return explain(
        passenger.derivation,
        language,
        lambda step: product_name(book, step, rides, language, known, category=category),
    )


def _fare_name(rows: Sequence[Product], amount: str, category: str) -> str:
    """The name of a fare; where it has one for each rider category, what these share beside the scheme's word for the rider."""
    paid = max(rows, key=lambda row: row.price.text == amount).name
    names = {row.name for row in rows}
    if len(names) == 1 or len({row.rider for row in rows}) == 1:
        return paid
    return f"{_shared_beginning(names) or paid} ({category})"


def _shared_beginning(names: Iterable[str]) -> str:
    """The whole words with which all of some names begin: `Kertalippu AB` of itself and `Kertalippu AB, lapsi`."""
    words = [name.replace(",", " ,").split() for name in names]
    shared = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))
    return " ".join(column[0] for column in shared).replace(" ,", ",").rstrip(" ,-(:")


def _own_name(data: RegionData, operator: str, own: str) -> str | None:
    text = data.feed_texts.get(operator, {}).get(_RIDERS, "")
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    return next((row.get("rider_category_name") for row in rows if row.get("rider_category_id") == own), None)
