"""Check a region's folder as a whole: also the files that only a later step reads, or nothing at all."""

import difflib
import json
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from operators.fault_plan import FaultPlan
from operators.files import FEED_FILES
from operators.region import OPTIONAL, RegionData
from operators.region_toml import REGION_TOML, open_toml
from tariffs.findings import Finding
from ticketing.claims import check_rights
from ticketing.cli import demo_scene
from ticketing.cli.region.plausible import implausible
from ticketing.errors import Fault, InvalidRequest, Misconfigured
from ticketing.gate.operators import check_gates, load_gates
from ticketing.regions import Region
from ticketing.regions.coverage import coverage
from ticketing.search import places
from ticketing.settlement import payout
from ticketing.settlement import terms as settlement

_FILES = (
    REGION_TOML,
    "agreements.json",
    "taxes.csv",
    "emissions.csv",
    "walks.csv",
    "passes.json",
    "gates.json",
    settlement.FILE,
    demo_scene.FILE,
    *OPTIONAL,
)
_FOLDERS = ("feeds", "tariffs", "stand-ins", "facts")
# Tables of GTFS that nothing here reads; a feed may well have them.
_OTHER_TABLES = {
    "shapes.txt",
    "feed_info.txt",
    "translations.txt",
    "attributions.txt",
    "pathways.txt",
    "levels.txt",
    "fare_attributes.txt",
    "fare_rules.txt",
    "location_groups.txt",
    "location_group_stops.txt",
    "booking_rules.txt",
    "stop_times.txt",
    "transfers.txt",
    "frequencies.txt",
    "agency.txt",
}
_ALIKE = 0.7


def check_folder(folder: Path, region: Region | None) -> list[Finding]:
    """Every fault of the files that the service does not read when it starts; with the region what they name is checked too."""
    unread: list[Finding] = []
    toml = open_toml(folder / REGION_TOML, unread)
    if any(found.code == "unreadable_toml" for found in unread):
        return []  # said already, and nothing else can be told
    known = toml.operators()
    today = datetime.now(UTC).date()
    operators, data = list(known), region.data if region else None
    return [
        *(implausible(data.timetables, today) if data else ()),
        *(_unpriced(region, today) if region else ()),
        *_check_gates(folder, operators, region),
        *_check_settlement(folder, operators, data),
        *_check_demo(folder, operators, data),
        *check_rights(known, today),
        *_check_stand_ins(folder, operators),
        *_unread(folder, operators),
    ]


def _unpriced(region: Region, today: date) -> Iterator[Finding]:
    """Operators with fares that price a part of their rides for nobody: a zone, an area or a line is in no rule."""
    rider = next(iter(region.data.riders), None)
    for row in coverage(region, rider, today) if rider else ():
        if row.without and region.book.has_fares(row.operator, today):
            line, start, end = row.without[0]
            yield Finding(
                file=f"feeds/{row.operator}",
                row=0,
                field="",
                code="unpriced",
                message=f"{row.pairs - row.priced:,} of {row.pairs:,} single rides have no price for {rider}, such as line {line}, "
                f"{start} to {end}: the fares have no rule for them, or none for {rider} (`throughfare tariff explain`)",
                severity="warning",
            )


def _check_gates(folder: Path, operators: Collection[str], region: Region | None) -> list[Finding]:
    faults_found = check_gates(folder, region)
    if faults_found or not (folder / "gates.json").exists():
        return faults_found
    named = load_gates([folder]).policies
    return [
        _error("gates.json", f"operators.{name}", "is no operator of the region")
        for name in named
        if name not in operators
    ]


def _check_settlement(folder: Path, operators: Collection[str], region: RegionData | None) -> list[Finding]:
    try:
        terms = settlement.load_terms(folder)
    except InvalidRequest as error:
        return [_error(settlement.FILE, fault.path, fault.message) for fault in error.faults]
    products = _products(folder, region)
    return [
        _error(settlement.FILE, fault.path, fault.message)
        for fault in settlement.check_names(terms, operators, products)
    ]


def _products(folder: Path, region: RegionData | None) -> set[str] | None:
    """The products that tickets may be of here; None where that cannot be told yet."""
    if region is None:
        return None
    passes = {str(document.get("id")) for document in region.passes if isinstance(document, dict)}
    try:
        gates: Any = json.loads((folder / "gates.json").read_text(encoding="utf-8"))
        return {region.product, *passes, *gates.get("products", {})}
    except FileNotFoundError:
        return {region.product, *passes}
    except (ValueError, AttributeError, TypeError):
        return None  # a fault of gates.json, told there


