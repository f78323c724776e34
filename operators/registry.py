"""The registry: which operator of a region speaks which protocol. The only place that names the protocols.

An operator without a connector table is open transport: its feed is enough, and nobody holds anything.
A new protocol is one file in `connectors/` and one line here; a new operator of a known protocol is data.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from operators.connectors.basis import Now
from operators.connectors.exchange import FileExchange
from operators.connectors.gtfs import GtfsSettings, OpenTransport, is_address
from operators.connectors.maritime import Maritime, MaritimeSettings
from operators.connectors.osdm import Osdm, OsdmSettings
from operators.connectors.own import OwnInventory
from operators.exchange.folder import PostOffice
from operators.gtfs.timetable import Timetable
from operators.inventory import Inventory, Sailings
from operators.journal import Journal
from operators.memory import MemoryJournal, MemorySailings
from operators.place_kinds import KINDS, kinds_in
from operators.port import Connector
from operators.region import Operator, RegionData
from operators.siri.journeys import Names
from operators.table import ConnectorTable, TableReader
from operators.transport import Limits
from tariffs.findings import Finding

# The keys of every connector that makes calls.
_WIRE = ("allow_private", "timeout_ms")
_FEED_BYTES = 200_000_000
_GTFS_KEYS = frozenset(
    {
        "url",
        "trip_updates_url",
        "alerts_url",
        "vehicles_url",
        "siri_et",
        "siri_sx",
        "siri_prefixes",
        "siri_directions",
        "cache",
        *_WIRE,
    }
)
_OPEN = ConnectorTable("gtfs")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The surroundings of connectors in their process. Memory serves tests and the command line alone."""

    now: Now
    journal: Journal = field(default_factory=MemoryJournal)
    sailings: Sailings = field(default_factory=MemorySailings)
    environ: Mapping[str, str] = field(default_factory=dict)


Build = Callable[[TableReader, Timetable | None, Surroundings], Connector]


def build(region: RegionData, surroundings: Surroundings) -> dict[str, Connector]:
    """Make every operator's connector; the region has passed `check`."""
    return {
        operator.id: connect(
            operator.id, operator.connector, region.timetables.get(operator.id), surroundings
        )
        for operator in region.operators.values()
    }


def connect(
    operator: str, table: ConnectorTable | None, published: Timetable | None, surroundings: Surroundings
) -> Connector:
    """Make one connector from its table, None being open transport."""
    reader = _reader(operator, table, surroundings.environ, [])
    return _KINDS[(table or _OPEN).kind](reader, published, surroundings)


def check(region: RegionData, environ: Mapping[str, str] = _NOTHING) -> list[Finding]:
    """Every fault of the connector tables of a region, as `environ` changes them; nothing is opened or called."""
    findings: list[Finding] = []
    surroundings = Surroundings(now=_never)
    for operator in region.operators.values():
        table = operator.connector or _OPEN
        reader = _reader(operator.id, operator.connector, environ, findings)
        if table.kind not in _KINDS:
            reader.fault("kind", "unknown_reference", f"must be one of {', '.join(sorted(_KINDS))}")
        else:
            connector = _KINDS[table.kind](reader, None, surroundings)
            findings += _unborne(operator, connector)
            findings += _without_places(region, operator.id, connector)
    return findings


def variables(region: RegionData) -> set[str]:
    """The names by which the environment of a deployment may replace a value of the region's connectors."""
    found: set[str] = set()
    for operator in region.operators.values():
        reader = _reader(operator.id, operator.connector, {}, [])
        _KINDS[(operator.connector or _OPEN).kind](reader, None, Surroundings(now=_never))
        found |= reader.variables
    return found


def missing_secrets(region: RegionData, environ: Mapping[str, str]) -> dict[str, str]:
    """The operators whose system wants a secret that the environment does not hold: the variable by operator."""
    named = {
        operator.id: environ.get(
            f"THROUGHFARE_{operator.id.upper()}_SECRET", operator.connector.values["secret"]
        )
        for operator in region.operators.values()
        if operator.connector and "secret" in operator.connector.values
    }
    return {operator: variable for operator, variable in named.items() if not environ.get(variable)}


