"""A stranger's feed writes names into a region's files, and nothing more."""

import tomllib

import pytest

from operators.beginning import Sold, Source, begin
from operators.gtfs.reader import load_timetable
from tests.tariffs.island import table

_INJECTED = 'Bus"\n\n[[operators]]\nid = "evil"\x07\x7f\\'


def _source(name: str, *prices: Sold, origin: str = "feed.zip") -> Source:
    quoted = name.replace('"', '""')
    files = {
        "agency.txt": table(
            "agency_name,agency_url,agency_timezone", f'"{quoted}",https://a.example,Europe/Tallinn'
        ),
        "stops.txt": table("stop_id,stop_name,stop_lat,stop_lon"),
        "routes.txt": table("route_id,route_short_name,route_type"),
        "trips.txt": table("route_id,service_id,trip_id"),
        "stop_times.txt": table("trip_id,arrival_time,departure_time,stop_id,stop_sequence"),
    }
    timetable, findings = load_timetable("bus", files)
    assert timetable is not None, findings
    return Source(files=files, timetable=timetable, prices=prices, origin=origin, digest="0" * 64)


class TestWordsOfStrangers:
    def test_a_name_with_quotes_and_lines_stays_one_name_in_one_line(self) -> None:
        region = tomllib.loads(begin("isle", [_source(_INJECTED)]).files["region.toml"])

        assert [operator["id"] for operator in region["operators"]] == ["bus"]
        assert region["operators"][0]["name"] == 'Bus" [[operators]] id = "evil" \\'

    @pytest.mark.parametrize("word", ['adult"]\n[evil', 'a"b', "a\\b", "a\nb", "a\x01\x7fb", "Ä b"])
    def test_a_rider_and_a_medium_are_what_the_feed_calls_them(self, word: str) -> None:
        beginning = begin("isle", [_source("Bus", Sold(word, word, "EUR"))])

        region = tomllib.loads(beginning.files["region.toml"])
        assert region["rider_categories"] == {word: {"bus": word}}
        assert region["operators"][0]["medium"] == word

    def test_a_name_of_a_folder_is_a_name_too(self) -> None:
        region = tomllib.loads(begin('is"l\ne', [_source("Bus")]).files["region.toml"])

        assert region["name"] == 'Is"L E'

    def test_a_name_is_one_cell_of_the_readme_and_no_markup(self) -> None:
        name = "Bus | `x` <img src=//a.example>\n\n# Verified [here](https://a.example)"

        readme = begin("isle", [_source(name, origin="a|b\n# c.zip")]).files["README.md"]

        rows = [line for line in readme.splitlines() if line.startswith("| `bus`")]
        name = r"Bus \| \`x\` \<img src=//a.example\> \# Verified \[here\](https://a.example)"
        assert rows == [rf"| `bus` | {name} | a\|b \# c.zip | `{'0' * 64}` |"]
        assert len(readme.splitlines()) == 7
