"""Write protected numbers as CSV (RFC 4180, UTF-8), and read them back: a number that is withheld is an empty field. Pure."""

import csv
import io
from collections.abc import Iterable

from ticketing.publishing.datasets.dataset import Part
from ticketing.publishing.privacy import Cell


def write(part: Part, cells: Iterable[Cell]) -> bytes:
    """Write a table: the columns of its keys, and its number."""
    rows = ((*cell.key, "" if cell.count is None else str(cell.count)) for cell in cells)
    return plain((*part.columns, part.number), rows)


def plain(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """Write rows below the names of their columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def read(content: bytes) -> list[Cell]:
    """Read a table that was written here."""
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    next(rows)
    return [Cell(tuple(row[:-1]), int(row[-1]) if row[-1] else None) for row in rows]
