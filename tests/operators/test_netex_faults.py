"""NeTEx deliveries with a fault, beyond all limits, or in another packing: told by name, never guessed."""

import zipfile
from pathlib import Path

import pytest

from operators.files import FEED_FILES, FeedUnreadable, read_feed
from operators.gtfs.leaving_out import load_leaving_out
from operators.netex import delivery as limits
from operators.netex.convert import convert
from tests.operators.netex_read import departures, messages, tables, timetable, written
from tests.operators.written_feed import DAY, feed
from tests.operators.written_netex import delivery, document


def test_a_name_space_with_a_brace_is_another_root() -> None:
    content = b'<PublicationDelivery xmlns="http://www.netex.org.uk}netex"/>'

    assert "the root of a.xml is" in messages(convert({"a.xml": content}))


def test_places_that_lie_in_each_other_are_left_after_one_round() -> None:
    files = {
        name: content.replace(
            b"<Name>Station</Name>", b"<Name>Station</Name><ParentSiteRef ref='x:StopPlace:ST' version='1'/>"
        )
        for name, content in delivery(written()).items()
    }

    assert tables(convert(files))["stops.txt"] == tables(convert(delivery(written())))["stops.txt"]


class TestNotGuessed:
    def test_no_time_zone_is_an_error_until_the_engineer_names_it(self) -> None:
        files = {
            name: content.replace(b"<TimeZone>Europe/Tallinn</TimeZone>", b"")
            for name, content in delivery(written()).items()
        }

        assert "tells a TimeZone" in messages(convert(files))
        assert timetable(tables(convert(files, "Europe/Riga"))).timezone == "Europe/Riga"

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            (
                b"<DepartureTime>06:05:30</DepartureTime>",
                b"<DepartureTime>06:05:30+02:00</DepartureTime>",
                "is not a local time",
            ),
            (
                b"<DepartureTime>06:05:30</DepartureTime>",
                b"<DepartureTime>soon</DepartureTime>",
                "'soon' is not a local time",
            ),
            (
                b"<TransportMode>water</TransportMode>",
                b"<TransportMode>air</TransportMode>",
                "TransportMode 'air' is none that is sold",
            ),
            (b'<OperatingPeriodRef ref="x:OperatingPeriod:W"/>', b"", "it names neither a date nor a period"),
            (b"<FromDate>2026-01-01T00:00:00", b"<FromDate>some day", "'some day' is not a date"),
            (b"<DaysOfWeek>Monday", b"<DaysOfWeek>Moonday", "'moonday' is no day of the week"),
        ],
    )
    def test_a_value_that_is_not_one_is_told_with_its_object(
        self, before: bytes, after: bytes, said: str
    ) -> None:
        files = delivery(written())
        assert any(before in content for content in files.values())

        converted = convert({name: content.replace(before, after) for name, content in files.items()})

        assert said in messages(converted)

    def test_objects_without_use_are_counted(self) -> None:
        notice = "<ServiceFrame id='x:9' version='1'><notices><Notice id='n1' version='1'/><Notice id='n2' version='1'/></notices></ServiceFrame>"

        converted = convert({**delivery(written()), "notices.xml": document([notice])})

        assert "objects that a timetable has no use for: Notice × 2" in messages(converted)