def _check_demo(folder: Path, operators: Collection[str], region: RegionData | None) -> list[Finding]:
    if not (folder / demo_scene.FILE).exists():
        return []
    try:
        scene = demo_scene.load_scene(folder)
    except Misconfigured as error:
        faults = error.faults or (Fault("", error.detail),)
        return [_error(demo_scene.FILE, fault.path, fault.message) for fault in faults]
    missing = [
        _error(demo_scene.FILE, f"accounts.{party}", "is no operator of the region, nor the scheme")
        for party in scene.accounts
        if party not in {"scheme", *operators}
    ]
    for party, (_, number) in scene.accounts.items():
        try:
            payout.checked_iban(number, f"accounts.{party}")
        except InvalidRequest as error:
            missing.append(_error(demo_scene.FILE, f"accounts.{party}", error.detail.partition(": ")[2]))
    if region is None:
        return missing
    known = places.index(region)
    for field, name in (("from", scene.origin), ("to", scene.destination)):
        if not places.find(known, name, 1):
            missing.append(_error(demo_scene.FILE, field, f"no stop of a feed is called {name!r}"))
    for field, person in (("goes", scene.goes), ("stays", scene.stays)):
        if person["rider_category"] not in region.riders:
            message = f"{person['rider_category']!r} is no rider category of the region"
            missing.append(_error(demo_scene.FILE, f"{field}.rider_category", message))
    return missing


def _check_stand_ins(folder: Path, operators: Collection[str]) -> Iterator[Finding]:
    for path in sorted((folder / "stand-ins").glob("*")):
        name = f"stand-ins/{path.name}"
        if path.suffix not in {".json", ".prices"} or path.stem not in operators:
            yield _unread_file(name, f"is read for an operator only: {_alternatives(operators, path.stem)}")
            continue
        try:
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".json":
                FaultPlan.from_json(json.loads(text))
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            yield _error(name, "", f"is no fault plan: {error}")
            continue
        for word in text.split() if path.suffix == ".prices" else ():
            category, _, cents = word.partition("=")
            if not category or not cents.isascii() or not cents.isdigit():
                yield _error(name, "", f"{word!r} is not like ADULT=500")


def _unread(folder: Path, operators: Collection[str]) -> Iterator[Finding]:
    """Files and folders that nothing reads: most are misspelt."""
    for path in sorted(folder.iterdir()):
        known = _FOLDERS if path.is_dir() else _FILES
        if path.name not in known and not path.name.startswith(".") and path.suffix.lower() != ".md":
            near = difflib.get_close_matches(path.name, known, n=1, cutoff=_ALIKE)
            yield _unread_file(path.name, f"did you mean {near[0]}?" if near else "nothing here is called so")
    for path in sorted((folder / "feeds").glob("*")):
        identity = path.name if path.is_dir() else path.stem
        if path.name.startswith("."):
            continue
        if identity not in operators or not (path.is_dir() or path.suffix == ".zip"):
            yield _unread_file(
                f"feeds/{path.name}", f"it belongs to no operator: {_alternatives(operators, identity)}"
            )
        elif path.is_dir():
            yield from _unread_tables(f"feeds/{identity}", path)
    for path in sorted((folder / "tariffs").glob("*/*")):
        yield from _unread_tables(f"tariffs/{path.parent.name}/{path.name}", path)


def _unread_tables(name: str, feed: Path) -> Iterator[Finding]:
    """Tables whose name is nearly one that is read; a feed may have any others."""
    for path in sorted(feed.iterdir()):
        if path.name in FEED_FILES or path.name in _OTHER_TABLES or path.name.startswith("."):
            continue
        near = difflib.get_close_matches(path.name.lower(), FEED_FILES, n=1, cutoff=0.85)
        if near:
            yield _unread_file(f"{name}/{path.name}", f"did you mean {near[0]}?")


def _alternatives(names: Collection[str], wanted: str) -> str:
    near = difflib.get_close_matches(wanted, names, n=1)
    return f"did you mean {near[0]}?" if near else f"they are {', '.join(names)}"


def _unread_file(file: str, hint: str) -> Finding:
    return Finding(
        file=file,
        row=0,
        field="",
        code="unread_file",
        message=f"nothing reads it; {hint}",
        severity="warning",
    )


def _error(file: str, field: str, message: str) -> Finding:
    return Finding(file, 0, field, "invalid_value", message)
