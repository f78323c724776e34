"""A tariff that changes on a day: old rides keep their price, and nothing has to be changed at midnight."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from operators.skeleton import files
from tariffs.book import TariffBook, build_book
from tariffs.findings import errors
from tariffs.journey import Ride
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tests.tariffs.island import table
from tests.tariffs.journeys import START, TAXES, fares, ride
from ticketing.regions import check_region

RISE = {"fare_products.txt": table("fare_product_id,amount,currency", "hour,2.50,EUR")}


def book(*days: str, **more: str) -> TariffBook:
    made, findings = build_book(
        feeds={"tll": fares("hour", "2.00")},
        agreement_documents=[],
        tax_text=TAXES,
        media={},
        riders={"adult": {"tll": "adult"}},
        fee_basis_points=0,
        dated_feeds={"tll": dict.fromkeys(days, RISE)},
        **more,
    )
    assert made is not None, findings
    return made


def tram(days: int) -> Ride:
    found = ride("tll", 60 * 24 * days, ("EE", 4000))
    assert found.departure.date() == START.date() + timedelta(days=days)
    return found


@pytest.mark.parametrize(("days", "price"), [(0, "2.00"), (1, "2.50"), (40, "2.50")])
def test_the_day_of_travel_decides_which_tariff_holds(days: int, price: str) -> None:
    begins = (START.date() + timedelta(days=1)).isoformat()

    found = price_journey(book(begins), [tram(days)], [Passenger("anna", "adult")]).total

    assert found is not None
    assert found.text == price


def test_a_tariff_that_is_announced_is_another_version() -> None:
    assert book("2027-01-01").version != book("2027-01-02").version
    assert book("2027-01-01").version == book("2027-01-01").version


def test_a_later_tariff_changes_only_the_files_that_it_holds() -> None:
    announced = book("2027-01-01").feed_on("tll", START.date().replace(year=2028))

    assert announced.products["hour"][0].price.text == "2.50"
    assert announced.leg_rules == book().feeds["tll"].leg_rules


@pytest.mark.parametrize(
    ("changes", "file"),
    [
        ({"soon": RISE}, "tll/soon"),
        (
            {"2027-01-01": {"fare_products.txt": "fare_product_id,amount,currency\nhour,2.5,EUR\n"}},
            "tll/2027-01-01/fare_products.txt",
        ),
    ],
)
def test_a_fault_of_an_announced_tariff_names_its_day(changes: dict[str, dict[str, str]], file: str) -> None:
    made, findings = build_book(
        feeds={"tll": fares("hour", "2.00")},
        agreement_documents=[],
        tax_text=TAXES,
        media={},
        riders={"adult": {"tll": "adult"}},
        fee_basis_points=0,
        dated_feeds={"tll": changes},
    )

    assert made is None
    assert file in {fault.file for fault in errors(findings)}


def test_a_region_keeps_announced_tariffs_in_folders_named_by_operator_and_day(tmp_path: Path) -> None:
    folder = tmp_path / "gulf"
    for name, text in files("gulf").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    announced = folder / "tariffs" / "bus" / "2027-03-01"
    announced.mkdir(parents=True)
    today = (folder / "feeds" / "bus" / "fare_products.txt").read_text(encoding="utf-8")
    (announced / "fare_products.txt").write_text(today.replace("2.00", "2.20"), encoding="utf-8")
    (folder / "tariffs" / "mars" / "2027-03-01").mkdir(parents=True)

    region, findings = check_region(folder)

    assert region is None
    assert [fault.file for fault in errors(findings)] == ["tariffs/mars"]
    shutil.rmtree(folder / "tariffs" / "mars")
    region, findings = check_region(folder)
    assert region is not None, findings
    assert [begins.isoformat() for begins, _ in region.book.dated["bus"]] == ["2027-03-01"]
