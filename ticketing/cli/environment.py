"""Turn what the surroundings do to a command (settings, database, files) into one line that names the variable."""

import errno
from pathlib import Path

from ticketing.cli import deployment
from ticketing.config import Settings
from ticketing.db.trouble import trouble
from ticketing.errors import Misconfigured, ThroughfareError


def misconfigured(error: Exception) -> Misconfigured | None:
    """The error as the person at the keyboard can mend it; None for one that is the program's own, or a closed pipe."""
    why = trouble(error)
    if why is not None:
        return Misconfigured(f"THROUGHFARE_DATABASE_URL: {why}")
    if not isinstance(error, OSError) or error.errno in {None, errno.EPIPE}:
        return None
    if not isinstance(error.filename, str | Path):
        return Misconfigured(str(error.strerror))
    file = Path(error.filename)
    named = " or ".join(f"THROUGHFARE_{name}" for name in _variables(file))
    # Making a folder where a file stands says `File exists`, which helps nobody.
    why = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
    return Misconfigured(f"{named}{named and ': '}{file} cannot be used: {why}")


def _variables(file: Path) -> list[str]:
    """The settings whose file or folder this is, or lies in; else those that lie below it."""
    try:
        places = _places(deployment.settings())
    except ThroughfareError:
        return []
    file = file.absolute()
    within = {name: place for name, place in places.items() if file.is_relative_to(place)}
    if within:
        deepest = max(len(place.parts) for place in within.values())
        return [name for name, place in within.items() if len(place.parts) == deepest]
    return [name for name, place in places.items() if place.is_relative_to(file)]


def _places(configured: Settings) -> dict[str, Path]:
    named = {
        "KEYS_FOLDER": configured.keys_folder,
        "REGIONS_FOLDER": configured.regions_folder,
        "SETTLEMENT_FOLDER": configured.settlement_folder,
        "ANCHORS_FOLDER": configured.anchors_folder,
        "PROOF_ISSUERS": configured.proof_issuers,
        "DEMO_CLOCK_FILE": configured.demo_clock_file,
    }
    if configured.database_url.startswith("sqlite:///"):
        named["DATABASE_URL"] = Path(configured.database_url.removeprefix("sqlite:///"))
    return {name: place.absolute() for name, place in named.items() if place is not None}
