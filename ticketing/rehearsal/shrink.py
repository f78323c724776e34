"""Look for the smallest journey that still falls: fewer passengers, fewer steps, nothing special."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ticketing.rehearsal.journey import Fault, Journey, Record

_TRIES = 12
_KINDS = 10
# Numbers, ids of stops and things, and what a gate said beside its decision.
_SPECIAL = re.compile(r"\S*[\dA-Z]\S*|\(.*?\)")

PlayOne = Callable[[Journey], Record]


@dataclass(frozen=True, slots=True)
class Fallen:
    """One way to fall: the smallest fault of its kind so far, and how often it was seen."""

    fault: Fault
    times: int

    def told(self) -> Fault:
        """The fault with how often it was seen."""
        often = f" (seen {self.times} times)" if self.times > 1 else ""
        return replace(self.fault, message=f"{self.fault.message}{often}")


def signature(fault: Fault) -> str:
    """Return the common part of two faults that are the same: their words without numbers, ids and rider categories."""
    words = _SPECIAL.sub("#", fault.message)
    for rider in sorted(set(fault.journey.riders) if fault.journey else ()):
        words = words.replace(rider, "*")
    return f"{fault.kind} {words}"


def grouped(faults: Sequence[Fault]) -> dict[str, Fallen]:
    """The faults by signature, each with its smallest journey."""
    found: dict[str, Fallen] = {}
    for fault in faults:
        known = found.get(signature(fault))
        smallest = fault if known is None or _size(fault) < _size(known.fault) else known.fault
        found[signature(fault)] = Fallen(smallest, known.times + 1 if known else 1)
    return found


def shrink(fallen: dict[str, Fallen], play: PlayOne) -> dict[str, Fallen]:
    """Play smaller journeys for each kind of fall, as long as they still fall in the same way."""
    found = dict(fallen)
    for name in list(fallen)[:_KINDS]:
        if fallen[name].fault.journey is not None:
            found[name] = replace(fallen[name], fault=_shrunk(name, fallen[name].fault, play))
    return found


def _shrunk(name: str, fault: Fault, play: PlayOne) -> Fault:
    tries, candidates = 0, _smaller(fault)
    while tries < _TRIES and (journey := next(candidates, None)) is not None:
        tries += 1
        again = next((one for one in play(journey).faults if signature(one) == name), None)
        if again is not None:
            fault, candidates = again, _smaller(again)
    return fault


def _smaller(fault: Fault) -> Iterator[Journey]:
    """Journeys that are a little smaller, the greatest steps first."""
    journey = fault.journey
    if journey is None:
        return
    riders = journey.riders
    if len(riders) > 1:
        yield from (replace(journey, riders=(rider,)) for rider in dict.fromkeys(riders))
        if len(riders) > 2:  # noqa: PLR2004  a pair is what comes before one
            yield replace(journey, riders=riders[: len(riders) // 2])
    if journey.kinds:
        yield replace(journey, kinds=())
    if journey.gates and fault.kind != "ticket_opens_its_gates":
        yield replace(journey, gates=False)
    if journey.ending != "travel":
        yield replace(journey, ending="travel")
        if journey.ending != "refund_all":
            yield replace(journey, ending="refund_all")
    plain = (
        replace(journey, brings=None),
        replace(journey, method="demo_ok"),
        replace(journey, stays=None),
        replace(journey, channel=None),
        replace(journey, code="each"),
        replace(journey, disrupted=False),
    )
    yield from (one for one in plain if one != journey)


def _size(fault: Fault) -> tuple[int, ...]:
    return fault.journey.size if fault.journey else ()
