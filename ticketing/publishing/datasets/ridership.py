"""Count rides by stop group: by hour and day, by month, and by week with few rides of each ticket."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from ticketing.db import Transaction
from ticketing.db.publishing import facts
from ticketing.publishing.datasets.dataset import Dataset, Part, Table
from ticketing.publishing.datasets.places import StopGroup, group_of_stops, stop_groups
from ticketing.publishing.desk import Month
from ticketing.publishing.privacy import MICRO, Contribution, Rule, clamp_weekly, week_of
from ticketing.publishing.privacy.protecting import Key
from ticketing.regions import Region

_HOURS = tuple(f"{hour:02}" for hour in range(24))
# So many rides of one ticket count in one week; one ticket that becomes another changes twice as many counts.
MOST_OF_A_TICKET = 4
# Ten at least, and so high that noise alone shows a number in fewer than one empty cell of a hundred.
_THRESHOLD, _OF_TOTALS, _OF_WEEKS = 10, 20, 40
# One ride that becomes another one leaves a cell and enters one.
_RIDE = 2
_MEANING = (
    "One count is one boarding: one use of one person's ticket that a gate or an inspector accepted (a ride, a change on the same "
    "ticket, or a check-in), at the stop of the gate, or where the gate is on board at the stop where the ride was sold to begin, "
    "in the hour of the clock there. A boarding at no known stop is not counted, nor are people without a ticket of this scheme. "
    "One alighting is the end of such a ride where it was sold to end; no gate has seen it."
)


def _boarded(tx: Transaction, region: Region, month: Month) -> Iterator[tuple[StopGroup, datetime, str]]:
    """Yield the boardings around a month: the stop group, the local time, and the ticket."""
    by_stop = group_of_stops(stop_groups(region.data))
    for boarding in facts.list_boardings(tx, region.data.id, *month.span):
        group = by_stop.get(f"{boarding.operator}:{boarding.gate_stop or boarding.sold_stop}")
        if group is not None:
            yield group, boarding.at.astimezone(group.zone), boarding.jti


def _alighted(tx: Transaction, region: Region, month: Month) -> Iterator[str]:
    """Yield the stop group where each ride of a month was sold to end."""
    by_stop = group_of_stops(stop_groups(region.data))
    for boarding in facts.list_boardings(tx, region.data.id, *month.span):
        group = by_stop.get(f"{boarding.operator}:{boarding.sold_end}")
        if group is None or boarding.arrives_at is None:
            continue
        if Month.of(boarding.arrives_at.astimezone(group.zone).date()) == month:
            yield group.id


def _of_hours(tx: Transaction, region: Region, month: Month) -> Mapping[str, Table]:
    groups, days = stop_groups(region.data), [day.isoformat() for day in month.days]
    hours: Counter[Key] = Counter()
    for group, at, _ in _boarded(tx, region, month):
        hours[group.id, at.date().isoformat(), f"{at:%H}"] += 1
    known = set(days)
    totals: Counter[Key] = Counter()
    for (group_id, day, _), count in hours.items():
        if day in known:
            totals[(group_id,)] += count
    ends: Counter[Key] = Counter()
    ends.update((group_id,) for group_id in _alighted(tx, region, month))
    domain = [(group.id, *slot) for group in groups for slot in itertools.product(days, _HOURS)]
    return {
        "hours": Table(domain, hours),
        "months": Table([(group.id,) for group in groups], totals),
        "alightings": Table([(group.id,) for group in groups], ends),
    }


def _of_weeks(tx: Transaction, region: Region, month: Month) -> Mapping[str, Table]:
    contributions = (
        Contribution(at, group.id, jti, at.date()) for group, at, jti in _boarded(tx, region, month)
    )
    weeks: Counter[Key] = Counter()
    weeks.update((one.place, one.week) for one in clamp_weekly(contributions, MOST_OF_A_TICKET))
    names = [week_of(monday) for monday in month.mondays]
    domain = [(group.id, week) for group in stop_groups(region.data) for week in names]
    return {"weeks": Table(domain, weeks)}


RIDERSHIP = Dataset(
    name="ridership",
    title="Boardings by stop group, day and hour",
    meaning=_MEANING,
    parts=(
        Part(
            name="hours",
            columns=("stop_group", "date", "hour"),
            number="boardings",
            rule=Rule(unit="one ride", sensitivity=_RIDE, epsilon_micro=MICRO, threshold=_THRESHOLD),
        ),
        Part(
            name="months",
            columns=("stop_group",),
            number="boardings",
            rule=Rule(unit="one ride", sensitivity=_RIDE, epsilon_micro=MICRO // 2, threshold=_OF_TOTALS),
        ),
        Part(
            name="alightings",
            columns=("stop_group",),
            number="alightings",
            rule=Rule(unit="one ride", sensitivity=_RIDE, epsilon_micro=MICRO // 2, threshold=_OF_TOTALS),
        ),
    ),
    read=_of_hours,
)
RIDERSHIP_WEEKS = Dataset(
    name="ridership-weeks",
    title="Boardings by stop group and week, with at most four of each ticket",
    meaning=f"{_MEANING} At most {MOST_OF_A_TICKET} boardings of one ticket count in one week, its first ones.",
    parts=(
        Part(
            name="weeks",
            columns=("stop_group", "week"),
            number="boardings",
            rule=Rule(
                unit="one ticket in one week",
                sensitivity=2 * MOST_OF_A_TICKET,
                epsilon_micro=MICRO,
                threshold=_OF_WEEKS,
            ),
        ),
    ),
    read=_of_weeks,
)
