"""Hold the tools of the gates' room: database, clock, keys, and each operator's wishes for its gates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tariffs.agreements import BROKEN, Continuation, between
from throughfare_gate.gate.bundle import local_offsets
from throughfare_gate.gate.decision import Policy
from throughfare_gate.gate.model import Boarding
from throughfare_gate.gate.words import Names
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.products import THROUGH, ProductRule
from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.ticket.status_changes import Mark
from ticketing.gate.credentials import Recognised
from ticketing.regions import Sailings
from ticketing.tickets.issue import Press
from ticketing.tickets.keys import KeyStore

STATUS_BITS = {
    "valid": status_list.VALID,
    "revoked": status_list.INVALID,
    "suspended": status_list.SUSPENDED,
    "replaced": status_list.REPLACED,
}
_RULES = {THROUGH.code: THROUGH.rule}


@dataclass(frozen=True, slots=True)
class Signed:
    """A status list as it was signed, with the state that it tells.

    As long as the changes since `watched` come to the same `mark`, nothing in it has changed.
    """

    state: str
    at: datetime
    token: str
    kid: str
    watched: datetime
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatehouse:
    """The tools of the gates' room. `accept_demo` lets tickets pass that pretended money has paid.

    `rules` by product code, `policies` and time zones by operator; `boarding` by operator and product how tickets are taken
    on board that are bound to one of its `sailings`; `categories` spells fare categories out, `names` says what people call them and operators; `clocks` are the zones of regions, by which papers tell hours; `continuations` are the agreements of a region by which operators take each other's passengers; `signed` keeps the status lists of this
    process for as long as they hold, `live` which lists there are, `recognised` the gates that have called it.
    """

    database: Database
    clock: Clock
    keys: KeyStore
    press: Press
    accept_demo: bool
    rules: Mapping[str, ProductRule] = field(default_factory=lambda: dict(_RULES))
    policies: Mapping[str, Policy] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    boarding: Mapping[str, Mapping[str, Boarding]] = field(default_factory=dict)
    sailings: Sailings = field(default_factory=Sailings)
    categories: Mapping[str, str] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    continuations: Mapping[str, Sequence[Continuation]] = field(default_factory=dict)
    clocks: Mapping[str, str] = field(default_factory=dict)
    signed: dict[str, Signed] = field(default_factory=dict)
    live: dict[str, tuple[datetime, list[str]]] = field(default_factory=dict)
    recognised: Recognised[Any] = field(default_factory=Recognised)

    def givers(self, taker: str) -> list[tuple[str, str]]:
        """List the operators whose passengers an operator takes by some agreement, each with its region."""
        givers: set[tuple[str, str]] = set()
        for region, agreements in self.continuations.items():
            for agreement in agreements:
                givers.update((region, name) for name in agreement.givers if agreement.joins(name, taker))
        return sorted(givers)

    def takes_missed(self, region: str, giver: str, taker: str) -> bool:
        """Tell whether an operator takes those who have missed a departure of another, by some agreement."""
        agreements = self.continuations.get(region, ())
        return any(BROKEN in one.when and one.joins(giver, taker) for one in agreements)

    def continuation(
        self, region: str, giver: str, taker: str, day: date, broken_by: str | None = None
    ) -> Continuation | None:
        """Find the agreement by which an operator takes the passengers of another on a service day.

        With `broken_by` those who have missed its departure by a ride of that operator.
        """
        return between(self.continuations.get(region, ()), giver, taker, day, broken_by=broken_by)

    def policy(self, operator: str) -> Policy:
        """The policy of an operator's gates."""
        return replace(self.policies.get(operator, Policy()), accept_demo=self.accept_demo)

    def offsets(self, operator: str, now: datetime) -> tuple[tuple[int, int], ...]:
        """The local clock of an operator, by which rules count days and sentences tell hours; UTC where no zone is said."""
        timed = any(rule.is_timed for rule in self.rules.values())
        if not timed and operator not in self.boarding and operator not in self.zones:
            return ()
        return local_offsets(ZoneInfo(self.zones.get(operator, "UTC")), now)