def _unborne(operator: Operator, connector: Connector) -> list[Finding]:
    """A refund that is promised, from a system that never takes a booking back, and nobody is named who bears it."""
    able = connector.capabilities
    promised = any(step.percent for step in operator.refund)
    if not able.needs_hold or able.cancels != "never" or not promised or operator.promises.bearer:
        return []
    message = f"{operator.id} promises refunds and its system never gives anything back: refund_bearer must name the operator that bears them"
    return [Finding("region.toml", 0, f"operators.{operator.id}.refund_bearer", "missing_value", message)]


def _without_places(region: RegionData, operator: str, connector: Connector) -> list[Finding]:
    """A kind of place that an operator is said to sell, and that its system cannot hold."""
    able = connector.capabilities
    if not able.needs_hold or able.places is None:
        return []
    return [
        Finding(
            "region.toml",
            0,
            f"place_kinds.{kind}.{operator}",
            "not_sellable",
            f"the connector of {operator} holds no {kind}: it has {', '.join(sorted(able.places))}",
        )
        for kind, mapped in region.place_kinds.items()
        if operator in mapped and kind not in able.places
    ]


def _reader(
    operator: str, table: ConnectorTable | None, environ: Mapping[str, str], findings: list[Finding]
) -> TableReader:
    return TableReader(operator, (table or _OPEN).values, environ, findings)


def _gtfs(table: TableReader, published: Timetable | None, surroundings: Surroundings) -> Connector:
    table.only(_GTFS_KEYS)
    private = table.flag("allow_private")
    cache = table.text("cache", "")
    settings = GtfsSettings(
        url=table.url("url", allow_private=private, required=False) or None,
        trip_updates_url=table.url("trip_updates_url", allow_private=private, required=False) or None,
        alerts_url=table.url("alerts_url", allow_private=private, required=False) or None,
        vehicles_url=table.url("vehicles_url", allow_private=private, required=False) or None,
        siri_et=_siri(table, "siri_et", "trip_updates_url"),
        siri_sx=_siri(table, "siri_sx", "alerts_url"),
        siri_names=_siri_names(table),
        cache=Path(cache) / table.operator if cache else None,
        allow_private=private,
        limits=Limits(
            call_seconds=table.whole("timeout_ms", 30_000, 50, 300_000) / 1000, reply_bytes=_FEED_BYTES
        ),
    )
    return OpenTransport(table.operator, published, surroundings.now, settings)


def _siri(table: TableReader, name: str, other: str) -> str | None:
    """An address or the path of a file; beside `other` it is a fault, for of two words on the same one would be wrong."""
    place = table.text(name, "")
    if place and table.text(other, ""):
        table.fault(name, "invalid_value", f"{other} gives the same data: only one of the two can be set")
    if is_address(place):
        return table.url(name, allow_private=table.flag("allow_private"), required=False) or None
    return place or None


def _siri_names(table: TableReader) -> Names:
    """Read the words by which a producer of SIRI names what the timetable has."""
    prefixes, directions = {}, {"0": "0", "1": "1"}
    if "siri_prefixes" in table.values:
        prefixes = table.names("siri_prefixes", ("stop", "line", "journey"), {})
    if "siri_directions" in table.values:
        directions = table.names("siri_directions", (), directions)
    for word, direction in directions.items():
        if direction not in {"0", "1"}:
            table.fault(
                f"siri_directions.{word}", "invalid_value", 'must be "0" or "1", the direction_id of GTFS'
            )
    return Names(
        **{name: prefixes[name] for name in ("stop", "line", "journey") if name in prefixes},
        directions={word: int(one) for word, one in directions.items() if one in {"0", "1"}},
    )


