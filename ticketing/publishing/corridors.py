"""The journeys sold of each corridor in a month, as they were published: for maps and figures that may not see more."""

from dataclasses import dataclass

from ticketing.db.publishing import releases
from ticketing.db.publishing.releases import FileKey
from ticketing.publishing import tables
from ticketing.publishing.datasets import JOURNEYS
from ticketing.publishing.datasets.places import Zone, zones
from ticketing.publishing.desk import Month, PublishingDesk


@dataclass(frozen=True, slots=True)
class Corridor:
    """The journeys from one zone to another in a month, with noise and rounded to fives; None where they are withheld (fewer than 20)."""

    origin: Zone
    destination: Zone
    month: str
    journeys: int | None


def journeys_by_corridor(desk: PublishingDesk, region: str, month: str) -> list[Corridor] | None:
    """Read the journeys sold of every pair of zones; None where the month is not published.

    It reads the file that was published and spends no privacy. Raises NotFound for a region that publishes no open data.
    """
    data = desk.region(region).data
    with desk.database.read() as tx:
        file = releases.find_file(tx, FileKey(region, JOURNEYS.name, Month.read(month).name, "zones"))
    if file is None:
        return None
    by_id = {zone.id: zone for zone in zones(data)}
    return [
        Corridor(
            by_id.get(origin, Zone(origin, origin)),
            by_id.get(destination, Zone(destination, destination)),
            month,
            cell.count,
        )
        for cell in tables.read(file.content)
        for origin, destination in [cell.key]
    ]
