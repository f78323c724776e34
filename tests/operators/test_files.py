"""A feed from strangers is opened within limits, and is written nowhere but where it belongs."""

import contextlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from operators import files
from operators.files import FeedUnreadable, copy_feed, read_feed, read_zip


def _zip(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def to(tmp_path: Path) -> Path:
    folder = tmp_path / "region" / "feeds"
    folder.mkdir(parents=True)
    return folder


class TestZips:
    @pytest.mark.parametrize(
        "name",
        ["../out.txt", "/out.txt", "../../out.txt", "a/../../out.txt", "..", "a/..", ".", "\\..\\out.txt"],
    )
    def test_no_name_leads_out_of_the_folder(self, tmp_path: Path, to: Path, name: str) -> None:
        feed = _zip(tmp_path / "feed.zip", {name: b"x"})

        with contextlib.suppress(FeedUnreadable):
            copy_feed(feed, to)

        outside = [file for file in tmp_path.rglob("*") if file.is_file() and file.parent != to]
        assert outside == [feed]

    @pytest.mark.parametrize(
        ("members", "said"),
        [
            (["gtfs.zip"], "holds a zip, gtfs.zip, and no table beside it: unpack it first"),
            (["a/stops.txt", "b/stops.txt"], "holds stops.txt twice, a/stops.txt and b/stops.txt"),
            (["out/gtfs/stops.txt"], "has out/gtfs/stops.txt more than one folder deep"),
        ],
    )
    def test_a_zip_in_another_packing_says_how_to_pack_it(
        self, tmp_path: Path, members: list[str], said: str
    ) -> None:
        feed = _zip(tmp_path / "feed.zip", dict.fromkeys(members, b"stop_id\n"))

        with pytest.raises(FeedUnreadable, match=said):
            read_feed(feed, {"stops.txt", "trips.txt"})

    def test_all_files_together_have_a_limit(
        self, tmp_path: Path, to: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "MAX_FEED_BYTES", 1_000)
        feed = _zip(tmp_path / "feed.zip", {"stops.txt": b"0" * 600, "trips.txt": b"0" * 600})

        for opened in (
            lambda: copy_feed(feed, to),
            lambda: read_feed(feed, {"stops.txt", "trips.txt"}),
            lambda: read_zip(feed.read_bytes(), {"stops.txt", "trips.txt"}),
        ):
            with pytest.raises(FeedUnreadable, match="more than 1000 bytes together"):
                opened()
        assert read_feed(feed, {"stops.txt"}) == {"stops.txt": "0" * 600}

    def test_no_more_files_are_written_than_a_feed_has(
        self, tmp_path: Path, to: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "MAX_FILES", 3)
        feed = _zip(tmp_path / "feed.zip", {f"{at}.txt": b"" for at in range(4)})

        with pytest.raises(FeedUnreadable, match="more than 3 files"):
            copy_feed(feed, to)


class TestFolders:
    def test_a_link_out_of_the_folder_is_not_copied(self, tmp_path: Path, to: Path) -> None:
        (tmp_path / "secret").write_text("key")
        feed = tmp_path / "feed"
        feed.mkdir()
        (feed / "stops.txt").symlink_to(tmp_path / "secret")

        with pytest.raises(FeedUnreadable, match=r"stops\.txt is a link out of"):
            copy_feed(feed, to)
        assert list(to.iterdir()) == []

    def test_a_link_within_the_folder_is_a_file(self, tmp_path: Path, to: Path) -> None:
        feed = tmp_path / "feed"
        feed.mkdir()
        (feed / "stops.txt").write_text("stop_id\n")
        (feed / "levels.txt").symlink_to("stops.txt")

        copy_feed(feed, to)

        assert (to / "levels.txt").read_text() == "stop_id\n"
