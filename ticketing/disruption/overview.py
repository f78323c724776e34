"""Show staff what has happened to runs: present and recent events, and of one how far its word has come."""

from dataclasses import dataclass
from datetime import date, timedelta

from operators.gtfs.runs import Run
from tariffs.journey import Ride
from tariffs.money import Money
from ticketing.db.disruption import events, reach
from ticketing.db.disruption.events import DisruptionEvent
from ticketing.db.disruption.reach import Reach
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import STAFF, RunState
from ticketing.errors import NextDeparture, NotFound
from ticketing.regions import LiveDesk, by_staff, next_departures
from ticketing.regions.by_staff import Said
from ticketing.regions.marked_run import MarkedRun, marked, ride_of_run

# What staff say of a departure: that it does not go, goes late, or goes after all.
WAYS = ("cancelled", "late", "runs")
_DAYS_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """The last event of a run, and how many tickets it concerns; `run` names it as people know it, None without a timetable."""

    event: DisruptionEvent
    tickets: int
    run: MarkedRun | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One event of a run: its reach, what was given back since, the run's state, all its events, and what goes next.

    `refunds` are how many and how much, by currency; `said` are the words of staff on the run, the newest first. `then` is the
    next departure of the operator between the run's ends that is not known to be cancelled, `then_ride` the same to ask by.
    """

    event: DisruptionEvent
    reach: Reach
    refunds: tuple[tuple[int, Money], ...]
    run: MarkedRun | None
    state: RunState | None
    history: tuple[DisruptionEvent, ...]
    said: tuple[Said, ...]
    then: NextDeparture | None
    then_ride: Ride | None


@dataclass(frozen=True, slots=True)
class KnownRun:
    """The last word on a run, None where nobody has told anything."""

    state: RunState | None

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways in which staff may speak of it now; one that they have cancelled runs first, then it may be late."""
        state = self.state
        if state is None or state.source != STAFF or state.withdrawn_at is not None:
            return "cancelled", "late"
        return ("cancelled", "runs") if state.cancelled else WAYS


def list_happenings(desk: LiveDesk, region: str) -> list[Happening]:
    """List what has happened to the runs of the last seven days and of those to come, one row a run, the newest first."""
    since = (desk.clock.now() - _DAYS_BACK).date()
    with desk.database.read() as tx:
        newest = reach.list_recent(tx, region, since)
        tickets = reach.count_tickets(tx, [one.id for one in newest])
    return [
        Happening(event=one, tickets=tickets.get(one.id, 0), run=_named(desk, region, one.run))
        for one in newest
    ]


def get_happening(desk: LiveDesk, event_id: str) -> EventView:
    """Read one event with all that staff ask about it; raises NotFound."""
    now = desk.clock.now()
    with desk.database.read() as tx:
        event = events.find_event(tx, event_id)
        if event is None or event.region not in desk.regions:
            raise NotFound("there is no such event")
        region = event.region
        since = event.confirmed_at or event.first_seen
        refunds = reach.refunds_since(tx, event_id, since)
        counted = reach.reach_of(tx, event_id)
        state = run_states.find_run(tx, region, event.run)
        history = events.list_events(tx, region, event.run)
        ride = _ride(desk, region, event.run)
        data = desk.regions[region].data
        later = next_departures(tx, data, ride, now) if ride else ()
    said = by_staff.list_said(desk, region, event.operator) if event.operator in data.operators else []
    then = later[0] if later else None
    return EventView(
        event=event,
        reach=counted,
        refunds=tuple((count, Money(minor, currency)) for currency, count, minor in refunds),
        run=_named(desk, region, event.run),
        state=state,
        history=tuple(reversed(history)),
        said=tuple(one for one in said if (one.trip_id, one.day) == event.run[1:]),
        then=then,
        then_ride=_instead(ride, then) if ride and then else None,
    )


def find_run(desk: LiveDesk, region: str, operator: str, trip_id: str, day: date) -> KnownRun:
    """Read the last word on a run, also where it was taken back."""
    with desk.database.read() as tx:
        return KnownRun(run_states.find_run(tx, region, (operator, trip_id, day)))


def find_last_event(
    desk: LiveDesk, region: str, operator: str, trip_id: str, day: date
) -> DisruptionEvent | None:
    """Read the last event of a run; None where nobody holds a ticket for it, or all is as they know."""
    with desk.database.read() as tx:
        return events.last_event(tx, region, (operator, trip_id, day))


def _planned(desk: LiveDesk, region: str, run: run_states.RunKey) -> Run | None:
    data = desk.regions[region].data
    runs = desk.runs.of(data, run[0]) if run[0] in data.timetables else None
    named = runs.known.get(run[1]) if runs else None
    return Run(run[2], *named) if named else None


def _named(desk: LiveDesk, region: str, run: run_states.RunKey) -> MarkedRun | None:
    planned = _planned(desk, region, run)
    timetable = desk.regions[region].data.timetables.get(run[0])
    return marked(timetable, planned, 0) if planned and timetable else None


def _ride(desk: LiveDesk, region: str, run: run_states.RunKey) -> Ride | None:
    planned = _planned(desk, region, run)
    timetable = desk.regions[region].data.timetables.get(run[0])
    return ride_of_run(timetable, run[0], planned) if planned and timetable else None


def _instead(ride: Ride, then: NextDeparture) -> Ride:
    """The next departure as a ride, by which its operator is asked for free places."""
    return Ride(
        operator=ride.operator,
        trip_id=then.trip_id,
        route_id=ride.route_id,
        from_stop_id=ride.from_stop_id,
        to_stop_id=ride.to_stop_id,
        departure=then.departure,
        arrival=then.arrival,
        calls=ride.calls,
        mode=ride.mode,
    )
