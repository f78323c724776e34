"""Write the ridership of a month as GTFS-ride: the joint feed with `ridership.txt` and `ride_feed_info.txt` (ODOT GTFS-ride). Pure.

Every stop group has its row, whoever rode. GTFS-ride has no word for a number that is withheld: 0 stands for fewer than the threshold.
"""

from collections.abc import Iterable, Mapping

from ticketing.publishing.desk import Month
from ticketing.publishing.gtfs.joint import NOTES
from ticketing.publishing.gtfs.rows import write_rows
from ticketing.publishing.privacy import Cell

# `ride_files` of ride_feed_info.txt: ridership.txt alone.
_RIDERSHIP_ALONE = "2"


def gtfs_ride(
    files: Mapping[str, str], month: Month, boardings: Iterable[Cell], alightings: Iterable[Cell]
) -> dict[str, str]:
    """Add the months of stop groups to a feed; a group is named by its station, or by its first stop."""
    ends = {cell.key: cell.count for cell in alightings}
    first, last = f"{month.first:%Y%m%d}", f"{month.last:%Y%m%d}"
    rows = [
        {
            "total_boardings": str(cell.count or 0),
            "total_alightings": str(ends.get(cell.key) or 0),
            "ridership_start_date": first,
            "ridership_end_date": last,
            "stop_id": cell.key[0],
        }
        for cell in boardings
    ]
    info = {"ride_files": _RIDERSHIP_ALONE, "ride_start_date": first, "ride_end_date": last}
    note = (
        "ridership.txt has boardings and alightings of the month by stop group (a station, or the first of the stops of one name), with noise, "
        "rounded to 5; 0 means fewer than 20. datapackage.json says what one count is.\n"
    )
    return {
        **files,
        "ridership.txt": write_rows(rows),
        "ride_feed_info.txt": write_rows([info]),
        NOTES: files.get(NOTES, "") + note,
    }
