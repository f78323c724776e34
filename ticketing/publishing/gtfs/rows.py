"""Tables of GTFS as rows: read from the texts of a feed, written with the columns that any row has. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping

Row = dict[str, str]


def read_rows(texts: Mapping[str, str], name: str) -> list[Row]:
    """Read a table; none where the feed does not have it. What stands beyond the columns of the first line is left out."""
    reader = csv.DictReader(io.StringIO(texts.get(name, ""), newline=""), restkey="", restval="")
    return [_named(row) for row in reader]


def _named(row: Row) -> Row:
    return {column: value for column, value in row.items() if column}


def write_rows(rows: Iterable[Mapping[str, str]]) -> str:
    """Write rows below the names of their columns, in the order in which the columns first appear."""
    listed = list(rows)
    columns = list(dict.fromkeys(column for row in listed for column in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue()
