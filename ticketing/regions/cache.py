"""Keep loaded regions as files: a folder is read, checked and indexed once, and each later start takes what came of it.

A file is named by the content of the folder, of newer feeds and of the code that reads them, so that it is never out of date. It is a
pickle, which a stranger could make run anything: one that does not belong to this account, or that others may write, is not read.
"""

import contextlib
import hashlib
import os
import pickle
import stat
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import structlog

from tariffs.findings import Finding, errors
from ticketing.config import Settings
from ticketing.errors import Fault, Misconfigured
from ticketing.progress import Progress, silent
from ticketing.regions.load import Region, check_region
from ticketing.regions.reload import digest

_log = structlog.get_logger(__name__)
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
# A file that nobody has read for so long is of a folder, or of a release, that is gone.
_FORGOTTEN_SECONDS = 30 * 86400
_CODE = ("tariffs", "operators", "ticketing/regions")
_Loaded = tuple[Region | None, list[Finding]]


def kept_region(
    folder: Path,
    cache_folder: Path | None,
    fetched: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    progress: Progress = silent,
) -> _Loaded:
    """Load a region as `check_region` does, from the cache where it is there; without a fault it is written there."""
    if cache_folder is None:
        return check_region(folder, fetched, progress)
    path = cache_folder / f"{folder.name}-{_name(folder, fetched)}.region"
    kept = _read(path)
    loaded = kept or check_region(folder, fetched, progress)
    if loaded[0] is not None:
        if kept is None:
            _write(path, loaded)
        _note_good(path, folder)
    return loaded


class Served(NamedTuple):
    """The regions of a deployment, and the first fault of each whose folder cannot be used now, by its name.

    Such a region is served as it was last good, where this machine still has it.
    """

    regions: dict[str, Region]
    sick: dict[str, str]


def load_regions(settings: Settings) -> dict[str, Region]:
    """Load every configured region; raises Misconfigured with the faults of one that cannot be used."""
    loaded: dict[str, Region] = {}
    for name in settings.regions:
        region, findings = kept_region(settings.region_folder(name), settings.cache_folder)
        if region is None:
            raise _unusable(name, findings)
        loaded[name] = region
    return loaded


def load_served(settings: Settings, has_orders: Callable[[str], bool]) -> Served:
    """Load the configured regions for the service: one that is sick does not keep the others from being sold.

    Raises Misconfigured where none can be used, or where orders need one that is not there as it was either.
    """
    served = Served({}, {})
    for name in settings.regions:
        folder = settings.region_folder(name)
        region, findings = kept_region(folder, settings.cache_folder)
        if region is None:
            served.sick[name] = _first(findings)
            region = _last_good(folder, settings.cache_folder)
            if region is None and (has_orders(name) or settings.regions == (name,)):
                raise _unusable(name, findings)
            _log.error(
                "region is sick", region=name, fault=served.sick[name], serves_last_good=region is not None
            )
        if region is not None:
            served.regions[name] = region
    if not served.regions:
        raise Misconfigured(
            "no region can be used: " + "; ".join(f"{name}: {fault}" for name, fault in served.sick.items())
        )
    return served


def _unusable(name: str, findings: list[Finding]) -> Misconfigured:
    faults = [Fault(found.place, found.message) for found in errors(findings)]
    return Misconfigured(
        f"the region {name} has {len(faults)} faults; see `throughfare region check {name}`", faults
    )


def _first(findings: list[Finding]) -> str:
    fault = errors(findings)[0]
    return f"{fault.place}: {fault.message}"


def _last_good(folder: Path, cache_folder: Path | None) -> Region | None:
    """The region as this release has last read it without a fault; None where this machine does not have it."""
    if cache_folder is None:
        return None
    try:
        file, _, code = (cache_folder / f"{folder.name}.last").read_text(encoding="ascii").partition(" ")
    except (OSError, UnicodeDecodeError):
        return None
    kept = _read(cache_folder / file) if code == _code() and "/" not in file else None
    return kept[0] if kept else None


def _note_good(path: Path, folder: Path) -> None:
    """Remember the file of a region as the one that was good last."""
    note = path.parent / f"{folder.name}.last"
    scratch = note.with_suffix(f".last-{os.getpid()}")
    with contextlib.suppress(OSError):
        scratch.write_text(f"{path.name} {_code()}", encoding="ascii")
        scratch.replace(note)


def _name(folder: Path, fetched: Mapping[str, Mapping[str, str]]) -> str:
    content = hashlib.sha256(f"{digest(folder)} {_code()} {sys.version}".encode())
    for operator, files in sorted(fetched.items()):
        for name, text in sorted(files.items()):
            content.update(f"\0{operator}\0{name}\0{len(text)}\0".encode())
            content.update(text.encode())
    return content.hexdigest()[:40]


@cache
def _code() -> str:
    """The state of the code that reads regions: a new release, or a changed line, makes other objects."""
    root = Path(__file__).parents[2]
    content = hashlib.sha256()
    for package in _CODE:
        for path in sorted((root / package).rglob("*.py")):
            told = path.stat()
            content.update(f"{path.relative_to(root)} {told.st_size} {told.st_mtime_ns}\n".encode())
    return content.hexdigest()


def _read(path: Path) -> _Loaded | None:
    """The content of a file; None where it is not there, not ours alone, or not whole."""
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            if state.st_uid != os.getuid() or state.st_mode & _OTHERS_WRITE:
                _log.warning("cache not read", file=path.name, reason="others may have written it")
                return None
            loaded: _Loaded = pickle.load(file)  # noqa: S301  our own file, as has just been seen
    except OSError:
        return None
    except Exception:  # noqa: BLE001  a pickle that is cut off fails in many ways
        _log.warning("cache not read", file=path.name, reason="it is not whole")
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return loaded


def _write(path: Path, loaded: _Loaded) -> None:
    """Write a file whole or not at all, and forget those of long ago; a disk that is full is no trouble."""
    scratch = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(scratch, "xb", opener=_private) as file:
            pickle.dump(loaded, file, pickle.HIGHEST_PROTOCOL)
        scratch.replace(path)
        _forget(path.parent)
    except OSError as error:
        _log.warning("cache not written", file=path.name, reason=str(error))
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _forget(folder: Path) -> None:
    for path in folder.glob("*.region"):
        if path.stat().st_mtime < time.time() - _FORGOTTEN_SECONDS:
            path.unlink(missing_ok=True)