class TestUnderFire:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"<!DOCTYPE x [<!ENTITY a 'b'>]><PublicationDelivery/>", "document type"),
            (b"<PublicationDelivery>", "cannot be read as XML"),
            (
                b"<Siri xmlns='http://www.siri.org.uk/siri'/><!--PublicationDelivery-->",
                "not PublicationDelivery",
            ),
            ("<PublicationDelivery/>".encode("utf-16"), "not UTF-8"),
            (
                b"<PublicationDelivery>" + b"<a>" * 80 + b"</a>" * 80 + b"</PublicationDelivery>",
                "nested deeper than 64",
            ),
            (b"<PublicationDelivery>\xff</PublicationDelivery>", "cannot be read as XML in UTF-8"),
        ],
    )
    def test_a_document_beyond_the_limits_is_refused_by_name(self, content: bytes, said: str) -> None:
        converted = convert({"odd.xml": content})

        assert converted.tables == {}
        assert [found.severity for found in converted.findings] == ["error"]
        assert "odd.xml" in messages(converted)
        assert said in messages(converted)

    def test_too_many_elements_are_refused_before_they_are_read(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "MAX_ELEMENTS", 100)

        assert "more than 100 elements" in messages(convert(delivery(written())))

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            (b"<FromDate>2026-01-01", b"<FromDate>9999-12-30", "beyond the days of the calendar"),
            (b"<ValidDayBits>", b"<ValidDayBits>" + b"1" * 10_000, "it is longer than 7320 days"),
        ],
    )
    def test_days_beyond_all_calendars_are_told(self, before: bytes, after: bytes, said: str) -> None:
        files = delivery(written(), "epip")

        converted = convert({name: content.replace(before, after) for name, content in files.items()})

        assert said in messages(converted)

    def test_a_period_of_a_millennium_is_told(self) -> None:
        files = delivery(written())
        endless = files["_common.xml"].replace(b"<FromDate>2026-01-01", b"<FromDate>0001-01-01")

        assert "it is longer than 7320 days" in messages(convert({**files, "_common.xml": endless}))

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (b"<FromDate>2026-01-01T00:00:00</FromDate>", b""),
            (b"<ToDate>2027-12-31T00:00:00</ToDate>", b""),
            (b"<FromDate>2026-01-01T00:00:00", b"<FromDate>2010-01-01T00:00:00"),
        ],
    )
    def test_a_period_that_is_open_or_long_ago_begun_loses_no_day(self, before: bytes, after: bytes) -> None:
        files = delivery(written())
        assert before in files["_common.xml"]

        read = timetable(
            tables(convert({**files, "_common.xml": files["_common.xml"].replace(before, after)}))
        )

        assert len(departures(read, DAY)) == 4


class TestFeeds:
    def test_a_folder_a_zip_and_a_file_are_the_same_feed(self, tmp_path: Path) -> None:
        files = delivery(written())
        folder = tmp_path / "folder"
        folder.mkdir()
        with zipfile.ZipFile(tmp_path / "feed.zip", "w") as archive:
            for name, content in files.items():
                (folder / name).write_bytes(content)
                archive.writestr(f"inside/{name}", content)

        of_folder, of_zip = (read_feed(place, FEED_FILES) for place in (folder, tmp_path / "feed.zip"))

        assert of_folder == of_zip
        assert len(departures(timetable(of_folder))) == 4

    def test_a_delivery_may_begin_with_long_comments(self, tmp_path: Path) -> None:
        """As CEN's own examples do: a page of words before the first element."""
        comment = (
            b"<!-- " + b"PublicationDelivery of an example. " * 400 + b"-->\n<?xml-stylesheet href='x'?>\n"
        )
        for name, content in delivery(written()).items():
            head, mark, root = content.partition(b"<PublicationDelivery")
            (tmp_path / name).write_bytes(head + comment + mark + root)

        assert len(departures(timetable(read_feed(tmp_path, FEED_FILES)))) == 4

    @pytest.mark.parametrize(
        "content", [b"<Siri/>", b"<!-- PublicationDelivery", b"<!-- PublicationDelivery --><Siri/>"]
    )
    def test_a_file_that_is_no_delivery_is_refused_by_name(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "feed.xml").write_bytes(content)

        with pytest.raises(FeedUnreadable, match=r"feed\.xml is no NeTEx delivery"):
            read_feed(tmp_path / "feed.xml", FEED_FILES)

    def test_gtfs_stands_before_netex_in_one_folder(self, tmp_path: Path) -> None:
        for name, content in delivery(written()).items():
            (tmp_path / name).write_bytes(content)
        for name, text in feed(trips=1).items():
            (tmp_path / name).write_text(text, encoding="utf-8")

        assert len(departures(timetable(read_feed(tmp_path, FEED_FILES)))) == 1

    def test_an_error_of_the_delivery_is_the_only_one_told(self, tmp_path: Path) -> None:
        (tmp_path / "a.xml").write_bytes(b"<PublicationDelivery>")

        read = load_leaving_out("a", read_feed(tmp_path, FEED_FILES))

        assert read.timetable is None
        assert [found.file for found in read.findings] == ["netex"]
