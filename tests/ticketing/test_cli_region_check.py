"""`throughfare region check` tells what a newcomer gets wrong in any file of a region, before a later step falls over it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from operators import skeleton
from ticketing.cli import main
from ticketing.config import Settings
from ticketing.errors import Misconfigured
from ticketing.regions import load_regions

Check = Callable[..., dict[str, Any]]


@pytest.fixture
def isle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small region in a folder of regions that is not the usual one."""
    place = tmp_path / "lands/isle"
    for path, text in skeleton.files("isle").items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THROUGHFARE_REGIONS_FOLDER", "lands")
    return place


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["region", "check", *words])


@pytest.fixture
def check(isle: Path) -> Check:
    """Change a file of the region (old text, new text; or a whole one), and hear what is said of it."""

    def changed(file: str, *change: str) -> dict[str, Any]:
        path = isle / file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8") if len(change) > 1 else ""
        assert len(change) == 1 or change[0] in text
        path.write_text(text.replace(*change) if len(change) > 1 else change[0], encoding="utf-8")
        result = run("isle")
        told: dict[str, Any] = json.loads(result.stdout)
        assert result.exit_code == (0 if told["ok"] else 1)
        return told

    return changed


def test_a_fault_of_a_file_of_keys_names_the_key_and_no_row(check: Check, isle: Path) -> None:
    told = check("region.toml", "currency = ", "currenzy = ")

    with pytest.raises(Misconfigured) as stopped:
        load_regions(Settings(database_url="sqlite://", regions=("isle",), regions_folder=isle.parent))

    of_keys = [one for one in told["errors"] if one["file"] == "region.toml"]
    assert "currenzy" in [one["field"] for one in of_keys]
    assert not [one for one in of_keys if "row" in one], told
    assert "region.toml:currenzy" in [one.path for one in stopped.value.faults]
    assert not [one.path for one in stopped.value.faults if ":0:" in one.path]


