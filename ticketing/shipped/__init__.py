"""Find the folders that come with the code: migrations and regions. A wheel has them in this package, a checkout at its top."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def folder_of(name: str) -> Path:
    """Name the folder `migrations` or `regions` of this installation."""
    packed = _HERE / name
    return packed if packed.is_dir() else _HERE.parents[1] / name


def regions_folder() -> Path:
    """Name the folder of regions where nothing else is said: `regions` where the command was called, else the shipped ones."""
    here = Path("regions")
    return here if here.is_dir() else folder_of("regions")
