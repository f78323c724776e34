"""A clerk sees the changes of a new tariff before it is published."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ticketing.cli.tariff.commands import command

HSL = Path("regions/helsinki-tallinn/feeds/hsl")


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    made = folder / "hsl"
    shutil.copytree(HSL, made)
    text = (made / file).read_text(encoding="utf-8")
    assert old in text
    (made / file).write_text(text.replace(old, new), encoding="utf-8")
    return made


def diff(old: Path, new: Path, *options: str) -> Result:
    return CliRunner().invoke(command, ["diff", str(old), str(new), "--medium", "app", *options])


def test_equal_tariffs_differ_in_nothing() -> None:
    found = diff(HSL, HSL)

    assert (found.exit_code, found.stdout) == (0, "48 rides compared: nothing changed\n")


def test_what_gets_dearer_comes_before_what_gets_cheaper(tmp_path: Path) -> None:
    new = changed(tmp_path, "fare_products.txt", ",4.80,", ",4.70,")
    products = new / "fare_products.txt"
    products.write_text(products.read_text().replace(",4.40,", ",4.60,"))

    found = diff(HSL, new, "--format", "csv")
    rows = [line.split(",") for line in found.stdout.splitlines()]

    assert found.exit_code == 1
    assert rows[0][:3] == ["change", "from", "to"]
    assert ["dearer", "A", "C", "any", "adult", "4.40 EUR", "4.60 EUR", "0.20 EUR"] in rows
    assert [row[0] for row in rows[1:]] == ["dearer"] * 4 + ["cheaper"] * 2
    assert found.stderr == "48 rides compared: 2 cheaper, 4 dearer\n"


def test_a_price_that_is_gone_is_told_and_never_counted_as_cheaper(tmp_path: Path) -> None:
    without = changed(tmp_path, "fare_products.txt", "4.80", "4.80")
    rules = (without / "fare_leg_rules.txt").read_text(encoding="utf-8").splitlines()
    kept = [line for line in rules if line != "ticket_ABCD,single_ABCD,AD"]
    (without / "fare_leg_rules.txt").write_text("\n".join(kept), encoding="utf-8")

    lines = diff(HSL, without, "--format", "csv").stdout.splitlines()[1:]

    assert lines
    assert {line.split(",")[0] for line in lines} == {"gone"}
    assert all(line.split(",")[6] == "unknown" for line in lines)


def test_a_sample_of_stops_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    new = changed(tmp_path, "fare_products.txt", ",3.20,", ",3.30,")

    once = diff(HSL, new, "--sample", "10", "--seed", "7").stdout

    assert once == diff(HSL, new, "--sample", "10", "--seed", "7").stdout
    assert "30 rides compared" in once


@pytest.mark.parametrize("side", [0, 1])
def test_a_feed_that_is_none_is_refused(side: int, tmp_path: Path) -> None:
    feeds = [HSL, HSL]
    feeds[side] = tmp_path / "nothing"

    assert diff(*feeds).exit_code == 2
