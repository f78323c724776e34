"""Add the joint prices of a day's agreements to the tables of the joint feed, where its tariffs allow it. Pure."""

from collections.abc import Sequence
from datetime import date

from operators.region import RegionData
from ticketing.publishing.gtfs.agreed import read_agreed
from ticketing.publishing.gtfs.joining import Joiner
from ticketing.publishing.gtfs.naming import name
from ticketing.publishing.gtfs.rows import Row
from ticketing.publishing.gtfs.sold import Prices, Tariff, is_uniform, weekdays_of

_Tables = dict[str, list[Row]]


def say(data: RegionData, tables: _Tables, operators: Sequence[str], day: date) -> set[str]:
    """Add what Fares V2 can say of the agreements; answers their ids.

    A joined leg has several networks, which only rules with priorities can name. So nothing is said where priorities would
    change the meaning of some operator's rules.
    """
    rules = tables["fare_leg_rules.txt"]
    by_operator = {operator: _rules_of(rules, operator) for operator in operators}
    if any("rule_priority" in row for row in rules) or not all(map(is_uniform, by_operator.values())):
        return set()
    for operator in operators:
        _split_groups(by_operator[operator], tables["fare_transfer_rules.txt"])
    joiner = Joiner(
        data,
        {operator: tariff for operator in operators if (tariff := _tariff(operator, by_operator[operator]))},
        agreed=read_agreed(data.agreements, data.currency, day),
        prices=Prices.of(tables["fare_products.txt"], data.riders, data.currency),
        transfers=tables["fare_transfer_rules.txt"],
    )
    groups = {row.get("from_timeframe_group_id", "") for row in rules} - {""}
    frames, calendar = tables.get("timeframes.txt", []), tables.get("calendar.txt", [])
    said = joiner.write({group: weekdays_of(frames, calendar, group) for group in groups})
    if said.legs:
        for row in rules:
            row["rule_priority"] = "0"
    for table, rows in (
        ("areas.txt", said.areas),
        ("stop_areas.txt", said.stop_areas),
        ("fare_leg_join_rules.txt", said.joins),
        ("fare_leg_rules.txt", said.legs),
        ("fare_transfer_rules.txt", said.transfers),
        ("fare_products.txt", said.products),
    ):
        tables.setdefault(table, []).extend(rows)
    return said.agreements


def _split_groups(rules: Sequence[Row], transfers: Sequence[Row]) -> None:
    """Give the products of one leg group a group each, where no transfer speaks of it: a transfer then knows the price of a ride."""
    spoken = {row.get(end, "") for row in transfers for end in ("from_leg_group_id", "to_leg_group_id")}
    for row in rules:
        group = row.get("leg_group_id", "")
        if "" not in spoken and group not in spoken:
            row["leg_group_id"] = row["fare_product_id"]


def _rules_of(rules: Sequence[Row], operator: str) -> list[Row]:
    begins = name(operator, "x").removesuffix("x")
    return [row for row in rules if row.get("fare_product_id", "").startswith(begins)]


def _tariff(operator: str, rules: Sequence[Row]) -> Tariff | None:
    """The tariff of an operator whose rides are of one network."""
    networks = {row.get("network_id", "") for row in rules}
    if len(networks) != 1 or networks == {""}:
        return None
    return Tariff(operator=operator, network=networks.pop(), rules=tuple(rules))
