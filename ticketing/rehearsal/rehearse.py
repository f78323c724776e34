"""Rehearse a region: plan, play in the order of time, plan again for what was not reached, close, prove, report."""

import heapq
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from operators.region import RegionData
from ticketing.rehearsal import plan
from ticketing.rehearsal.days import Slot, days_of, slots
from ticketing.rehearsal.holder import Wallet
from ticketing.rehearsal.http import Client
from ticketing.rehearsal.journey import Call, Fault, Journey, Record
from ticketing.rehearsal.months import Close
from ticketing.rehearsal.plan import Aim, Planner
from ticketing.rehearsal.play import Play, has_agreement
from ticketing.rehearsal.shrink import grouped, shrink
from ticketing.rehearsal.stage import Stage
from ticketing.rehearsal.ways import Way

Told = Callable[[str, int, int], None]
_ROUNDS = 3


@dataclass(slots=True, kw_only=True)
class Result:
    """The findings of a rehearsal. `outcomes` say how the journeys ended, `faults` come with their smallest input."""

    region: str
    journeys: int = 0
    covered: dict[str, set[str]] = field(default_factory=dict)
    never_reached: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    months: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The contract's document."""
        return {
            "region": self.region,
            "journeys": self.journeys,
            "covered": {name: sorted(seen) for name, seen in sorted(self.covered.items())},
            "never_reached": self.never_reached,
            "faults": [fault.as_json() for fault in self.faults],
        }


def begins(region: RegionData) -> datetime:
    """Return the begin of a region's rehearsal: some days before the first journey."""
    return _scenes(region)[1]


def rehearse(
    region: RegionData, stage: Stage, *, journeys: int, seed: int, hear: Told = lambda *_: None
) -> Result:
    """Play `journeys` journeys on a stage and prove what they left behind."""
    rounds, _ = _scenes(region)
    result, client = Result(region=region.id), Client(stage.urls[None], _unheard)
    planner = Planner(region, seed, lambda aim, way: _reaches(client, next(iter(region.riders)), aim, way))
    labels = [slot.label for one in rounds for slot in one]
    wanted = plan.possible(region, labels, [name for name in stage.urls if name])
    open_aims: Sequence[Aim] = plan.aims(region)
    for at, scene in enumerate(rounds):
        count = journeys - result.journeys if at == len(rounds) - 1 else journeys * (3 - at) // 5
        planned = planner.plan(open_aims, scene, min(count, journeys - result.journeys))
        for record in play_all(stage, planned, hear):
            _note(result, record)
        open_aims = _missed(plan.aims(region), result)
    client.close()
    close = Close(stage, region.id, max((record.until for record in result.records), default=begins(region)))
    result.faults += close.run()
    result.months = close.closed
    result.faults += [Fault("processes_are_well", trouble) for trouble in stage.troubles()]
    result.never_reached = wanted.never(result.covered)
    return result


def play_smaller(stage: Stage, faults: Sequence[Fault]) -> list[Fault]:
    """The same faults by the smallest journeys that still fall, each kind once; the stage is a fresh one."""

    def play(journey: Journey) -> Record:
        return next(play_all(stage, [journey], lambda *_: None))

    return [fallen.told() for fallen in shrink(grouped(faults), play).values()]


def play_all(stage: Stage, journeys: Sequence[Journey], tell: Told) -> Iterator[Record]:
    """Play them in the order of time, each going on at its moments; yields each record when it is over."""
    clients = {channel: Client(url, _unheard) for channel, url in stage.urls.items()}
    order, wallet = itertools.count(), Wallet()
    waiting: list[tuple[datetime, int, Play, Iterator[datetime]]] = []
    for journey in journeys:
        play = Play(stage, journey, clients[journey.channel if journey.channel in clients else None], wallet)
        steps = play.run()
        heapq.heappush(waiting, (next(steps), next(order), play, steps))
    clock, done = None, 0
    while waiting:
        moment, _, play, steps = heapq.heappop(waiting)
        if clock is None or moment > clock:
            stage.move_clock(moment)
            clock = moment
        following = next(steps, None)
        if following is not None:
            heapq.heappush(waiting, (max(following, clock), next(order), play, steps))
            continue
        done += 1
        tell("playing journeys", done, len(journeys))
        yield play.finish()
    for client in clients.values():
        client.close()


def _reaches(client: Client, rider: str, aim: Aim, way: Way) -> bool:
    """Ask the service whether a way is priced as an aim wants it; True for an aim that wants no agreement."""
    wish: dict[str, Any] = {
        "from": {"stop_id": way.origin},
        "to": {"stop_id": way.destination},
        "depart_at": way.depart_at.isoformat(),
        "passengers": [{"ref": "p1", "rider_category": rider}],
    }
    if way.stays:
        wish["via"] = {"stop_id": way.stays[0], "stay_minutes": way.stays[1]}
    if aim.name.startswith("operator "):
        return True
    answer = client.post("/v1/journeys", wish)
    return answer.ok and any(
        has_agreement(one, aim.name) for one in answer.body["itineraries"] if one["offer_id"]
    )


def _unheard(_call: Call) -> None:
    """Hear nothing: each play sets its own ear before it calls."""


def _scenes(region: RegionData) -> tuple[list[list[Slot]], datetime]:
    """The rounds with their days, and when the first of them begins to be bought."""
    first, last = days_of(region.timetables.values())
    zone = next(iter(region.timetables.values())).timezone
    rounds = slots(first, last, zone, _ROUNDS)
    begin = datetime.combine(rounds[0][0].day - timedelta(days=4), time(6), UTC)
    return rounds, begin


def _missed(aims: Sequence[Aim], result: Result) -> list[Aim]:
    """The aims that have not been reached yet."""
    return [aim for aim in aims if _is_missed(aim, result)]


def _is_missed(aim: Aim, result: Result) -> bool:
    if not _is_reached(aim, result):
        return True
    if aim.brings and not _is_brought(aim.brings, result):
        return True
    return bool(aim.channel) and aim.channel not in result.covered.get("channels", ())


def _is_brought(brings: str, result: Result) -> bool:
    """Tell whether somebody has travelled with the pass or the proof that an aim asks for."""
    held = {f"pass:{name}" for name in result.covered.get("passes", ())}
    proven = result.covered.get("claims", set())
    return brings in held or brings.rpartition(":")[2].partition(" ")[0] in proven


def _is_reached(aim: Aim, result: Result) -> bool:
    """Tell whether its agreement or carrier was reached."""
    agreements, operators = (result.covered.get(name, set()) for name in ("agreements", "operators"))
    kind, _, name = aim.name.partition(" ")
    if kind == plan.COMPANY:
        return name in result.covered.get("company", ())
    if aim.kind:
        return aim.kind in result.covered.get("places", ())
    return name in operators if kind == "operator" else bool(aim.brings) or aim.name in agreements


def _note(result: Result, record: Record) -> None:
    result.journeys += 1
    result.records.append(record)
    result.faults += record.faults
    outcome = record.outcome.split(":")[0]
    result.outcomes[outcome] = result.outcomes.get(outcome, 0) + 1
    for dimension, seen in record.covered.items():
        result.covered.setdefault(dimension, set()).update(seen)
