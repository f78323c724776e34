"""The datasets about people: for each its tables over a fixed domain, the rule of each table, and the meaning of one count."""

from ticketing.publishing.datasets.dataset import Dataset, Table
from ticketing.publishing.datasets.journeys import JOURNEYS
from ticketing.publishing.datasets.quality import CLAIMS, CONNECTIONS, PUNCTUALITY
from ticketing.publishing.datasets.ridership import RIDERSHIP, RIDERSHIP_WEEKS

DATASETS = {one.name: one for one in (RIDERSHIP, RIDERSHIP_WEEKS, JOURNEYS, PUNCTUALITY, CONNECTIONS, CLAIMS)}

__all__ = ["DATASETS", "JOURNEYS", "RIDERSHIP", "RIDERSHIP_WEEKS", "Dataset", "Table"]
