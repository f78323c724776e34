"""The registry: operator's tables become connectors, and every wrong value is named before anything runs."""

from dataclasses import replace
from typing import Any

import pytest

from operators import registry
from operators.errors import NotSupported
from operators.table import ConnectorTable
from tests.operators.sample import clock, request
from ticketing.regions import Region


def with_table(regions: dict[str, Region], operator: str, table: ConnectorTable | None) -> Any:
    data = regions["helsinki-tallinn"].data
    operators = {**data.operators, operator: replace(data.operators[operator], connector=table)}
    return replace(data, operators=operators)


def test_an_operator_without_a_table_is_open_transport(regions: dict[str, Region]) -> None:
    made = registry.build(with_table(regions, "hsl", None), registry.Surroundings(clock().now))

    assert not made["hsl"].capabilities.needs_hold
    assert made["hsl"].timetable().timetable.operator == "hsl"
    assert made["hsl"].timetable("published") is None
    assert made["hsl"].tend() == ()
    assert [stop.name for stop in made["hsl"].places("pasila")]
    with pytest.raises(NotSupported):
        made["hsl"].hold(request())


def test_the_ferries_of_the_gulf_speak_three_protocols(regions: dict[str, Region]) -> None:
    made = registry.build(regions["helsinki-tallinn"].data, registry.Surroundings(clock().now))

    assert {name: type(one).__name__ for name, one in made.items()} == {
        "tlt": "OpenTransport",
        "hsl": "OpenTransport",
        "tallink": "Maritime",
        "viking": "FileExchange",
        "eckero": "OwnInventory",
    }
    assert [name for name, one in made.items() if one.capabilities.needs_hold] == [
        "tallink",
        "viking",
        "eckero",
    ]


def test_the_environment_replaces_a_value_of_the_table(regions: dict[str, Region]) -> None:
    environ = {"THROUGHFARE_ECKERO_HOLD_MINUTES": "7"}

    made = registry.build(
        regions["helsinki-tallinn"].data, registry.Surroundings(clock().now, environ=environ)
    )

    assert made["eckero"].capabilities.hold_seconds == 420


def test_a_table_makes_an_inventory_of_our_own(regions: dict[str, Region]) -> None:
    table = ConnectorTable("own", {"capacity": {"foot": 1}, "hold_minutes": 5})
    region = with_table(regions, "eckero", table)

    ferry = registry.build(region, registry.Surroundings(clock().now))["eckero"]

    assert registry.check(region) == []
    assert ferry.capabilities.hold_seconds == 300
    assert ferry.hold(request("k")).key == "k"


@pytest.mark.parametrize(
    ("table", "field"),
    [
        (ConnectorTable("telex"), "kind"),
        (ConnectorTable("own"), "capacity"),
        (ConnectorTable("own", {"capacity": {"sofa": 1}}), "capacity.sofa"),
        (ConnectorTable("own", {"capacity": {"foot": -1}}), "capacity.foot"),
        (ConnectorTable("own", {"capacity": {"foot": 1}, "hold_minutes": "5m"}), "hold_minutes"),
        (ConnectorTable("own", {"capacity": {"foot": 1}, "color": "red"}), "color"),
        (ConnectorTable("exchange", {"folder": "x", "me": "The Scheme"}), "me"),
        (ConnectorTable("exchange", {"me": "scheme"}), "folder"),
        (ConnectorTable("gtfs", {"url": "http://10.0.0.1/feed.zip"}), "url"),
        (ConnectorTable("gtfs", {"trip_updates_url": "https://user:pw@ferry.example/"}), "trip_updates_url"),
    ],
)
def test_a_wrong_value_is_named_by_its_path(
    regions: dict[str, Region], table: ConnectorTable, field: str
) -> None:
    findings = registry.check(with_table(regions, "eckero", table))

    assert [found.field for found in findings] == [f"operators.eckero.connector.{field}"]


def test_siri_is_read_from_an_address_or_a_file(regions: dict[str, Region]) -> None:
    values = {
        "siri_et": "https://operator.example/et.xml",
        "siri_sx": "live/sx.xml",
        "siri_prefixes": {"stop": "NSR:Quay:"},
        "siri_directions": {"outbound": "0"},
    }
    data = with_table(regions, "hsl", ConnectorTable("gtfs", values))

    assert registry.check(data) == []
    assert registry.build(data, registry.Surroundings(clock().now))["hsl"].capabilities.disruptions


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"siri_et": "http://operator.example/et.xml"}, "siri_et"),
        ({"siri_et": "https://127.0.0.1/et.xml"}, "siri_et"),
        ({"siri_et": "file:///etc/passwd"}, "siri_et"),
        ({"siri_sx": 7}, "siri_sx"),
        ({"siri_et": "et.xml", "trip_updates_url": "https://operator.example/t.pb"}, "siri_et"),
        ({"siri_sx": "sx.xml", "alerts_url": "https://operator.example/a.pb"}, "siri_sx"),
        ({"siri_prefixes": {"quay": "x"}}, "siri_prefixes.quay"),
        ({"siri_prefixes": "x"}, "siri_prefixes"),
        ({"siri_directions": {"inbound": "2"}}, "siri_directions.inbound"),
        ({"siri_vm": "vm.xml"}, "siri_vm"),
    ],
)
def test_a_wrong_value_of_siri_is_named(regions: dict[str, Region], values: Any, field: str) -> None:
    found = registry.check(with_table(regions, "hsl", ConnectorTable("gtfs", values)))

    assert {one.field for one in found} == {f"operators.hsl.connector.{field}"}


@pytest.mark.parametrize(
    ("url", "is_helped"),
    [("http://127.0.0.1:8150/tu.pb", True), ("/feeds/tu.pb", False), ("ftp://tram.example/tu.pb", False)],
)
def test_an_address_of_ones_own_network_is_refused_with_the_key_that_allows_it(
    regions: dict[str, Region], url: str, *, is_helped: bool
) -> None:
    table = ConnectorTable("gtfs", {"trip_updates_url": url})

    (fault,) = registry.check(with_table(regions, "tlt", table))

    assert ("allow_private = true" in fault.message) == is_helped