@pytest.mark.parametrize(
    ("file", "change", "field", "says"),
    [
        (
            "region.toml",
            [
                "[interchange]",
                '[impact]\nproject = "P"\nprogramme = ""\nauthority = "A"\nsource = "S"\nbudget = "1.50"\ncurrency = "EUR"\n[interchange]',
            ],
            "impact.programme",
            "must be a text",
        ),
        (
            "region.toml",
            [
                "[interchange]",
                '[impact]\nproject = "P"\nprogramme = "Q"\nauthority = "A"\nsource = "S"\nbudget = "1.5"\ncurrency = "EUR"\n[interchange]',
            ],
            "impact.budget",
            'like "32000000.00"',
        ),
        (
            "region.toml",
            [
                "[interchange]",
                '[impact]\nproject = "P"\nprogramme = "Q"\nauthority = "A"\nbudget = "1.50"\ncurrency = "EUR"\n[interchange]',
            ],
            "impact.source",
            "is missing",
        ),
        (
            "region.toml",
            [
                "[interchange]",
                '[impact]\nproject = "P"\nprogramme = "Q"\nauthority = "A"\nsource = "S"\nbudget = "1.50"\n[interchange]',
            ],
            "impact.currency",
            "is missing",
        ),
        ("settlement.toml", ["payment_dy = 3"], "payment_dy", "unknown key"),
        ("settlement.toml", ['held_back = ["buss"]'], "held_back[0]", "'buss' is no operator"),
        (
            "settlement.toml",
            ['[[guarantees]]\noperator = "bus"\ncurrency = "EUR"\nfloor = "1.00"\nborne_by = "tram"'],
            "guarantees[0].borne_by",
            "'tram' is no operator",
        ),
        (
            "settlement.toml",
            ['[[pools]]\nid = "p"\nproducts = ["pass30"]\ncurrency = "EUR"'],
            "pools[0].products",
            "'pass30' is no product",
        ),
        ("settlement.toml", ["payment_day = = 3"], "settlement.toml", "Invalid value"),
        (
            "demo.toml",
            ['to = "South Town"', 'to = "Atlantis"'],
            "to",
            "no stop of a feed is called 'Atlantis'",
        ),
        (
            "demo.toml",
            ['rider_category = "adult"\nbecause', 'rider_category = "duke"\nbecause'],
            "stays.rider_category",
            "'duke' is no rider category",
        ),
        ("demo.toml", ["bus = [", "buss = ["], "accounts.buss", "is no operator"),
        ("demo.toml", ["AT611904300234573201", "AT611904300234573200"], "accounts.bus", ""),
        ("demo.toml", ['opening = "', 'opening = = "'], "", "Invalid value"),
        ("stand-ins/bus.json", ['{"faults": [{"call": "hold", "kind": "explode"}]}'], "", "is no fault plan"),
        ("stand-ins/bus.json", ["[1"], "", "is no fault plan"),
        ("stand-ins/bus.prices", ["ADULT:500"], "", "'ADULT:500' is not like ADULT=500"),
        ("agreements.json", ['"amount": "5.00"', '"amount": "-5.00"'], "prices[0].amount", "negative"),
        (
            "gates.json",
            ['{"operators": {"buss": {"time_zone": "Europe/Vienna"}}}'],
            "operators.buss",
            "is no operator",
        ),
        ("feeds/bus/fare_products.txt", ["2.00", "-2.00"], "amount", "is below zero"),
        (
            "region.toml",
            ['id = "bus"', 'id = "bus"\nfeed = { encoding = "klingon" }'],
            "operators[0].feed.encoding",
            "must be one of utf-8",
        ),
        (
            "region.toml",
            ['id = "bus"', 'id = "bus"\nfeed = { tolerated_percent = 99 }'],
            "operators[0].feed.tolerated_percent",
            "from 0 to 50",
        ),
        (
            "region.toml",
            ['id = "bus"', 'id = "bus"\nfeed = { time_zone = "Mars/North" }'],
            "operators[0].feed.time_zone",
            'an IANA time zone like "Europe/Zurich"',
        ),
        (
            "region.toml",
            ['id = "bus"', 'id = "bus"\nfeed = { on_board = "yes" }'],
            "operators[0].feed.on_board",
            "must be true or false",
        ),
        (
            "region.toml",
            ['id = "bus"', 'id = "bus"\nfeed = { faults = 3 }'],
            "operators[0].feed.faults",
            "means nothing here",
        ),
        (
            "region.toml",
            ['id = "bus"', 'id = "bus"\nfeed = { flat_fare = { adult = "1.10" } }'],
            "operators.bus.feed.flat_fare",
            "has fares of its own",
        ),
        ("gates.json", ['{"operatorz": {}}'], "operatorz", "unknown key"),
    ],
)
def test_a_fault_that_would_fall_later_is_an_error(
    check: Check, file: str, change: list[str], field: str, says: str
) -> None:
    told = check(file, *change)

    assert [one["field"] for one in told["errors"]] == [field], told
    assert told["errors"][0]["file"] in {file, file.removeprefix("feeds/")}
    assert says in told["errors"][0]["message"]


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        (
            "region.toml",
            ['[rider_categories.adult]\nbus = "adult"\nrail', "[rider_categories.adult]\nrail"],
            "bus is in no rider category",
        ),
        (
            "region.toml",
            [
                'medium = "app"\nrefund = [{ until_hours_before = 0',
                'medium = "card"\nrefund = [{ until_hours_before = 0',
            ],
            "no fare of bus is sold on 'card', so none of its rides can be sold; its fares are on app",
        ),
        ("taxes.csv", ["SK,any", "CZ,any"], "SK has no row, and rail runs there"),
        (
            "taxes.csv",
            ["AT,any", "AT,rail"],
            "AT has no domestic row for the mode bus on the days of the timetable, and bus runs there",
        ),
    ],
)
def test_what_can_never_be_sold_is_a_warning(check: Check, file: str, change: list[str], says: str) -> None:
    told = check(file, *change)

    assert told["ok"]
    assert [one["code"] for one in told["warnings"]] == ["unsellable"], told
    assert says in told["warnings"][0]["message"]


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("agrements.json", "did you mean agreements.json?"),
        ("pass.json", "did you mean passes.json?"),
        ("settlements.toml", "did you mean settlement.toml?"),
        ("feed/bus/stops.txt", "did you mean feeds?"),
        ("feeds/barge/stops.txt", "it belongs to no operator"),
        ("feeds/bus.csv", "it belongs to no operator"),
        ("feeds/bus/fare_leg_rule.txt", "did you mean fare_leg_rules.txt?"),
        ("stand-ins/buss.json", "did you mean bus?"),
        ("prices.xlsx", "nothing here is called so"),
    ],
)
def test_a_file_that_nothing_reads_is_a_warning_with_the_name_that_was_meant(
    check: Check, file: str, says: str
) -> None:
    told = check(file, "x")

    assert told["ok"]
    assert [one["code"] for one in told["warnings"]] == ["unread_file"], told
    assert says in told["warnings"][0]["message"]


