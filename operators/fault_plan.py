"""The fault plan of a simulator: which call fails, how, and when; counted or drawn from a seed."""

import random
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

# `before` and `after` say whether the work is done: nobody who only sees the failure can tell.
FaultKind = Literal[
    "error_before", "error_after",  # 500
    "reset_before", "reset_after",  # the connection is cut without an answer
    "hang_before", "hang_after",  # never answered
    "slow",  # done, answered late
    "late",  # done late, after the caller may have given up
    "drip",  # done, answered byte by byte
    "duplicate",  # the request is carried out twice, the second answer is given
    "refuse",  # a refusal of the protocol; `detail` is its code
    "unavailable",  # 503
    "rate_limit",  # 429
    "unauthorised",  # 401
    "redirect",  # 302 to another place
    "malformed",  # done, answered with what is no JSON
    "truncated",  # done, the answer is cut in the middle
    "huge",  # done, answered with far too much
    "wrong_identity",  # done, answered with another booking's id
    "price",  # done, the price differs by one minor unit
    "not_found",  # 404
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(FaultKind)


@dataclass(frozen=True, slots=True)
class Fault:
    """`nth` counts the calls of its name from 1; None means every one. `seconds` is how slow `slow` is."""

    call: str
    kind: FaultKind
    nth: int | None = None
    seconds: float = 0.3
    detail: str = ""


@dataclass(slots=True, kw_only=True)
class FaultPlan:
    """Planned faults first; then, with a `rate`, random ones of `kinds` from the seed."""

    faults: list[Fault] = field(default_factory=list)
    seed: int = 0
    rate: float = 0.0
    kinds: tuple[FaultKind, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    _random: random.Random = field(default_factory=lambda: random.Random(0))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def from_json(cls, document: Any) -> "FaultPlan":
        """Read a plan: `{"faults": [{"call", "kind", "nth"}], "seed", "rate", "kinds"}`; raises ValueError."""
        if not isinstance(document, dict) or not document.keys() <= {"faults", "seed", "rate", "kinds"}:
            raise ValueError("a fault plan has faults, seed, rate and kinds")
        faults = [_fault(row) for row in document.get("faults", [])]
        seed, rate = document.get("seed", 0), document.get("rate", 0)
        if type(seed) is not int or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise ValueError("seed is a whole number, rate a number from 0 to 1")
        kinds = tuple(_kind(kind) for kind in document.get("kinds", ()))
        return cls(faults=faults, seed=seed, rate=float(rate), kinds=kinds, _random=random.Random(seed))

    def next(self, call: str) -> Fault | None:
        """Count a call and say how it fails, if it does."""
        with self._lock:
            self.counts[call] += 1
            for fault in self.faults:
                if fault.call in {call, "*"} and fault.nth in {None, self.counts[call]}:
                    return fault
            if self.kinds and self._random.random() < self.rate:
                return Fault(call, self._random.choice(self.kinds), self.counts[call])
        return None

    def as_json(self) -> dict[str, Any]:
        """The plan with its counters, for the inspection page."""
        return {
            "faults": [asdict(fault) for fault in self.faults],
            "seed": self.seed,
            "rate": self.rate,
            "kinds": list(self.kinds),
            "counts": dict(self.counts),
        }


def plan(faults: Iterable[Fault]) -> FaultPlan:
    """A plan of counted faults."""
    return FaultPlan(faults=list(faults))


def _fault(row: Mapping[str, Any]) -> Fault:
    if not isinstance(row, dict) or not row.keys() <= {"call", "kind", "nth", "seconds", "detail"}:
        raise ValueError("a fault has call, kind, nth, seconds and detail")
    nth, seconds = row.get("nth"), row.get("seconds", 0.3)
    if not isinstance(row.get("call"), str) or not (nth is None or type(nth) is int):
        raise ValueError("call is a name, nth a whole number")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= 60:  # noqa: PLR2004  a simulator that ends
        raise ValueError("seconds is a number from 0 to 60")
    return Fault(row["call"], _kind(row.get("kind")), nth, float(seconds), str(row.get("detail", "")))


def _kind(value: Any) -> FaultKind:
    if value not in KINDS:
        raise ValueError(f"{value!r} is not one of {', '.join(KINDS)}")
    return value  # type: ignore[no-any-return]  # it is one of them
