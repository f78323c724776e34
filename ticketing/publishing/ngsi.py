"""Serve the hours of the newest month as entities of NGSI-LD: `ItemFlowObserved` of the Smart Data Models, one a stop group and hour.

ETSI GS CIM 009, normalised form; a provider that is read only. An hour whose number is withheld is no entity, as it is an empty field of the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ticketing.errors import InvalidRequest, NotFound
from ticketing.publishing import tables
from ticketing.publishing.datasets import RIDERSHIP
from ticketing.publishing.datasets.places import StopGroup, stop_groups
from ticketing.publishing.desk import PublishingDesk
from ticketing.publishing.making import get_file, list_spendings
from ticketing.publishing.privacy import Cell

TYPE = "ItemFlowObserved"
CORE_CONTEXT = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"
MODEL_CONTEXT = (
    "https://raw.githubusercontent.com/smart-data-models/dataModel.Transportation/master/context.jsonld"
)
MOST = 1_000
_HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Entities:
    """A page of entities, and how many there are in all."""

    page: list[dict[str, object]]
    count: int


def list_entities(desk: PublishingDesk, kind: str, limit: int, offset: int) -> Entities:
    """List entities of a type; raises InvalidRequest for another type, or for more at once than are served."""
    if kind != TYPE:
        raise InvalidRequest.at("type", f"must be {TYPE}")
    if not 0 <= limit <= MOST or offset < 0:
        raise InvalidRequest.at("limit", f"must be from 0 to {MOST}, and offset 0 or more")
    known = [entity for name in _regions(desk) for entity in _shown(desk, name)]
    return Entities([_entity(*one) for one in known[offset : offset + limit]], len(known))


def get_entity(desk: PublishingDesk, identity: str) -> dict[str, object]:
    """Read one entity; raises NotFound."""
    for name in _regions(desk):
        for region, group, cell in _shown(desk, name):
            if _id(region, cell) == identity:
                return _entity(region, group, cell)
    raise NotFound("there is no such entity")


def _regions(desk: PublishingDesk) -> list[str]:
    return [name for name, region in desk.regions.items() if region.data.open_data is not None]


def _shown(desk: PublishingDesk, name: str) -> list[tuple[str, StopGroup, Cell]]:
    """The hours of the newest month that are shown; read once a while, for a month never changes."""
    return desk.keep(("ngsi", name), 300, lambda: list(_read(desk, name)))


def _read(desk: PublishingDesk, name: str) -> Iterator[tuple[str, StopGroup, Cell]]:
    opened = [one.key for one in list_spendings(desk, name) if one.is_open]
    months = [key.month for key in opened if (key.dataset, key.part) == (RIDERSHIP.name, _HOURS)]
    if not months:
        return
    groups = {group.id: group for group in stop_groups(desk.region(name).data)}
    content = get_file(desk, name, RIDERSHIP.name, max(months), _HOURS).content
    for cell in tables.read(content):
        if cell.count is not None and cell.key[0] in groups:
            yield name, groups[cell.key[0]], cell


def _id(region: str, cell: Cell) -> str:
    group, day, hour = cell.key
    return f"urn:ngsi-ld:{TYPE}:{region}:{group}:{day}T{hour}"


def _entity(region: str, group: StopGroup, cell: Cell) -> dict[str, object]:
    _, day, hour = cell.key
    begins = datetime.fromisoformat(f"{day}T{hour}:00:00").replace(tzinfo=group.zone)
    ends = (begins.astimezone(UTC) + timedelta(hours=1)).astimezone(group.zone)
    return {
        "id": _id(region, cell),
        "type": TYPE,
        "name": {"type": "Property", "value": group.name},
        "itemType": {"type": "Property", "value": "people"},
        "intensity": {"type": "Property", "value": cell.count},
        "dateObserved": {"type": "Property", "value": f"{begins.isoformat()}/{ends.isoformat()}"},
        "dateObservedFrom": {"type": "Property", "value": begins.isoformat()},
        "dateObservedTo": {"type": "Property", "value": ends.isoformat()},
        "location": {
            "type": "GeoProperty",
            "value": {"type": "Point", "coordinates": [group.lon, group.lat]},
        },
    }
