"""Describe the published tables of a region as a data package (Frictionless Data Package v1): columns, meaning, and the protection of each."""

from collections.abc import Iterator

from ticketing.publishing.datasets import DATASETS
from ticketing.publishing.datasets.dataset import Dataset, Part
from ticketing.publishing.datasets.places import stop_groups, zones
from ticketing.publishing.desk import PublishingDesk
from ticketing.publishing.making import list_spendings
from ticketing.regions import Region

# The types of the columns that are no plain text.
_TYPES = {"date": "date", "stop_group": "string"}
_TITLES = {
    "stop_group": "Stop group: a station, or the stops of one operator that have one name and are near (stop_groups.csv)",
    "date": "Day, local to the stop group",
    "hour": "Hour of the clock there, 00 to 23; where clocks go back the two hours of one name are one",
    "week": "ISO week; a week belongs to the month of its Monday",
    "origin_zone": "Zone of the first boarding (zones.csv)",
    "destination_zone": "Zone of the last alighting (zones.csv)",
    "operator": "Operator",
    "from_operator": "Operator of the ride before the change",
    "to_operator": "Operator of the ride after it",
    "outcome": "Outcome",
    "minutes_late": "Band of lateness in minutes",
}


def data_package(desk: PublishingDesk, name: str) -> dict[str, object]:
    """Describe every file of a region that lies open; raises NotFound for a region that publishes nothing."""
    region = desk.region(name)
    terms = region.data.open_data
    if terms is None:
        raise AssertionError(name)
    return {
        "profile": "tabular-data-package",
        "name": name,
        "title": f"Open data of {region.data.name}",
        "homepage": terms.homepage,
        "licenses": [{"path": terms.licence}],
        "contributors": [{"title": terms.publisher, "email": terms.contact, "role": "publisher"}],
        "resources": [*_places(), *_tables(desk, name)],
    }


def _tables(desk: PublishingDesk, name: str) -> Iterator[dict[str, object]]:
    """Describe the tables that lie open, the newest first."""
    opened = [one.key for one in list_spendings(desk, name) if one.is_open]
    for key in sorted(opened, key=lambda key: (key.month, key.dataset, key.part), reverse=True):
        dataset = DATASETS.get(key.dataset)
        part = dataset.part(key.part) if dataset else None
        if dataset is not None and part is not None:
            yield _table(dataset, part, key.month)


def _table(dataset: Dataset, part: Part, month: str) -> dict[str, object]:
    rule = part.rule
    return {
        **_resource(f"{dataset.name}-{month}-{part.name}", f"{dataset.name}/{month}/{part.name}.csv"),
        "title": f"{dataset.title}, {month}",
        "description": dataset.meaning,
        "schema": {
            "fields": [*(_column(name) for name in part.columns), _number(part)],
            "missingValues": [""],
            "primaryKey": list(part.columns),
        },
        "privacy": {
            "mechanism": "discrete Laplace noise on every cell of a fixed domain (OpenDP make_laplace)",
            "unit": rule.unit,
            "neighbours": "one such unit becomes another one",
            "epsilon": rule.epsilon,
            "sensitivity": rule.sensitivity,
            "scale": rule.scale,
            "withheld_below": rule.threshold,
            "rounded_to": rule.step,
        },
    }


def _column(name: str) -> dict[str, object]:
    return {
        "name": name,
        "type": _TYPES.get(name, "string"),
        "title": _TITLES[name],
        "constraints": {"required": True},
    }


def _number(part: Part) -> dict[str, object]:
    text = f"Number with noise, rounded to {part.rule.step}; empty where it is below {part.rule.threshold}"
    return {"name": part.number, "type": "integer", "title": text}


def _places() -> Iterator[dict[str, object]]:
    for name, columns in (("stop_groups", GROUP_COLUMNS), ("zones", ZONE_COLUMNS)):
        fields = [{"name": column, "type": _PLACE_TYPES.get(column, "string")} for column in columns]
        schema = {"fields": fields, "primaryKey": [columns[0]]}
        yield {**_resource(name.replace("_", "-"), f"{name}.csv"), "schema": schema}


def _resource(name: str, path: str) -> dict[str, object]:
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
    }


GROUP_COLUMNS = ("stop_group", "name", "lat", "lon", "stops")
ZONE_COLUMNS = ("zone", "name")
_PLACE_TYPES = {"lat": "number", "lon": "number"}


def group_rows(region: Region) -> list[tuple[str, ...]]:
    """List the stop groups of a region, each with its stops."""
    return [
        (group.id, group.name, f"{group.lat:.5f}", f"{group.lon:.5f}", " ".join(group.stops))
        for group in stop_groups(region.data)
    ]


def zone_rows(region: Region) -> list[tuple[str, ...]]:
    """List the zones of a region."""
    return [(zone.id, zone.name) for zone in zones(region.data)]
