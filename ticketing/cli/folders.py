"""Find the folder of a region that somebody names."""

import difflib
import os
from pathlib import Path

from operators.region_toml import REGION_TOML
from ticketing import shipped
from ticketing.errors import InvalidRequest


def find_folder(name_or_folder: str) -> Path:
    """The folder of a region, named by its path or its name; raises InvalidRequest naming those that are there."""
    regions = Path(os.environ.get("THROUGHFARE_REGIONS_FOLDER") or shipped.regions_folder())
    for folder in (Path(name_or_folder), regions / name_or_folder):
        if (folder / REGION_TOML).is_file():
            return folder
    there = sorted(path.parent.name for path in regions.glob(f"*/{REGION_TOML}"))
    near = difflib.get_close_matches(name_or_folder, there, n=1)
    raise InvalidRequest.at(
        "region",
        f"no such region: neither {name_or_folder} nor {regions / name_or_folder} is a folder with a {REGION_TOML}; "
        + (f"did you mean {near[0]}? " if near else "")
        + f"{regions} has {', '.join(there) or 'none'}",
    )
