"""Read the demo's story of a region: `demo.toml` in its folder says who goes where and when, in words of the region."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ticketing.errors import Fault, Misconfigured

FILE = "demo.toml"
_TEXTS = ("bought_at", "leaves", "time_zone", "from", "to", "opening")
_TUESDAY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """The next day: `operator` cancels a departure with a `note`, `taker` carries on the first of two passengers."""

    operator: str
    taker: str
    passengers: tuple[str, str]
    opening: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldMonth:
    """The sales before the story: so many orders on these ways, and passes of a product where there is one."""

    orders: int
    ways: tuple[tuple[str, str], ...]
    product: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One morning: `goes` travels, `stays` gives the ticket back `because`; `accounts` are (name, IBAN) by party."""

    bought_at: time
    leaves: time
    time_zone: str
    origin: str
    destination: str
    opening: str
    goes: Mapping[str, str]
    stays: Mapping[str, str]
    because: str
    accounts: Mapping[str, tuple[str, str]]
    storm: Storm | None = None
    month: SoldMonth | None = None

    def morning(self, now: datetime) -> datetime:
        """The moment of the purchase, on the second Tuesday of last month: never a public holiday, and the month is over."""
        last = now.astimezone(UTC).date().replace(day=1) - timedelta(days=1)
        first = last.replace(day=1)
        second = first + timedelta(days=(_TUESDAY - first.weekday()) % 7 + 7)
        return datetime.combine(second, self.bought_at, ZoneInfo(self.time_zone))


def load_scene(folder: Path) -> Scene:
    """Read a region's `demo.toml`; raises Misconfigured with every fault."""
    try:
        document = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Misconfigured(f"the region {folder.name} has no {FILE}: it says what the demo tells") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{folder / FILE}: {error}") from error
    faults = [
        Fault(key, "means nothing here")
        for key in document.keys() - {*_TEXTS, "goes", "stays", "accounts", "storm", "month"}
    ]
    faults += [Fault(key, "is needed, as text") for key in _TEXTS if not isinstance(document.get(key), str)]
    goes = _person(document.get("goes"), "goes", ("ref", "rider_category"), faults)
    stays = _person(document.get("stays"), "stays", ("ref", "rider_category", "because"), faults)
    accounts = _accounts(document.get("accounts", {}), faults)
    storm = _storm(document.get("storm"), faults)
    month = _month(document.get("month"), faults)
    _check_zone(document.get("time_zone"), faults)
    bought_at, leaves = (_moment(document, key, faults) for key in ("bought_at", "leaves"))
    if faults:
        faults_told = "; ".join(f"{fault.path} {fault.message}" for fault in faults)
        raise Misconfigured(f"{folder / FILE}: {faults_told}", faults)
    because = stays.pop("because")
    return Scene(
        bought_at=bought_at,
        leaves=leaves,
        time_zone=document["time_zone"],
        origin=document["from"],
        destination=document["to"],
        opening=document["opening"],
        goes=goes,
        stays=stays,
        because=because,
        accounts=accounts,
        storm=storm,
        month=month,
    )


def _person(found: Any, path: str, keys: tuple[str, ...], faults: list[Fault]) -> dict[str, str]:
    if not isinstance(found, dict) or found.keys() != set(keys):
        faults.append(Fault(path, f"must have {', '.join(keys)}"))
        return {}
    faults += [
        Fault(f"{path}.{key}", "must be text") for key, value in found.items() if not isinstance(value, str)
    ]
    return dict(found)


def _storm(table: Any, faults: list[Fault]) -> Storm | None:
    """Read the storm, where a region's story has one."""
    if table is None:
        return None
    row = _person(table, "storm", ("operator", "taker", "first", "second", "opening", "note"), faults)
    if not row:
        return None
    return Storm(
        operator=row["operator"],
        taker=row["taker"],
        passengers=(row["first"], row["second"]),
        opening=row["opening"],
        note=row["note"],
    )


def _month(table: Any, faults: list[Fault]) -> SoldMonth | None:
    """Read the sales before the story, where a region has them."""
    if table is None:
        return None
    orders, ways, product = table.get("orders"), table.get("ways"), table.get("pass", "")
    if not isinstance(orders, int) or orders < 1:
        faults.append(Fault("month.orders", "must be a whole number from 1 on"))
    if not isinstance(ways, list) or any(not _is_way(way) for way in ways):
        faults.append(Fault("month.ways", "must be pairs of places"))
        return None
    return SoldMonth(orders=orders, ways=tuple((way[0], way[1]) for way in ways), product=str(product))


def _is_way(way: object) -> bool:
    return isinstance(way, list) and [type(place) for place in way] == [str, str]


def _accounts(found: Any, faults: list[Fault]) -> dict[str, tuple[str, str]]:
    read: dict[str, tuple[str, str]] = {}
    for party, row in found.items() if isinstance(found, dict) else ():
        if isinstance(row, list) and [type(cell) for cell in row] == [str, str]:
            read[party] = (row[0], row[1])
        else:
            faults.append(Fault(f"accounts.{party}", "must be a name and an IBAN"))
    return read


def _moment(document: Mapping[str, Any], key: str, faults: list[Fault]) -> time:
    try:
        return time.fromisoformat(str(document.get(key)))
    except ValueError:
        faults.append(Fault(key, "must be a time like 06:10"))
        return time()


def _check_zone(name: Any, faults: list[Fault]) -> None:
    try:
        ZoneInfo(str(name))
    except (ValueError, OSError, KeyError):
        faults.append(Fault("time_zone", "must be a time zone like Europe/Tallinn"))
