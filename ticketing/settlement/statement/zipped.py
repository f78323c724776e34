"""All exported files of a run in one ZIP, made once on disk and sent part by part."""

import tempfile
import zipfile
from collections.abc import Iterator

from ticketing.db.settlement import runs
from ticketing.errors import Conflict
from ticketing.settlement.office import Office
from ticketing.settlement.statement.export import exported_parts

_PART_BYTES = 64 * 1024
# One fixed moment: the same files make the same ZIP.
_MOMENT = (1980, 1, 1, 0, 0, 0)


def zip_of(office: Office, run_id: str) -> Iterator[bytes]:
    """Yield a ZIP of the files that a run has exported; raises Conflict where there is none, or one is not what was kept."""
    with office.database.read() as tx:
        files = [file.name for file in runs.list_files(tx, run_id)]
    if not files:
        raise Conflict("this run has no files yet: export it first")
    opened = {name: exported_parts(office, run_id, name) for name in files}
    return _parts(opened)


def _parts(opened: dict[str, Iterator[bytes]]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as place:
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in opened.items():
                info = zipfile.ZipInfo(name, _MOMENT)
                info.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(info, "w") as file:
                    for part in content:
                        file.write(part)
        place.seek(0)
        while part := place.read(_PART_BYTES):
            yield part
