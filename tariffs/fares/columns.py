"""Name the columns of fare tables that nobody reads: a misspelt one would change prices without a word. Pure."""

import difflib
from collections.abc import Iterator, Mapping

from tariffs.findings import Finding
from tariffs.table import Table

# By table, from the GTFS Schedule Reference of 27 April 2026, with the extensions of docs/tariffs.md.
_KNOWN: Mapping[str, frozenset[str]] = {
    "areas.txt": frozenset({"area_id", "area_name"}),
    "stop_areas.txt": frozenset({"area_id", "stop_id"}),
    "networks.txt": frozenset({"network_id", "network_name"}),
    "route_networks.txt": frozenset({"network_id", "route_id"}),
    "rider_categories.txt": frozenset(
        {"rider_category_id", "rider_category_name", "is_default_fare_category", "eligibility_url"}
    ),
    "fare_media.txt": frozenset({"fare_media_id", "fare_media_name", "fare_media_type"}),
    "fare_products.txt": frozenset(
        {"fare_product_id", "fare_product_name", "rider_category_id", "fare_media_id", "amount", "currency"}
    ),
    "timeframes.txt": frozenset({"timeframe_group_id", "start_time", "end_time", "service_id"}),
    "area_sets.txt": frozenset({"area_set_id", "area_set_name"}),
    "area_set_elements.txt": frozenset({"area_set_id", "area_id"}),
    "fare_leg_rules.txt": frozenset(
        {
            "leg_group_id",
            "network_id",
            "from_area_id",
            "to_area_id",
            "from_timeframe_group_id",
            "to_timeframe_group_id",
            "fare_product_id",
            "rule_priority",
            "contains_exactly_area_set_id",
            "contains_area_set_id",
        }
    ),
    "fare_leg_join_rules.txt": frozenset(
        {"from_network_id", "to_network_id", "from_stop_id", "to_stop_id", "x_compulsory"}
    ),
    "fare_transfer_rules.txt": frozenset(
        {
            "from_leg_group_id",
            "to_leg_group_id",
            "transfer_count",
            "duration_limit",
            "duration_limit_type",
            "fare_transfer_type",
            "fare_product_id",
        }
    ),
    "fare_attributes.txt": frozenset(
        {"fare_id", "price", "currency_type", "payment_method", "transfers", "agency_id", "transfer_duration"}
    ),
    "fare_rules.txt": frozenset({"fare_id", "route_id", "origin_id", "destination_id", "contains_id"}),
    "fare_rider_categories.txt": frozenset({"fare_id", "rider_category_id", "price"}),
}


def unread(tables: Mapping[str, Table]) -> Iterator[Finding]:
    """A warning for each fare table with columns that mean nothing here."""
    for name, known in _KNOWN.items():
        strange = [
            column
            for column in sorted(tables[name].columns, key=tables[name].columns.__getitem__)
            if column and column not in known
        ]
        if strange:
            yield Finding(
                file=name,
                row=1,
                field=strange[0],
                code="unread_column",
                message=f"nothing reads {', '.join(_said(column, known) for column in strange)}",
                severity="warning",
            )


def _said(column: str, known: frozenset[str]) -> str:
    """A column, with the known one that it may have been meant as."""
    near = difflib.get_close_matches(column, known, n=1, cutoff=0.85)
    return f"{column} (did you mean {near[0]}?)" if near else column