def test_tables_of_gtfs_and_notes_are_nobodys_fault(check: Check) -> None:
    for file in ("feeds/bus/shapes.txt", "NOTES.md", "facts/fares.csv", ".gitignore"):
        assert check(file, "x")["warnings"] == []


def test_a_syntax_error_in_the_first_file_is_the_only_thing_that_is_said(check: Check) -> None:
    told = check("region.toml", "name = = 1")

    assert [(one["file"], one["code"]) for one in told["errors"]] == [("region.toml", "unreadable_toml")]
    assert told["warnings"] == []


@pytest.mark.parametrize(
    "words", [["region", "check"], ["region", "rehearse"], ["demo", "--once", "--region"]]
)
@pytest.mark.parametrize(
    ("name", "hint"), [("isel", "did you mean isle? lands has isle"), ("nowhere", "lands has isle")]
)
def test_a_wrong_name_is_one_line_with_the_names_that_are_there(
    isle: Path, words: list[str], name: str, hint: str
) -> None:
    result = CliRunner().invoke(main, [*words, name])

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith(
        f"invalid_request: region: no such region: neither {name} nor lands/{name}"
    )
    assert hint in result.stderr


def test_a_region_is_found_by_its_folder_too(isle: Path) -> None:
    assert json.loads(run("lands/isle").stdout)["ok"]
    assert json.loads(run("isle").stdout)["ok"]


def test_a_category_without_a_name_in_a_language_of_the_service_is_named_with_the_language(
    check: Check, isle: Path
) -> None:
    text = (isle / "region.toml").read_text(encoding="utf-8")
    names = '[category_names]\nadult = { en = "adult", et = "täiskasvanu", sv = "vuxen" }\n'

    told = check("region.toml", f"{text}\n{names}")

    (warning,) = [one for one in told["warnings"] if one["field"] == "category_names.adult"]
    assert (told["ok"], warning["message"].startswith("'adult' has no name in 'fi'")) == (True, True)


def test_a_law_that_no_table_has_is_named_with_those_that_there_are(check: Check) -> None:
    told = check("region.toml", 'id = "rail"', 'id = "rail"\nrights = "tram"')

    assert [(one["field"], one["code"]) for one in told["errors"]] == [
        ("operators[1].rights", "unknown_reference")
    ]
    assert "se-2015-953" in told["errors"][0]["message"]


def test_a_law_that_goes_by_the_length_of_a_service_asks_for_it(check: Check) -> None:
    told = check("region.toml", 'id = "rail"', 'id = "rail"\nrights = "se-2015-953"')

    assert [one["field"] for one in told["errors"]] == ["operators[1].rights_line_km"]


def test_a_delay_that_a_law_pays_for_is_one_that_is_told(check: Check) -> None:
    terms = 'rights = "se-2015-953"\nrights_line_km = 90\ntell_minutes = '
    good = check("region.toml", 'id = "rail"', f'id = "rail"\n{terms}20')
    bad = check("region.toml", "tell_minutes = 20", "tell_minutes = 21")

    assert good["ok"] is True
    assert [one["field"] for one in bad["errors"]] == ["operators[1].tell_minutes"]


def test_sums_of_rights_without_rights_mean_nothing(check: Check) -> None:
    told = check("region.toml", 'id = "rail"', 'id = "rail"\nrights_minimum = "4.00"')

    assert [one["field"] for one in told["errors"]] == ["operators[1].rights_minimum"]


def test_a_sum_of_rights_is_an_amount_of_the_regions_currency(check: Check) -> None:
    told = check("region.toml", 'id = "rail"', 'id = "rail"\nrights = "rail"\nrights_auto_limit = 20')

    assert [one["field"] for one in told["errors"]] == ["operators[1].rights_auto_limit"]


