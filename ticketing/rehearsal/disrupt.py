"""Disrupt a run of a journey that is paid for: its operator cancels, delays, leaves a call out, wavers and goes after all.

Staff say so by the command line and by the API, both of which count as one; an operator with a feed says so by its stand-in,
which the worker asks. Whoever holds a ticket
for the run hears each thing once, nobody else hears anything, nobody can buy it, its money comes back whole, and what was said
is proven.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Literal

from ticketing.rehearsal import invariants
from ticketing.rehearsal.gates import Gates
from ticketing.rehearsal.http import Client
from ticketing.rehearsal.journey import Journey, Record
from ticketing.rehearsal.stage import FeedWord, Purchase, Run, Stage

Way = Literal["cancel", "late", "waver", "feed_cancel", "feed_skip"]
_BY_STAFF: tuple[Way, ...] = ("cancel", "late", "waver")
_BY_FEED: tuple[Way, ...] = ("feed_cancel", "feed_skip", "cancel", "late", "waver")
# Some of its words are commands, which are processes of their own and take seconds.
_MOST = 10
_LATE_MINUTES = 95
_STEP = timedelta(seconds=50)
# As often the clock goes on by a step until a feed is believed: after half a minute, or two minutes once it was taken back.
_STEPS = 8
_PATIENCE_SECONDS, _PAUSE_SECONDS = 6.0, 0.3
_TOLD = {
    "cancel": "journey.cancelled",
    "feed_cancel": "journey.cancelled",
    "feed_skip": "journey.call_skipped",
}
_RESTORED = "journey.service_restored"
_IS_LATE = ("journey.delayed", "journey.connection_broken")


@dataclass(slots=True)
class Disrupting:
    """One disruption of a run of a journey, whatever way it takes; it goes as planned again in the end."""

    stage: Stage
    journey: Journey
    http: Client
    record: Record
    gates: Gates

    def play(self, holders: list[Purchase]) -> Iterator[datetime]:
        """Disrupt a run that nobody but the holders has bought, and say what was broken."""
        bought = holders[0]
        at = self._choose(holders)
        if at is None:
            return
        ride = bought.rides[at]
        run = run_of(ride)
        ways = _BY_FEED if ride["operator"] in self.stage.feeds else _BY_STAFF
        way = ways[sum(one[0] == run[0] for one in self.stage.disrupted) % len(ways)]
        self.stage.disrupted.add(run)
        self.record.cover(disruptions=way)
        if way in _TOLD:
            yield from self._does_not_run(way, run, holders, at)
        else:
            self._late_or_wavering(way, run, holders)
        self.record.hold("nobody_else_hears", self._others(run))
        for holder in holders:
            words = self._told(holder, run)
            self.record.hold("nobody_hears_twice", invariants.nothing_twice(words))

    def _choose(self, holders: list[Purchase]) -> int | None:
        """The first ride whose run nobody else has bought and nobody has disrupted; None where there is none, or it is enough."""
        if len(self.stage.disrupted) >= _MOST:
            return None
        elsewhere = [one for one in self.stage.bought if one not in holders]
        others = {run for one in elsewhere for run in runs_of(one)}
        late = set(self.stage.late)
        # A feed says more than staff: its rides come first.
        rides = sorted(
            enumerate(holders[0].rides), key=lambda one: one[1]["operator"] not in self.stage.feeds
        )
        for at, ride in rides:
            run = run_of(ride)
            ahead = datetime.fromisoformat(ride["departure"]) > self.gates.now + _STEP * (2 * _STEPS + 2)
            if ahead and run not in others | self.stage.disrupted and run[1] not in late:
                return at
        return None

    def _does_not_run(self, way: Way, run: Run, holders: list[Purchase], at: int) -> Iterator[datetime]:
        """The run is cancelled, or leaves out the stop where the holders board; then all is given back, or it goes after all."""
        wanted = [_TOLD[way]]
        if way == "cancel":
            self._command("cancel", run)
            self._say("cancelled", run)
        else:
            yield from self._by_feed(way, run, holders, at)
        for holder in holders:
            self.record.hold("holders_hear", invariants.heard(wanted, self._told(holder, run)))
            self._is_given_back_whole(holder, at)
        self._is_sold_no_more(run)
        if way == "cancel":
            self._is_proven(run, "cancelled", None)
        if way == "cancel":
            self._say("as_planned", run)
        else:
            self.stage.tell_feed(run[0], [])
            yield from self._await(holders, run, [*wanted, _RESTORED])
        for holder in holders:
            self.record.hold("holders_hear", invariants.heard([*wanted, _RESTORED], self._told(holder, run)))

    def _by_feed(self, way: Way, run: Run, holders: list[Purchase], at: int) -> Iterator[datetime]:
        """Have the feed say it, and wait until it is believed."""
        word: FeedWord = {"trip_id": run[1], "day": run[2], "cancelled": way == "feed_cancel"}
        if way == "feed_skip":
            place = self.stage.sequence(run[0], run[1], holders[0].rides[at]["from"]["stop_id"])
            word["calls"] = [] if place is None else [[place, None]]
        self.stage.tell_feed(run[0], [word])
        yield from self._await(holders, run, [_TOLD[way]])

    def _late_or_wavering(self, way: Way, run: Run, holders: list[Purchase]) -> None:
        """The run is late and then is not, or is cancelled and goes after all by turns; each word of staff counts at once."""
        if way == "late":
            self._command("late", run, str(_LATE_MINUTES))
            self._say("late", run)
            self._is_proven(run, "at", _LATE_MINUTES * 60)
            self._command("cancel", run, "--undo")
            wanted = ["late", _RESTORED]
        else:
            for state in ("cancelled", "as_planned") * 2:
                self._say(state, run)
            wanted = [_TOLD["cancel"], _RESTORED] * 2
        for holder in holders:
            words = ["late" if kind in _IS_LATE else kind for kind in self._told(holder, run)]
            self.record.hold("holders_hear", invariants.heard(wanted, words))

    def _await(self, holders: list[Purchase], run: Run, wanted: list[str]) -> Iterator[datetime]:
        """Let the clock go on until the last holder has heard, or it takes too long."""
        for _ in range(_STEPS):
            yield from self.gates.until(self.gates.now + _STEP)
            give_up = time.monotonic() + _PATIENCE_SECONDS
            while time.monotonic() < give_up:
                if all(len(self._told(one, run)) >= len(wanted) for one in holders):
                    return
                time.sleep(_PAUSE_SECONDS)

    def _say(self, state: str, run: Run) -> None:
        """Say something of the run as an operator's system does."""
        word = {"state": state, "minutes": _LATE_MINUTES} if state == "late" else {"state": state}
        operator, trip, day = run
        path = f"/v1/operators/{operator}/departures/{trip}/{day}?region={self.stage.region}"
        reply = self.http.put(path, word, self.stage.staff[operator])
        if not reply.ok:
            self.record.fault("staff_can_say_it", f"{reply.status} {reply.detail}")

    def _command(self, command: str, run: Run, *words: str) -> None:
        """Say something of the run as staff do."""
        line = ["operators", command, *run, *words, "--by", "rehearsal"]
        code, said = self.stage.command(line, "")
        if code:
            self.record.fault("staff_can_say_it", said)

    def _told(self, holder: Purchase, run: Run) -> list[str]:
        """The events of an order that are about a run, as whoever holds its key reads them."""
        reply = self.http.get(f"{holder.path}/events", holder.key)
        happened = reply.body["events"] if reply.ok else []
        return [one["type"] for one in happened if invariants.is_about(one, run)]

    def _others(self, run: Run) -> list[str]:
        """List the orders that have no ticket for a run and hear of it all the same."""
        others = [one for one in self.stage.bought if run not in runs_of(one)]
        return [
            f"{one.path} has no ticket for {' '.join(run)} and hears {', '.join(words)}"
            for one in others
            if (words := self._told(one, run))
        ]

    def _is_given_back_whole(self, holder: Purchase, at: int) -> None:
        """Ask what would come back for the leg that does not run: all of it, without a fee."""
        who = [row["ref"] for row in holder.order["passengers"]]
        offered = self.http.post(
            f"{holder.path}/refund-offers", {"passengers": who, "legs": [at]}, holder.key
        )
        broken = invariants.is_whole(offered.body) if offered.ok else [f"{offered.status} {offered.detail}"]
        self.record.hold("a_leg_that_does_not_run_is_given_back_whole", broken)

    def _is_sold_no_more(self, run: Run) -> None:
        """Search for the same way again: the run is not sold where it was."""
        wish = {
            "from": {"stop_id": self.journey.origin},
            "to": {"stop_id": self.journey.destination},
            "depart_at": self.journey.depart_at.isoformat(),
            "passengers": [{"ref": "p1", "rider_category": self.journey.riders[0]}],
        }
        reply = self.http.post("/v1/journeys", wish)
        if reply.ok:
            self.record.hold(
                "what_does_not_run_is_not_sold", invariants.is_not_sold(reply.body["itineraries"], run)
            )

    def _is_proven(self, run: Run, outcome: str, late_seconds: int | None) -> None:
        """Ask for the evidence of the run, as a claim would months later."""
        code, said = self.stage.command(["operators", "evidence", self.stage.region, *run, "--json"], "")
        broken = (
            [f"it answers {code}: {said[-300:]}"]
            if code
            else invariants.proves(json.loads(said), outcome, late_seconds)
        )
        self.record.hold("evidence_proves_it", broken)


# The name of the run of a ride: operator, trip, day of the timetable.
run_of: Callable[[Any], Run] = itemgetter("operator", "trip_id", "service_date")


def runs_of(bought: Purchase) -> set[Run]:
    """The runs that a purchase was for."""
    return {run_of(ride) for ride in bought.rides}
