"""Names of parties and regions, which people read before ids."""

from tariffs.agreements.shares import FUNDER
from ticketing.console.blueprint import console
from ticketing.console.words import text

_SCHEME = "scheme"


def party_name(party: str | None, tongue: str) -> str:
    """Name an operator, the scheme or an authority; an id that nobody knows stays as it is."""
    if not party:
        return ""
    if party == _SCHEME:
        return text("the_scheme", tongue)
    if party.startswith(FUNDER):
        return text("funder", tongue, name=party.removeprefix(FUNDER))
    return operator_names().get(party, party)


def operator_names() -> dict[str, str]:
    """Name every operator of the regions of this deployment, by id."""
    return {
        operator.id: operator.name
        for region in console().live.regions.values()
        for operator in region.data.operators.values()
    }


def region_name(region: str) -> str:
    """Name a region; one that is not loaded keeps its id."""
    known = console().live.regions.get(region)
    return known.data.name if known else region
