"""One journey of a rehearsal as a value: who goes where and when, what is bought, how it ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Ending = Literal[
    "travel",
    "refund_all",
    "refund_passenger",
    "refund_leg",
    "refund_legs_in_turn",
    "exchange",
    "exchange_chain",
    "unpaid",
    "late_refund",
]
ENDINGS: tuple[Ending, ...] = (
    "travel",
    "refund_all",
    "refund_passenger",
    "refund_leg",
    "refund_legs_in_turn",
    "exchange",
    "exchange_chain",
    "unpaid",
    "late_refund",
)


# A code for everybody, or one for the people of the order.
CODES = ("each", "group")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The journey to play. `origin` and `destination` are `<operator>:<stop_id>`; `operators` is the wanted order of carriers.

    `riders` are the scheme's categories, the first one buys. `brings` is what the buyer's account holds: a claim
    (`claim:…`) or a pass (`pass:…`). `kinds` are the kinds of places of what they take along. `stays` is a stop on the way and the minutes to wait there at least.
    `code` is `group` where one code stands for all people. One that is `disrupted` has a run that does not go as planned, and then does.
    """

    number: int
    aim: str
    day: str
    origin: str
    destination: str
    depart_at: datetime
    operators: tuple[str, ...]
    stays: tuple[str, int] | None = None
    riders: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    ending: Ending = "travel"
    lead_minutes: int = 120
    channel: str | None = None
    brings: str | None = None
    method: str = "demo_ok"
    gates: bool = True
    code: str = "each"
    disrupted: bool = False

    def as_json(self) -> dict[str, Any]:
        """The input of a fault, so that somebody can play it by hand."""
        return {
            "from": self.origin,
            "to": self.destination,
            "depart_at": self.depart_at.isoformat(),
            "operators": list(self.operators),
            "stays": list(self.stays) if self.stays else None,
            "riders": list(self.riders),
            "kinds": list(self.kinds),
            "ending": self.ending,
            "bought_minutes_before": self.lead_minutes,
            "sale_channel": self.channel,
            "brings": self.brings,
            "method": self.method,
            "gates": self.gates,
            "code": self.code,
            "disrupted": self.disrupted,
            "aim": self.aim,
        }

    @property
    def size(self) -> tuple[int, int, int, int]:
        """The amount that a person has to read of it: the fewer passengers, rides and steps, the smaller."""
        return (
            len(self.riders) + len(self.kinds),
            len(self.operators),
            0 if self.ending == "travel" else ENDINGS.index(self.ending),
            sum(
                (
                    self.gates,
                    self.brings is not None,
                    self.method != "demo_ok",
                    self.code != "each",
                    self.disrupted,
                )
            ),
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """An invariant that did not hold: its name, what was seen, and by which journey (None: by all of them together)."""

    kind: str
    message: str
    journey: Journey | None = None

    def as_json(self) -> dict[str, Any]:
        """The fault as the contract writes it."""
        return {
            "kind": self.kind,
            "message": self.message,
            "input": self.journey.as_json() if self.journey else {},
        }


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API and how it was answered; `code` is the problem's, empty where there was none."""

    method: str
    route: str
    status: int
    code: str = ""
    detail: str = ""


@dataclass(slots=True, kw_only=True)
class Record:
    """The record of a journey while it was played."""

    journey: Journey
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    covered: dict[str, set[str]] = field(default_factory=dict)
    orders: list[str] = field(default_factory=list)
    outcome: str = "not played"
    until: datetime = _LONG_AGO

    def cover(self, **seen: str | None) -> None:
        """Note that something of a dimension was reached."""
        for dimension, value in seen.items():
            if value is not None:
                self.covered.setdefault(dimension, set()).add(value)

    def fault(self, kind: str, message: str) -> None:
        """Note that an invariant did not hold."""
        self.faults.append(Fault(kind, message, self.journey))

    def hold(self, kind: str, broken: Mapping[str, str] | list[str]) -> None:
        """Note every sentence that an invariant answered."""
        for message in broken:
            self.fault(kind, message)