def test_a_table_with_semicolons_is_a_fault_of_its_header(check: Check, isle: Path) -> None:
    stops = (isle / "feeds/bus/stops.txt").read_text(encoding="utf-8")

    told = check("feeds/bus/stops.txt", stops.replace(",", ";"))

    of_stops = [one for one in told["errors"] if one["file"] == "bus/stops.txt"]
    assert [(one["row"], one["code"], one["message"]) for one in of_stops] == [
        (1, "wrong_separator", "the columns are separated by semicolons: write commas")
    ]


def test_an_empty_table_names_the_columns_that_it_needs(check: Check) -> None:
    told = check("taxes.csv", "")

    assert [one["code"] for one in told["errors"]] == ["missing_column"]
    assert "its first row must name the columns member_state, mode, scope" in told["errors"][0]["message"]


def test_faults_of_one_kind_are_counted_from_the_twenty_first_on(check: Check) -> None:
    rows = "".join(f"SK,any,abroad,taxable,10.00,2026-01-{day:02},,x,no,\n" for day in range(1, 26))

    told = check("taxes.csv", "verified,note\n", f"verified,note\n{rows}")

    alike = [one["message"] for one in told["errors"] if one["field"] == "scope"]
    assert len(alike) == 20
    assert alike[-1] == "'abroad' is neither domestic nor international (and 5 more like it)"


EMISSIONS = "id,mode,operator,from_stop,to_stop,grams_per_km,scope,method,data_class,year,valid_from,valid_until,source,url\n"
GOOD = "bus-2024,bus,bus,,,52.5,wtw,a model,modelled,2024,2024-01-01,,A book,https://example.org/book\n"


@pytest.mark.parametrize(
    ("row", "field", "says"),
    [
        (GOOD.replace("52.5", "a lot"), "grams_per_km", "is not grams like 282 or 0.5"),
        (GOOD.replace("52.5", "-1"), "grams_per_km", "is not grams"),
        (GOOD.replace("52.5", "1E+999999999"), "grams_per_km", "is not grams"),
        (GOOD.replace("52.5", "sNaN"), "grams_per_km", "is not grams"),
        (GOOD.replace("52.5", "٥٢"), "grams_per_km", "is not grams"),
        (GOOD.replace("https://example.org/book", "javascript:alert(1)"), "url", "begins with https://"),
        (GOOD.replace("52.5", ""), "grams_per_km", "is required"),
        (GOOD.replace("wtw", "all"), "scope", "'all' is none of ttw, wtw"),
        (GOOD.replace("modelled", "guessed"), "data_class", "none of primary, modelled, default"),
        (GOOD.replace("bus,bus", "bus,buss"), "operator", "'buss' is not an operator"),
        (GOOD.replace("bus,bus", "plane,bus"), "mode", "'plane' is none of"),
        (GOOD.replace("bus,bus,,", "bus,bus,bus:NORTH,"), "to_stop", "give both stops or none"),
        (GOOD.replace("A book", ""), "source", "source is required"),
        (GOOD.replace("2024-01-01", "2024"), "valid_from", "a date like"),
        (GOOD.replace("2024,2024", "1024,2024"), "year", "must be from 1990"),
        (
            GOOD + GOOD.replace("bus-2024", "bus-2025"),
            "valid_from",
            "for the same rides on some of these days",
        ),
        (GOOD + GOOD.replace(",bus,bus,", ",tram,,"), "id", "is repeated"),
    ],
)
def test_a_factor_of_emissions_that_cannot_be_told_names_its_row(
    check: Check, row: str, field: str, says: str
) -> None:
    told = check("emissions.csv", EMISSIONS + row)

    faults = [one for one in told["errors"] if one["file"] == "emissions.csv"]
    assert [(one["row"], one["field"]) for one in faults] == [(1 + row.count("\n"), field)]
    assert says in faults[0]["message"]


def test_a_region_may_give_its_own_factors_of_emissions(check: Check) -> None:
    told = check("emissions.csv", EMISSIONS + GOOD)

    assert told["ok"], told
    assert not [one for one in told["warnings"] if one["file"] == "emissions.csv"]
