"""The contracts `throughfare tariff check | price | apportion`."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.tariffs.island import CITY_COAST, NETWORKS, PRODUCTS
from ticketing.cli import main
from ticketing.cli.tariff.commands import command

HSL = "regions/helsinki-tallinn/feeds/hsl"
LEG = {
    "from_areas": ["A"],
    "to_areas": ["B"],
    "areas_travelled": ["A", "B"],
    "departure": "2026-03-04T10:00:00",
    "arrival": "2026-03-04T10:20:00",
    "timezone": "Europe/Helsinki",
}


def run(*arguments: str, document: Any = None) -> Result:
    text = document if isinstance(document, str) else json.dumps(document)
    return CliRunner().invoke(command, list(arguments), input=text)


def priced(document: Any, feed: str = HSL) -> dict[str, Any]:
    result = run("price", feed, "-", document=document)
    assert result.exit_code == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.fixture
def island(tmp_path: Path) -> Path:
    for name, text in {"fare_products": PRODUCTS, "fare_leg_rules": CITY_COAST, "networks": NETWORKS}.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_price_names_what_to_buy_and_why() -> None:
    answer = priced({"legs": [LEG], "rider_category_id": "adult", "fare_media_id": "app"})

    assert answer["total"] == {"amount": "3.20", "currency": "EUR"}
    assert answer["reason"] is None
    (item,) = answer["items"]
    assert (item["fare_product_id"], item["rider_category_id"], item["fare_media_id"]) == (
        "single_AB",
        "adult",
        "app",
    )
    assert (item["amount"], item["currency"], item["legs"]) == ("3.20", "EUR", [0])
    assert "exactly the zones AB" in item["because"]
    assert answer["legs"] == [
        {
            "index": 0,
            "effective_leg": 0,
            "leg_group_id": "ticket_AB",
            "fare_product_ids": ["single_AB", "single_ABC", "single_ABCD"],
        }
    ]


def test_one_ticket_covers_the_widest_zones_of_a_chain_within_its_time() -> None:
    second = {
        **LEG,
        "from_areas": ["B"],
        "to_areas": ["C"],
        "areas_travelled": ["B", "C"],
        "departure": "2026-03-04T10:30:00",
        "arrival": "2026-03-04T11:00:00",
    }
    late = {**second, "departure": "2026-03-04T11:31:00", "arrival": "2026-03-04T11:40:00"}
    adult = {"rider_category_id": "adult", "fare_media_id": "app"}

    inside = priced({"legs": [LEG, second], **adult})
    outside = priced({"legs": [LEG, late], **adult})

    assert (inside["total"]["amount"], inside["items"][0]["legs"]) == ("4.40", [0, 1])
    assert "30 of 90 minutes" in inside["items"][0]["because"]
    assert outside["total"]["amount"] == "4.80"


def test_stops_and_routes_of_the_feed_fill_a_leg_in() -> None:
    leg = {
        "route_id": "tram-7",
        "from_stop_id": "HSL-T-LT2",
        "to_stop_id": "HSL-T-PAS",
        "departure": "2026-03-04T10:00:00",
        "arrival": "2026-03-04T10:20:00",
    }

    assert priced({"legs": [leg], "rider_category_id": "child"})["total"]["amount"] == "1.60"


def test_a_null_rider_means_the_feeds_default_category_and_a_null_medium_any_the_cheapest() -> None:
    nulls = dict.fromkeys(("network_id", "route_id", "from_stop_id", "to_stop_id"))

    answer = priced({"legs": [{**LEG, **nulls}], "rider_category_id": None, "fare_media_id": None})

    assert answer["total"]["amount"] == "3.20"
    assert answer["items"][0]["rider_category_id"] == "adult"


def test_an_unknown_fare_is_null_with_its_reason(island: Path) -> None:
    answer = priced({"legs": [{**LEG, "network_id": "hill"}]}, str(island))

    assert (answer["total"], answer["reason"], answer["items"]) == (None, "unknown_fare", [])
    assert answer["legs"][0]["fare_product_ids"] == []


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], ""),
        ({}, "legs"),
        ({"legs": []}, "legs"),
        ({"legs": [LEG] * 13}, "legs"),
        ({"legs": ["x"]}, "legs[0]"),
        ({"legs": [LEG], "note": 1}, "note"),
        ({"legs": [{**LEG, "note": 1}]}, "legs[0].note"),
        ({"legs": [{**LEG, "departure": "soon"}]}, "legs[0].departure"),
        ({"legs": [{**LEG, "arrival": None}]}, "legs[0].arrival"),
        ({"legs": [{**LEG, "arrival": "2026-03-04T09:00:00"}]}, "legs[0].arrival"),
        ({"legs": [{**LEG, "departure": "2026-02-30T09:00:00"}]}, "legs[0].departure"),
        ({"legs": [{**LEG, "timezone": "Mars/Olympus"}]}, "legs[0].timezone"),
        ({"legs": [{**LEG, "from_areas": "A"}]}, "legs[0].from_areas"),
        ({"legs": [LEG], "rider_category_id": 5}, "rider_category_id"),
    ],
)
def test_a_bad_request_names_the_path(document: Any, path: str) -> None:
    result = run("price", HSL, "-", document=document)

    assert (result.exit_code, result.stdout) == (2, "")
    problem = json.loads(result.stderr)
    assert set(problem) == {"type", "title", "detail", "errors"}
    assert path in [fault["path"] for fault in problem["errors"]]


def test_every_fault_of_a_leg_is_named_at_once() -> None:
    leg = {**LEG, "timezone": "Mars/Olympus", "arrival": "soon", "note": 1}

    problem = json.loads(run("price", HSL, "-", document={"legs": [leg]}).stderr)

    assert {fault["path"] for fault in problem["errors"]} == {
        "legs[0].timezone",
        "legs[0].arrival",
        "legs[0].note",
    }


def test_a_request_that_cannot_be_opened_is_a_problem() -> None:
    result = run("price", HSL, "nowhere.json")

    assert (result.exit_code, result.stdout) == (2, "")
    assert json.loads(result.stderr)["errors"][0]["path"] == "REQUEST"


def test_tables_that_nothing_refers_to_may_be_absent_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "fare_products.txt").write_text(PRODUCTS, encoding="utf-8")
    (tmp_path / "fare_leg_rules.txt").write_text("fare_product_id\ncity\n", encoding="utf-8")

    assert json.loads(run("check", str(tmp_path)).stdout) == {"ok": True, "errors": [], "warnings": []}


def test_lines_are_answered_one_by_one() -> None:
    lines = "\n".join([json.dumps({"legs": [LEG]}), "{}", json.dumps({"legs": [LEG]})])

    result = run("price", HSL, "-", "--jsonl", document=lines)

    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert ["total" in answer for answer in answers] == [True, False, True]


def test_a_feed_that_is_not_there_is_a_problem() -> None:
    for arguments in (["check", "nowhere"], ["price", "nowhere", "-"]):
        result = run(*arguments, document={"legs": [LEG]})
        assert (result.exit_code, result.stdout) == (2, "")
        assert json.loads(result.stderr)["errors"][0]["path"] == "FEED"


FAULTS = {
    "fare_products": [
        ("fare_product_id,amount,currency\nx,1.0,EUR\n", "amount", "invalid_amount"),
        ("fare_product_id,amount,currency\nx,1.00,EURO\n", "currency", "invalid_currency"),
        ("fare_product_id,amount,currency\nx,1.00,EUR\nx,2.00,EUR\n", "fare_product_id", "duplicate_key"),
        (
            "fare_product_id,rider_category_id,amount,currency\nx,none,1.00,EUR\n",
            "rider_category_id",
            "unknown_reference",
        ),
        (
            "fare_product_id,fare_media_id,amount,currency\nx,none,1.00,EUR\n",
            "fare_media_id",
            "unknown_reference",
        ),
        ("fare_product_id,currency\nx,EUR\n", "amount", "missing_column"),
    ],
    "rider_categories": [
        ("rider_category_id,is_default_fare_category\na,2\n", "is_default_fare_category", "invalid_enum"),
    ],
    "fare_media": [("fare_media_id,fare_media_type\na,9\n", "fare_media_type", "invalid_enum")],
    "timeframes": [
        (
            "timeframe_group_id,start_time,end_time,service_id\nt,08:00:00,24:00:01,s\n",
            "end_time",
            "time_after_midnight",
        ),
        (
            "timeframe_group_id,start_time,end_time,service_id\nt,08:00:00,07:00:00,s\n",
            "end_time",
            "end_before_start",
        ),
        ("timeframe_group_id,start_time,end_time,service_id\nt,08:00:00,,s\n", "start_time", "missing_value"),
        ("timeframe_group_id,service_id\nt,none\n", "service_id", "unknown_reference"),
    ],
    "fare_leg_rules": [
        ("fare_product_id,network_id\ncity,none\n", "network_id", "unknown_reference"),
        ("fare_product_id,network_id\nnone,city\n", "fare_product_id", "unknown_reference"),
        ("fare_product_id,network_id,rule_priority\ncity,city,high\n", "rule_priority", "invalid_integer"),
    ],
    "fare_transfer_rules": [
        (
            "from_leg_group_id,to_leg_group_id,fare_transfer_type\ncity,city,0\n",
            "transfer_count",
            "missing_value",
        ),
        (
            "from_leg_group_id,to_leg_group_id,transfer_count,fare_transfer_type\ncity,city,0,0\n",
            "transfer_count",
            "invalid_transfer_count",
        ),
        (
            "from_leg_group_id,to_leg_group_id,transfer_count,fare_transfer_type\ncity,city,-2,0\n",
            "transfer_count",
            "invalid_transfer_count",
        ),
        (
            "from_leg_group_id,to_leg_group_id,transfer_count,fare_transfer_type\ncity,coast,1,0\n",
            "transfer_count",
            "forbidden_value",
        ),
        (
            "from_leg_group_id,to_leg_group_id,fare_transfer_type\ncity,none,0\n",
            "to_leg_group_id",
            "unknown_reference",
        ),
        (
            "from_leg_group_id,to_leg_group_id,fare_transfer_type\ncity,coast,3\n",
            "fare_transfer_type",
            "invalid_enum",
        ),
        (
            "from_leg_group_id,to_leg_group_id,duration_limit,fare_transfer_type\ncity,coast,60,0\n",
            "duration_limit_type",
            "missing_value",
        ),
        (
            "from_leg_group_id,to_leg_group_id,duration_limit,duration_limit_type,fare_transfer_type\ncity,coast,-1,1,0\n",
            "duration_limit",
            "invalid_duration",
        ),
        (
            "from_leg_group_id,to_leg_group_id,duration_limit_type,fare_transfer_type\ncity,coast,1,0\n",
            "duration_limit_type",
            "forbidden_value",
        ),
    ],
    "fare_leg_join_rules": [
        ("from_network_id,to_network_id,from_stop_id\ncity,hill,x\n", "to_stop_id", "missing_value"),
        ("from_network_id,to_network_id\ncity,none\n", "to_network_id", "unknown_reference"),
    ],
    "stop_areas": [("area_id,stop_id\nnone,x\n", "area_id", "unknown_reference")],
    "routes": [("route_id,network_id\nr,city\n", "network_id", "two_network_sources")],
}


@pytest.mark.parametrize(
    ("file", "text", "field", "code"), [(file, *fault) for file, faults in FAULTS.items() for fault in faults]
)
def test_a_fault_is_reported_with_file_row_field_and_code(
    island: Path, file: str, text: str, field: str, code: str
) -> None:
    (island / f"{file}.txt").write_text(text, encoding="utf-8")

    result = run("check", str(island))
    answer = json.loads(result.stdout)

    assert (result.exit_code, answer["ok"]) == (1, False)
    assert (f"{file}.txt", field, code) in {
        (fault["file"], fault["field"], fault["code"]) for fault in answer["errors"]
    }
    assert all(set(fault) == {"file", "row", "field", "code", "message"} for fault in answer["errors"])


def test_one_wrong_price_is_one_fault(island: Path) -> None:
    (island / "fare_products.txt").write_text(PRODUCTS.replace("2.00", "2.0"), encoding="utf-8")

    answer = json.loads(run("check", str(island)).stdout)

    assert [(fault["file"], fault["row"], fault["field"]) for fault in answer["errors"]] == [
        ("fare_products.txt", 2, "amount")
    ]


def test_a_good_feed_passes_its_check(island: Path) -> None:
    result = run("check", str(island))

    assert result.exit_code == 0
    assert json.loads(result.stdout)["errors"] == []


def test_files_with_a_byte_order_mark_quotes_and_more_columns_are_read(island: Path) -> None:
    text = '\ufefffare_product_id,fare_product_name,amount,currency,color\r\ncity,"City, single",2.00,EUR,red\r\ncoast,,5.00,EUR,\r\n'
    (island / "fare_products.txt").write_bytes(text.encode())

    assert priced({"legs": [{**LEG, "network_id": "city"}]}, str(island))["total"]["amount"] == "2.00"


def shares(document: Any) -> dict[str, str]:
    result = run("apportion", "-", document=document)
    assert result.exit_code == 0, result.stderr
    return {share["operator"]: share["amount"] for share in json.loads(result.stdout)["shares"]}


def request(total: str, method: str, *parties: dict[str, str], currency: str = "EUR") -> dict[str, Any]:
    return {"total": {"amount": total, "currency": currency}, "method": method, "parties": list(parties)}


def party(operator: str, weight: str = "1", **more: str) -> dict[str, str]:
    return {"operator": operator, "weight": weight, **more}


def test_amounts_are_apportioned_by_each_method() -> None:
    assert shares(request("9.40", "weights", party("tallinn", "2.00"), party("gulf", "8.00"))) == {
        "tallinn": "1.88",
        "gulf": "7.52",
    }
    assert shares(request("3.00", "sqrt_weights", party("a", "4"), party("b", "16"))) == {
        "a": "1.00",
        "b": "2.00",
    }
    assert shares(request("10.00", "fixed_then_weights", party("a", "1", fixed="3.00"), party("b", "1"))) == {
        "a": "6.50",
        "b": "3.50",
    }
    assert shares(request("10", "weights", party("a"), party("b"), party("c"), currency="XXX")) == {
        "a": "4",
        "b": "3",
        "c": "3",
    }


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (request("9.4", "weights", party("a")), "total.amount"),
        (request("9.40", "magic", party("a")), "method"),
        (request("9.40", "weights"), "parties"),
        (request("9.40", "weights", party("a", "-1")), "parties[0].weight"),
        (request("9.40", "weights", party("a", "0")), "parties"),
        (request("9.40", "weights", party("a"), party("a")), "parties[1].operator"),
        (request("9.40", "weights", party("a", fixed="1.00")), "parties[0].fixed"),
        (request("9.40", "fixed_then_weights", party("a", fixed="1")), "parties[0].fixed"),
        (request("9.40", "weights", party("a"), currency="eur"), "total.currency"),
        ({**request("9.40", "weights", party("a")), "x": 1}, "x"),
        (request("9.40", "weights", party("")), "parties[0].operator"),
    ],
)
def test_a_bad_apportionment_names_the_path(document: Any, path: str) -> None:
    result = run("apportion", "-", document=document)

    assert (result.exit_code, result.stdout) == (2, "")
    assert path in [fault["path"] for fault in json.loads(result.stderr)["errors"]]


def test_the_help_lists_every_command_with_an_example() -> None:
    runner = CliRunner()
    top = runner.invoke(main, ["--help"]).output
    context = main.make_context("throughfare", [], resilient_parsing=True)
    for name in main.list_commands(context):
        assert name in top
        found = main.get_command(context, name)
        commands = getattr(found, "commands", {"": found})
        for sub in commands:
            text = runner.invoke(main, [part for part in (name, sub, "--help") if part]).output
            assert "Example" in text, (name, sub)
            assert "%Y" not in text, (name, sub)
