"""Put a month on the shelf as if it had been published, without anybody's ticket, and read the tables of the map."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from ticketing.db import Database
from ticketing.db.publishing import releases
from ticketing.db.publishing.releases import FileKey, NewFile

REGION, MONTH = "helsinki-tallinn", "2026-09"
JOURNEYS: Mapping[tuple[str, str], int | None] = {
    ("tlt:tallinn", "hsl:A"): 120,
    ("hsl:A", "tlt:tallinn"): 95,
    ("hsl:B", "tlt:tallinn"): 60,
    ("tallink:TLL", "tallink:HEL"): 40,
    ("tlt:tallinn", "tlt:tallinn"): 300,
    ("viking:HEL", "hsl:D"): None,
}
CHANGES: Mapping[tuple[str, str, str], int | None] = {
    ("tlt", "tallink", "kept"): 115,
    ("tlt", "tallink", "missed"): None,
    ("tlt", "tallink", "not_known"): 15,
    ("viking", "eckero", "kept"): None,
    ("viking", "eckero", "missed"): None,
    ("viking", "eckero", "not_known"): None,
}


def publish(
    database: Database,
    journeys: Mapping[tuple[str, str], int | None] = JOURNEYS,
    changes: Mapping[tuple[str, str, str], int | None] | None = CHANGES,
    month: str = MONTH,
) -> None:
    """Write the files of a month."""
    files = [_file(month, "journeys", "zones", "origin_zone,destination_zone,journeys", journeys)]
    if changes is not None:
        files.append(
            _file(month, "connections", "connections", "from_operator,to_operator,outcome,changes", changes)
        )
    with database.write() as tx:
        releases.put_files(tx, files, datetime(2026, 10, 12, tzinfo=UTC))


def _file(
    month: str, dataset: str, part: str, heading: str, cells: Mapping[tuple[str, ...], int | None]
) -> NewFile:
    rows = [",".join((*key, "" if count is None else str(count))) for key, count in cells.items()]
    return NewFile(
        key=FileKey(REGION, dataset, month, part),
        content="\r\n".join([heading, *rows, ""]).encode(),
        epsilon_micro=1_000_000,
        unit="one journey",
    )


def rows(html: str) -> list[list[str]]:
    """The cells of the table."""
    return [
        re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row)
        for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    ]
