"""Tell gates the products that the regions sell: a rule for each product code."""

from collections.abc import Mapping

from throughfare_gate.gate.words import Names
from throughfare_gate.tickets.claims import CATEGORY_LETTERS
from throughfare_gate.tickets.products import THROUGH, ProductRule
from ticketing.regions import Region

# A pass opens gates as often as it likes, a carnet or a return ticket as often as its token says.
_PASS = ProductRule()


def gate_rules(regions: Mapping[str, Region]) -> dict[str, ProductRule]:
    """The rule of every ticket and pass of these regions."""
    rules = {THROUGH.code: THROUGH.rule}
    for region in regions.values():
        rules[region.data.product] = THROUGH.rule
        rules |= {product.id: _PASS for product in region.book.passes}
    return rules


def category_names(regions: Mapping[str, Region]) -> dict[str, str]:
    """The rider categories of these regions by the four letters that a ticket has room for; all of them where two share those."""
    whole: dict[str, set[str]] = {}
    for region in regions.values():
        for category in region.data.categories:
            whole.setdefault(category[:CATEGORY_LETTERS], set()).add(category)
    return {letters: " or ".join(sorted(names)) for letters, names in sorted(whole.items())}


def names_of(regions: Mapping[str, Region]) -> Names:
    """List the names of the operators, stops and fare categories of these regions, the latter by language."""
    operators = {name: one.name for region in regions.values() for name, one in region.operators.items()}
    categories: dict[str, Mapping[str, str]] = {}
    stops: dict[str, dict[str, str]] = {}
    for region in regions.values():
        categories |= region.data.category_names
        for operator, timetable in region.data.timetables.items():
            stops.setdefault(operator, {}).update({stop: one.name for stop, one in timetable.stops.items()})
    return Names(operators, categories, stops)


def clocks_of(regions: Mapping[str, Region]) -> dict[str, str]:
    """The zone of each region: that of its first operator."""
    return {
        name: next(iter(region.data.timetables.values())).timezone
        for name, region in regions.items()
        if region.data.timetables
    }
