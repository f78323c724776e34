"""Run a service on a scratch folder for a rehearsal, with the secrets to be every one of its callers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

from ticketing.rehearsal.http import make_trouble

Prove = Callable[[str, str, datetime], str]
Command = Callable[[list[str], str], tuple[int, str]]


# Operator, trip, day of the timetable.
Run = tuple[str, str, str]


class FeedWord(TypedDict, total=False):
    """A word of a feed's stand-in on a trip of a day: it is cancelled, or late by seconds at calls, None for one left out."""

    trip_id: str
    day: str
    cancelled: bool
    calls: list[list[int | None]]


@dataclass(slots=True)
class Purchase:
    """An order that is paid: what was bought, its key, its tickets as they are now."""

    order: dict[str, Any]
    key: str
    rides: list[dict[str, Any]]
    tickets: list[dict[str, Any]]
    given_back: set[tuple[str, int]] = field(default_factory=set)
    group: dict[str, Any] | None = None

    @property
    def path(self) -> str:
        """The address of the order."""
        return f"/v1/orders/{self.order['id']}"

    def shown(self) -> list[dict[str, Any]]:
        """The codes that gates are shown: the group's, and those of tickets that have one of their own; none of what is revoked."""
        own = [one for one in self.tickets if one["token"] is not None]
        members = self.members()
        if not self.group or not members:
            return own
        count, token = self.group["count"], self.group["token"]
        return [{**members[0], "token": token, "count": count, "rider_category": f"a group of {count}"}, *own]

    def members(self) -> list[dict[str, Any]]:
        """The tickets that the code of a group stands for."""
        return [one for one in self.tickets if one["token"] is None and one["status"] != "revoked"]

    def codes(self) -> dict[str, str]:
        """The token by which each passenger is let in; an empty one for a ticket that is revoked."""
        one, members = self.group["token"] if self.group else "", self.members()
        return {
            ticket["passenger"]: one if ticket in members else ticket["token"] or ""
            for ticket in self.tickets
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A running service. `urls` by sale channel, None being the one without.

    `gates` and `staff` are keys by operator, `finance` those of two people. `move_clock` sets the service's pretended time, `prove`
    signs that a claim (first) of an issuer (second) holds from a moment on, `command` runs `throughfare` beside the
    service with a text as its input and answers exit code and output. `offline` are presentations for a gate without a
    network: each a request of `gate decide`, with what the gate online has answered. `troubles` names what the processes have written in their logs that
    nobody should find there, and those that have ended. `connectors` say how each operator
    is reached, `parties` who belongs to each agreement. `bound` are the operators that take nobody on board of another
    sailing, and `late` is the one departure that was delayed so far. `bought` are all purchases with tickets, `disrupted` the runs
    that did not go as planned. `feeds` are the addresses of stand-ins that tell of trips, by operator; `sequence` is the number
    of a stop (third) of a trip (second) of an operator in its feed.
    """

    region: str
    urls: Mapping[str | None, str]
    folder: Path
    database_url: str
    gates: Mapping[str, str]
    staff: Mapping[str, str]
    finance: tuple[str, str]
    move_clock: Callable[[datetime], None]
    prove: Prove
    connectors: Mapping[str, str]
    parties: Mapping[str, Sequence[str]]
    command: Command
    troubles: Callable[[], list[str]]
    bound: frozenset[str] = frozenset()
    late: list[str] = field(default_factory=list)
    bought: list[Purchase] = field(default_factory=list)
    disrupted: set[Run] = field(default_factory=set)
    feeds: Mapping[str, str] = field(default_factory=dict)
    sequence: Callable[[str, str, str], int | None] = lambda _operator, _trip, _stop: None
    offline: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    def tell_feed(self, operator: str, words: Sequence[FeedWord]) -> None:
        """Have the stand-in of an operator's feed tell this of its trips, and nothing else."""
        make_trouble(self.feeds[operator], words)