def _own(table: TableReader, published: Timetable | None, surroundings: Surroundings) -> Connector:
    table.only({"capacity", "hold_minutes", "sale_ends_minutes"})
    places = table.counts("capacity", KINDS)
    inventory = Inventory(
        operator=table.operator,
        sailings=surroundings.sailings,
        capacity=lambda _: places,
        hold_life=timedelta(minutes=table.whole("hold_minutes", 20, 1, 1440)),
        sale_ends=timedelta(minutes=table.whole("sale_ends_minutes", 0, 0, 1440)),
    )
    return OwnInventory(table.operator, published, surroundings.now, inventory, kinds_in(places))


def _maritime(table: TableReader, published: Timetable | None, surroundings: Surroundings) -> Connector:
    table.only(
        {
            "url",
            "availability_url",
            "secret",
            "maas_operator_id",
            "ticket_types",
            "hold_minutes",
            "locale",
            "sale_ends_minutes",
            "max_travellers",
            *_WIRE,
        }
    )
    private = table.flag("allow_private")
    settings = MaritimeSettings(
        bookings_url=table.url("url", allow_private=private),
        availability_url=table.url("availability_url", allow_private=private, required=False) or None,
        api_key=table.secret("secret"),
        maas_operator_id=table.text("maas_operator_id"),
        ticket_types=table.names("ticket_types", KINDS, {"foot": "foot"}),
        hold_seconds=60 * table.whole("hold_minutes", 15, 3, 1440),
        sale_ends_seconds=60 * table.whole("sale_ends_minutes", 0, 0, 1440),
        max_travellers=table.whole("max_travellers", 9, 1, 100),
        locale=table.text("locale", "en"),
        allow_private=private,
        limits=_limits(table),
    )
    return Maritime(table.operator, published, surroundings.now, settings, surroundings.journal)


def _osdm(table: TableReader, published: Timetable | None, surroundings: Surroundings) -> Connector:
    table.only(
        {
            "url",
            "token_url",
            "client_id",
            "secret",
            "passenger_types",
            "hold_minutes",
            "max_travellers",
            *_WIRE,
        }
    )
    private = table.flag("allow_private")
    settings = OsdmSettings(
        url=table.url("url", allow_private=private).rstrip("/"),
        token_url=table.url("token_url", allow_private=private),
        client_id=table.text("client_id"),
        client_secret=table.secret("secret"),
        passenger_types=table.names("passenger_types", (), {"adult": "ADULT", "child": "CHILD"}),
        hold_seconds=60 * table.whole("hold_minutes", 15, 3, 1440),
        max_travellers=table.whole("max_travellers", 9, 1, 100),
        allow_private=private,
        limits=_limits(table),
    )
    return Osdm(table.operator, published, surroundings.now, settings, surroundings.journal)


def _exchange(table: TableReader, published: Timetable | None, surroundings: Surroundings) -> Connector:
    table.only({"folder", "me", "hold_minutes", "sale_ends_minutes"})
    terms = Inventory(
        operator=table.operator,
        sailings=surroundings.sailings,
        capacity=lambda _: {},
        hold_life=timedelta(minutes=table.whole("hold_minutes", 20, 1, 1440)),
        sale_ends=timedelta(minutes=table.whole("sale_ends_minutes", 60, 0, 1440)),
    )
    folder, me = Path(table.text("folder")), table.text("me", "throughfare")
    if not re.fullmatch(r"[a-z0-9]{1,12}", me):
        table.fault("me", "invalid_value", "must be at most 12 small letters and digits: it is in file names")
    post = PostOffice(folder=folder, me=me, other=table.operator, now=surroundings.now)
    return FileExchange(table.operator, published, surroundings.now, terms, post)


def _limits(table: TableReader) -> Limits:
    return Limits(call_seconds=table.whole("timeout_ms", 10_000, 50, 60_000) / 1000)


def _never() -> NoReturn:
    raise AssertionError("a table is checked without asking for the time")


_KINDS: Mapping[str, Build] = {
    "exchange": _exchange,
    "gtfs": _gtfs,
    "maritime": _maritime,
    "osdm": _osdm,
    "own": _own,
}
