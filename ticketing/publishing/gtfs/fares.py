"""Write the fares of the operators as the scheme sells them: for its rider categories, on its medium. Pure.

A product of an operator that the scheme does not sell (another medium, a category that nobody of the scheme is) is left out.
"""

from collections.abc import Iterable, Iterator, Mapping

from operators.region import RegionData
from ticketing.publishing.gtfs.naming import name, named
from ticketing.publishing.gtfs.rows import Row, read_rows

MEDIUM = "scheme"
# The tables of Fares V2 whose rows only need their names.
PLAIN = (
    "areas.txt",
    "stop_areas.txt",
    "networks.txt",
    "route_networks.txt",
    "timeframes.txt",
    "area_sets.txt",
    "area_set_elements.txt",
    "fare_leg_join_rules.txt",
    "fare_transfer_rules.txt",
)


def rider_rows(data: RegionData) -> list[Row]:
    """List the scheme's rider categories; the first one is the default."""
    return [
        {
            "rider_category_id": rider,
            "rider_category_name": data.category_names.get(rider, {}).get("en", rider),
            "is_default_fare_category": "1" if at == 0 else "0",
        }
        for at, rider in enumerate(data.riders)
    ]


def medium_rows() -> list[Row]:
    """List the one medium by which the scheme sells: a ticket in an app (type 4)."""
    return [{"fare_media_id": MEDIUM, "fare_media_name": "Ticket of the scheme", "fare_media_type": "4"}]


def product_rows(data: RegionData, operator: str) -> Iterator[Row]:
    """Yield an operator's products as the scheme sells them."""
    medium = data.operators[operator].medium
    for row in read_rows(data.feed_texts[operator], "fare_products.txt"):
        if row.get("fare_media_id") and row["fare_media_id"] != medium:
            continue
        for rider in _riders(data.riders, operator, row.get("rider_category_id", "")):
            yield {
                **row,
                "fare_product_id": name(operator, row["fare_product_id"]),
                "rider_category_id": rider,
                "fare_media_id": MEDIUM,
            }


def plain_rows(data: RegionData, operator: str, table: str) -> Iterator[Row]:
    """Yield the rows of a table by their names in the joint feed."""
    return named(operator, read_rows(data.feed_texts[operator], table))


def _riders(riders: Mapping[str, Mapping[str, str]], operator: str, own: str) -> Iterable[str]:
    """Tell who of the scheme buys a product for an operator's own category; everybody where it names none."""
    if not own:
        return [""]
    return [rider for rider, mapped in riders.items() if mapped.get(operator) == own]


def leg_rows(data: RegionData, operator: str) -> Iterator[Row]:
    """Yield an operator's leg rules, each with its network, so that none is about another operator's rides.

    A rule without a network is about those that no other rule names (about all, where rules have priorities).
    """
    texts = data.feed_texts[operator]
    rules = read_rows(texts, "fare_leg_rules.txt")
    networks = {row["network_id"] for row in read_rows(texts, "networks.txt")}
    networks |= {row["network_id"] for row in read_rows(texts, "routes.txt") if row.get("network_id")}
    named_ones = {row["network_id"] for row in rules if row.get("network_id")}
    others = networks if rules and "rule_priority" in rules[0] else networks - named_ones
    for rule in rules:
        if rule.get("network_id") or not others:
            yield from named(operator, [rule])
        else:
            yield from named(operator, [{**rule, "network_id": network} for network in sorted(others)])
