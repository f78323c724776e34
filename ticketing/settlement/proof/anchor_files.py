"""Anchors outside of the database: every signed block is written to a file, and the books are held against the file.

Whoever rewrites the database, with every hash and every signature, cannot rewrite a file that lies elsewhere: a
line of it names a block as it was when it was signed.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ticketing.db.books.chain import Block

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def file_of(folder: Path, region: str) -> Path:
    """The file of a region's anchors; a line is `period seq entries hash signature`."""
    if not _NAME.fullmatch(region):
        raise ValueError(f"{region!r} is no name of a region")
    return folder / f"{region}.txt"


def keep(path: Path, blocks: Iterable[Block]) -> int:
    """Add the blocks that the file does not name yet, and let the disk have them; answers how many."""
    known = {(period, seq) for period, seq, _ in read(path)} if path.exists() else set()
    new = [block for block in blocks if (block.period, block.seq) not in known]
    if not new:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    _forget_a_cut_line(path)
    with path.open("a", encoding="ascii") as file:
        file.writelines(line_of(block) for block in new)
        file.flush()
        os.fsync(file.fileno())
    return len(new)


def _forget_a_cut_line(path: Path) -> None:
    """Write a line again whole that a crash has cut."""
    if path.exists():
        with path.open("r+b") as file:
            file.truncate(file.read().rfind(b"\n") + 1)


def line_of(block: Block) -> str:
    """One anchor as a line."""
    return f"{block.period} {block.seq} {block.entries} {block.hash} {block.signed or '-'}\n"


def read(path: Path) -> Iterator[tuple[str, int, str]]:
    """The anchors of a file: (period, seq, hash). A last line that a crash has cut is no anchor."""
    for text in path.read_text(encoding="ascii", errors="replace").splitlines(keepends=True):
        words = text.split(" ")
        if len(words) == 5 and text.endswith("\n") and words[1].isdigit():  # noqa: PLR2004  the words of a line
            yield words[0], int(words[1]), words[3]


def faults(path: Path, blocks: Sequence[Block]) -> list[str]:
    """List the differences between the file and the database. Pure but for reading the file."""
    stored = {(block.period, block.seq): block.hash for block in blocks}
    found = []
    for period, seq, known in read(path):
        if (period, seq) not in stored:
            found.append(f"block {seq} of {period} was anchored and is not in the database")
        elif stored[period, seq] != known:
            found.append(f"block {seq} of {period} is not what was anchored: the books were rewritten")
    return found
