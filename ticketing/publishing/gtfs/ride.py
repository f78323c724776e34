"""Write the ridership of a month as GTFS-ride: the joint feed with `ridership.txt` and `ride_feed_info.txt` (ODOT GTFS-ride). Pure.

Its rows are months of stops, and only those of which both numbers are shown: GTFS-ride has no word for a number that is withheld.
"""

from collections.abc import Iterable, Mapping

from ticketing.publishing.desk import Month
from ticketing.publishing.gtfs.joint import NOTES
from ticketing.publishing.gtfs.rows import write_rows
from ticketing.publishing.privacy import Cell

# `ride_files` of ride_feed_info.txt: ridership.txt alone.
_RIDERSHIP_ALONE = "2"
COLUMNS = ("total_boardings", "total_alightings", "ridership_start_date", "ridership_end_date", "stop_id")


def gtfs_ride(
    files: Mapping[str, str], month: Month, boardings: Iterable[Cell], alightings: Iterable[Cell]
) -> dict[str, str]:
    """Add the months of stop groups to a feed; a group is named by its station, or by its first stop."""
    ends = {cell.key[0]: cell.count for cell in alightings}
    first, last = f"{month.first:%Y%m%d}", f"{month.last:%Y%m%d}"
    rows = [
        dict(zip(COLUMNS, (str(cell.count), str(ends[cell.key[0]]), first, last, cell.key[0]), strict=True))
        for cell in boardings
        if cell.count is not None and ends.get(cell.key[0]) is not None
    ]
    head = ",".join(COLUMNS) + "\r\n"
    info = {"ride_files": _RIDERSHIP_ALONE, "ride_start_date": first, "ride_end_date": last}
    note = (
        "ridership.txt has boardings and alightings by stop group (a station, or the first of the stops of one name), with noise, rounded "
        "to 5. A stop without a row has fewer than 10 of one of them. datapackage.json says what one count is.\n"
    )
    return {
        **files,
        "ridership.txt": write_rows(rows) if rows else head,
        "ride_feed_info.txt": write_rows([info]),
        NOTES: files.get(NOTES, "") + note,
    }
