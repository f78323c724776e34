"""Ask running processes to load a region's folder anew, by a mark in it that names its content.

The mark is written after the folder has passed its check, and put in place by a rename. A process that sees a new one loads the folder
only while its content is the one that was checked: a folder that is being copied is nobody's region.
"""

import hashlib
import math
import os
from collections.abc import Iterator
from pathlib import Path

from operators.region import RegionData

MARK = ".reload"


def ask(folder: Path) -> str:
    """Write the mark of a folder's content; answers it (SHA-256, hexadecimal)."""
    content = digest(folder)
    scratch = folder / f"{MARK}-{os.getpid()}"
    scratch.write_text(content, encoding="ascii")
    scratch.replace(folder / MARK)
    return content


def asked(folder: Path, before: float = math.inf) -> str:
    """The content that was asked for last, and before a moment (seconds of the epoch); empty where nobody asked."""
    mark = folder / MARK
    try:
        return mark.read_text(encoding="ascii").strip() if mark.stat().st_mtime < before else ""
    except (OSError, UnicodeDecodeError):
        return ""


def digest(folder: Path) -> str:
    """The SHA-256 of all files of a folder by their names, but for those whose name begins with a dot."""
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            size = path.stat().st_size
            content.update(f"{name.as_posix()}\0{size}\0".encode())
            content.update(path.read_bytes())
    return content.hexdigest()


def needs_restart(old: RegionData, new: RegionData) -> Iterator[str]:
    """Name the parts of region.toml that have changed and that processes read at their start alone."""
    names = old.operators.keys() | new.operators.keys()
    for operator in sorted(names):
        if old.operators.get(operator) != new.operators.get(operator):
            yield f"operators.{operator}"
    for part in ("name", "currency", "product", "terminals", "place_kinds", "category_names", "guarantee"):
        if getattr(old, part) != getattr(new, part):
            yield part
