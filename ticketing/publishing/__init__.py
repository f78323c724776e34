"""Publishing: numbers about many people that say nothing about one, and the product's own timetable, prices and live data.

`journeys_by_corridor` gives the journeys sold by origin zone, destination zone and month as they were published.
"""

from ticketing.publishing.corridors import Corridor, journeys_by_corridor
from ticketing.publishing.datasets import DATASETS, Dataset
from ticketing.publishing.datasets.places import Zone, zone_of_stops, zones
from ticketing.publishing.desk import Month, PublishingDesk
from ticketing.publishing.making import (
    Due,
    budget_of,
    get_file,
    list_due,
    list_spendings,
    make,
    spend_unknown,
    withdraw,
)
from ticketing.publishing.ngsi import CORE_CONTEXT, MODEL_CONTEXT, get_entity, list_entities
from ticketing.publishing.privacy.noise import is_installed
from ticketing.publishing.shelf import Page, get_catalogue, get_page

__all__ = [
    "CORE_CONTEXT",
    "DATASETS",
    "MODEL_CONTEXT",
    "Corridor",
    "Dataset",
    "Due",
    "Month",
    "Page",
    "PublishingDesk",
    "Zone",
    "budget_of",
    "get_catalogue",
    "get_entity",
    "get_file",
    "get_page",
    "is_installed",
    "journeys_by_corridor",
    "list_due",
    "list_entities",
    "list_spendings",
    "make",
    "spend_unknown",
    "withdraw",
    "zone_of_stops",
    "zones",
]
