"""Author the GTFS feeds of Helsinki-Tallinn from its fact tables: `python -m regions.author`.

The feeds are committed; a test checks that this script gives them byte for byte. Facts, their sources and
what is assumed or synthetic: regions/helsinki-tallinn/README.md.
"""

import sys

from regions.authoring.ferries import FERRIES, ferry
from regions.authoring.helsinki import helsinki
from regions.authoring.tables import REGION, Files
from regions.authoring.tallinn import tallinn


def feeds() -> dict[str, Files]:
    """Author every feed: operator → file → text."""
    return {"tlt": tallinn(), "hsl": helsinki(), **{operator: ferry(operator) for operator in FERRIES}}


def main() -> None:
    """Write the feeds into the region's folder."""
    for operator, files in feeds().items():
        folder = REGION / "feeds" / operator
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
        sys.stdout.write(f"{operator}: {len(files)} files\n")


if __name__ == "__main__":
    main()
