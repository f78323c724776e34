"""Convert a feed on disk from Fares V1 to Fares V2."""

import shutil
import tempfile
from pathlib import Path

from operators.files import copy_feed, read_feed
from tariffs.fares import feed as fares
from tariffs.fares import v1_convert
from tariffs.findings import errors
from ticketing.errors import Fault, InvalidRequest


def convert_feed(feed: Path, out: Path, encoding: str) -> v1_convert.Converted:
    """Write the folder `out` whole or not at all, and answer with what was converted.

    Raises FeedUnreadable, and InvalidRequest with every fault of tables that cannot be converted.
    """
    converted, findings = v1_convert.convert(read_feed(feed, fares.FILES, encoding))
    if converted is None:
        wrong = errors(findings)
        raise InvalidRequest(
            f"the fares of {feed} cannot be converted: {wrong[0].message}",
            [Fault(found.place, found.message) for found in wrong],
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        whole = Path(scratch) / out.name
        whole.mkdir()
        copy_feed(feed, whole)
        for name, text in converted.files.items():
            (whole / name).write_text(text, encoding=encoding, newline="")
        shutil.move(whole, out)
    return converted
