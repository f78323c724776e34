"""The content of an offer's token: a journey by its names, who travels, the price and the tariff that it is of. Pure.

Nothing personal is in it: an account is a digest that changes with every search, its proofs and rides are not there, and
passes are named by their tickets. It is deflated JSON in one order; another order needs another version of the token.
"""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tariffs.money import Money

_MICROSECOND = timedelta(microseconds=1)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_INFLATED = 1 << 16
_RAW_DEFLATE = -15
_OWNER_CHARS = 32


@dataclass(frozen=True, slots=True)
class AddedRun:
    """The part of a ride that no timetable tells: its trip was added on the day."""

    route_id: str
    headsign: str
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RideName:
    """A ride by its names; `departs_at` and `arrives_at` are the planned instants in POSIX seconds."""

    operator: str
    trip_id: str
    from_stop_id: str
    to_stop_id: str
    departs_at: int
    arrives_at: int
    added: AddedRun | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One of the party: `passes` are the tickets of the passes that they may ride on."""

    ref: str
    rider: str
    passes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferBody:
    """An offer: the journey, its price and when it was made. `rides` are all of the way, `excluded` the places of those that it does not pay for.

    `owner` is the digest of an account (`owner_of`), `holder_ref` the passenger whom the account is of. `freed` are uses of
    passes, by ticket, that the exchange gives back which it is for. Times are in UTC; it expires on a whole second.
    """

    region: str
    made_at: datetime
    expires_at: datetime
    tariff_version: str
    total: Money
    rides: tuple[RideName, ...]
    members: tuple[Member, ...]
    excluded: tuple[int, ...] = ()
    sale_channel: str | None = None
    owner: str | None = None
    holder_ref: str | None = None
    freed: tuple[tuple[str, int], ...] = ()


def owner_of(person_id: str, made_at: datetime) -> str:
    """Name an account to whoever knows it already: two offers do not show that they are of one account."""
    return hashlib.sha256(f"{person_id} {_instant(made_at)}".encode()).hexdigest()[:_OWNER_CHARS]


def pack(body: OfferBody) -> bytes:
    """Write an offer as few bytes."""
    made_at = _instant(body.made_at)
    since = made_at // 1_000_000
    passes = list(dict.fromkeys(ticket for member in body.members for ticket in member.passes))
    freed = dict(body.freed)
    row = [
        body.region,
        made_at,
        _instant(body.expires_at) // 1_000_000 - since,
        body.tariff_version,
        body.total.minor,
        body.total.currency,
        body.sale_channel,
        body.owner,
        body.holder_ref,
        [_ride(ride, since) for ride in body.rides],
        list(body.excluded),
        [[one, freed[one]] if one in freed else one for one in passes],
        [[one.ref, one.rider, *map(passes.index, one.passes)] for one in body.members],
    ]
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
    deflating = zlib.compressobj(level=9, wbits=_RAW_DEFLATE)
    return deflating.compress(text) + deflating.flush()


def unpack(content: bytes) -> OfferBody | None:
    """Read what `pack` wrote; None for anything else, however far it would inflate."""
    inflating = zlib.decompressobj(wbits=_RAW_DEFLATE)
    try:
        text = inflating.decompress(content, _MOST_INFLATED)
        return _read(json.loads(text)) if inflating.eof and not inflating.unused_data else None
    except (zlib.error, ValueError, TypeError, LookupError, ArithmeticError, RecursionError):
        return None


def _read(row: Any) -> OfferBody:
    (
        region,
        issued,
        life,
        version,
        minor,
        currency,
        channel,
        owner,
        holder,
        rides,
        excluded,
        passes,
        members,
    ) = row
    since = issued // 1_000_000
    tickets = [one if isinstance(one, str) else one[0] for one in passes]
    return OfferBody(
        region=region,
        made_at=_BEGINNING + issued * _MICROSECOND,
        expires_at=_BEGINNING + timedelta(seconds=since + life),
        tariff_version=version,
        total=Money(minor, currency),
        rides=tuple(_read_ride(ride, since) for ride in rides),
        members=tuple(_read_member(member, tickets) for member in members),
        excluded=tuple(excluded),
        sale_channel=channel,
        owner=owner,
        holder_ref=holder,
        freed=tuple((one[0], one[1]) for one in passes if not isinstance(one, str)),
    )


def _read_member(row: Sequence[Any], tickets: Sequence[str]) -> Member:
    """Read one of the party: ref, rider category, and the places of their passes among the tickets."""
    ref, rider, *places = row
    return Member(ref, rider, tuple(tickets[at] for at in places))


def _ride(ride: RideName, since: int) -> list[Any]:
    named = [
        ride.operator,
        ride.trip_id,
        ride.from_stop_id,
        ride.to_stop_id,
        ride.departs_at - since,
        ride.arrives_at - ride.departs_at,
    ]
    if ride.added is None:
        return named
    return [*named, ride.added.route_id, ride.added.headsign, list(ride.added.calls)]


def _read_ride(row: Any, since: int) -> RideName:
    operator, trip_id, from_stop, to_stop, departs, lasts, *more = row
    added = None
    if more:
        route_id, headsign, calls = more
        added = AddedRun(route_id, headsign, tuple(calls))
    departs_at = since + departs
    return RideName(
        operator=operator,
        trip_id=trip_id,
        from_stop_id=from_stop,
        to_stop_id=to_stop,
        departs_at=departs_at,
        arrives_at=departs_at + lasts,
        added=added,
    )


def _instant(moment: datetime) -> int:
    """A moment in microseconds since 1970, exactly."""
    return (moment - _BEGINNING) // _MICROSECOND
