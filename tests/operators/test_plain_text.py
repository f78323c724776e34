"""Texts of feeds are plain where people read them: in one direction, without controls, and no longer than a line takes."""

import unicodedata

import pytest
from google.transit import gtfs_realtime_pb2 as gtfs
from hypothesis import given
from hypothesis import strategies as st

from operators.gtfs import realtime
from operators.gtfs.reader import load_timetable
from operators.plain_text import MOST_OF_NAME, plain, plain_lines
from operators.siri import situations
from operators.siri.delivery import parse
from tests.operators.siri_words import siri, situation
from tests.operators.written_feed import feed

HOSTILE = "Tallinn\u202e\u2066 \x1b[2J\x00\u2028Helsinki"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Lähtö – Tallinn", "Lähtö – Tallinn"),
        (HOSTILE, "Tallinn [2J Helsinki"),
        ("\ufeffPort", "Port"),
        ("two\r\nlines", "two lines"),
        ("נמל חיפה", "נמל חיפה"),
        ("x" * 300, "x" * MOST_OF_NAME),
    ],
)
def test_a_name_is_one_line_in_one_direction(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(max_size=400))
def test_whatever_comes_is_plain_and_stays_so(text: str) -> None:
    once = plain_lines(text, 300)

    assert len(once) <= 300
    assert not {unicodedata.category(letter) for letter in once.replace("\n", "")} & {"Cc", "Zl", "Zp"}
    assert not set(once) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert all(line == plain(line) for line in once.split("\n"))


def test_the_names_of_a_timetable_are_plain_and_its_ids_as_they_are() -> None:
    files = feed()
    files["stops.txt"] = files["stops.txt"].replace("s2,Stop 2", f's2,"{HOSTILE}"')
    files["routes.txt"] = files["routes.txt"].replace("R,a,1", f'R,a,"{HOSTILE}"')
    files["translations.txt"] = (
        f"table_name,field_name,language,translation,field_value\nstops,stop_name,fi,{HOSTILE}!,Stop 3\n"
    )
    timetable, findings = load_timetable("a", files)
    assert timetable is not None, findings

    assert timetable.stops["s2"].name == timetable.stops["s2"].names[""] == plain(HOSTILE)
    assert timetable.routes["R"].short_name == plain(HOSTILE)
    assert timetable.stops["s3"].names["fi"] == plain(f"{HOSTILE}!")


def test_alerts_are_plain_by_either_protocol() -> None:
    timetable, _ = load_timetable("a", feed())
    assert timetable is not None
    message = gtfs.FeedMessage()
    message.header.gtfs_realtime_version, message.header.timestamp = "2.0", 1
    texts = message.entity.add(id="1").alert.header_text.translation
    texts.add(text=f"{HOSTILE}\nsecond line", language="en\u202e")
    texts.add(text="\u202e\x00", language="fi")
    by_gtfs = realtime.read(message, timetable).alerts[0]
    content = siri(situation("<Summary>Tallinn\u202e\u2066 Helsinki</Summary>")).encode()
    by_siri = situations.read_situations(parse(content, situations.SERVICE)).alerts[0]

    assert by_gtfs.header == {
        "en": f"{plain(HOSTILE).replace(' Helsinki', chr(10) + 'Helsinki')}\nsecond line"
    }
    assert by_siri.text == "Tallinn Helsinki"
