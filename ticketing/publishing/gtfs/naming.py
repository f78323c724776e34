"""Name what several operators call alike: every id of a feed gets its operator in front, as `hsl:A`. Pure."""

from collections.abc import Iterable, Iterator

from ticketing.publishing.gtfs.rows import Row

# The columns of any table that are an id of the feed, or refer to one.
_IDS = frozenset(
    {
        "agency_id",
        "stop_id",
        "parent_station",
        "level_id",
        "route_id",
        "trip_id",
        "service_id",
        "block_id",
        "shape_id",
        "zone_id",
        "from_stop_id",
        "to_stop_id",
        "from_route_id",
        "to_route_id",
        "from_trip_id",
        "to_trip_id",
        "network_id",
        "from_network_id",
        "to_network_id",
        "area_id",
        "from_area_id",
        "to_area_id",
        "timeframe_group_id",
        "from_timeframe_group_id",
        "to_timeframe_group_id",
        "fare_product_id",
        "leg_group_id",
        "from_leg_group_id",
        "to_leg_group_id",
        "fare_id",
        "origin_id",
        "destination_id",
        "contains_id",
        "area_set_id",
        "contains_exactly_area_set_id",
        "contains_area_set_id",
    }
)
_TRANSLATED = frozenset({"record_id"})


def name(operator: str, own: str) -> str:
    """Give an id of an operator its name in the joint feed; nothing stays nothing."""
    return f"{operator}:{own}" if own else ""


def named(operator: str, rows: Iterable[Row]) -> Iterator[Row]:
    """Give the ids of rows their names in the joint feed."""
    for row in rows:
        yield {
            column: name(operator, value) if column in _IDS or column in _TRANSLATED else value
            for column, value in row.items()
        }
