"""Write protected numbers as CSV (RFC 4180, UTF-8), and read them back: a number that is withheld is an empty field. Pure."""

import csv
import io
from collections.abc import Iterable

from ticketing.publishing.datasets.dataset import Part
from ticketing.publishing.privacy import Cell


def write(part: Part, cells: Iterable[Cell]) -> bytes:
    """Write a table: the columns of its keys, and its number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*part.columns, part.number])
    writer.writerows([*cell.key, "" if cell.count is None else cell.count] for cell in cells)
    return text.getvalue().encode()


def read(content: bytes) -> list[Cell]:
    """Read a table that was written here."""
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    next(rows)
    return [Cell(tuple(row[:-1]), int(row[-1]) if row[-1] else None) for row in rows]
