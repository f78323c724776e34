"""Choose the folder where tests write: in memory where there is room, for they make files by the hundred thousand and keep none.

A database made from a template is a thousand files: on a disk that takes ten times as long as in memory. What
tests check is not touched: they kill processes, they do not pull plugs.
"""

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_CACHE = "THROUGHFARE_CACHE_FOLDER"
_ROOM = 4 << 30  # PostgreSQL's files for each worker, and what failed tests leave


def use_memory() -> None:
    """Make memory the folder of temporary files, for child processes too; a TMPDIR that is set stays."""
    if "TMPDIR" not in os.environ and _is_fit(_MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)


def share_cache() -> Path | None:
    """Let all processes of the suite keep their regions in one folder, which is new; none where the caller has named one.

    Reading and checking a region takes seconds, and hundreds of commands and services do it. The files are named by the content
    of the region and of the code, so that a test which changes a region gets its own.
    """
    if _CACHE in os.environ:
        return None
    folder = Path(tempfile.mkdtemp(prefix="throughfare-cache-"))
    os.environ[_CACHE] = str(folder)
    return folder


def _is_fit(folder: Path) -> bool:
    """Tell whether files may be made and programs run there, and there is room."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    return not os.statvfs(folder).f_flag & os.ST_NOEXEC and shutil.disk_usage(folder).free >= _ROOM
