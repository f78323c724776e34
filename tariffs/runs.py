"""A journey as runs: consecutive rides of one operator, as agreements and tariffs see them."""

from collections.abc import Collection, Sequence

from tariffs.agreements import Run
from tariffs.book import TariffBook
from tariffs.journey import Ride
from tariffs.taxes import Stretch


def runs_of(book: TariffBook, rides: Sequence[Ride], gaps: Collection[int] = ()) -> list[Run]:
    """Group consecutive rides of one operator: its own joins and transfers apply inside.

    Before each ride of `gaps` one goes that is not sold: no run reaches over it.
    """
    groups: list[list[int]] = []
    for index, ride in enumerate(rides):
        if groups and rides[groups[-1][-1]].operator == ride.operator and index not in gaps:
            groups[-1].append(index)
        else:
            groups.append([index])
    return [_run(book, rides, group) for group in groups]


def _run(book: TariffBook, rides: Sequence[Ride], group: list[int]) -> Run:
    first, last = rides[group[0]], rides[group[-1]]
    feed = book.feed_on(first.operator, first.departure.date())
    return Run(
        operator=first.operator,
        legs=tuple(group),
        networks=frozenset(feed.route_networks.get(rides[index].route_id) for index in group),
        from_areas=feed.areas_of(first.from_stop_id),
        to_areas=feed.areas_of(last.to_stop_id),
        modes=frozenset(rides[index].mode for index in group),
        ends=(first.from_stop_id, last.to_stop_id),
        metres=sum(metres for index in group for _, metres in rides[index].distance_m),
        departure_seconds=int(first.departure.timestamp()),
        arrival_seconds=int(last.arrival.timestamp()),
        first_day=first.departure.date(),
        last_day=last.arrival.date(),
    )


def stretches(ride: Ride) -> tuple[Stretch, ...]:
    """The parts of a ride by Member State; a ride that touches more than one is international."""
    scope = "international" if len(ride.distance_m) > 1 else "domestic"
    return tuple(
        Stretch(
            operator=ride.operator,
            member_state=state,
            mode=ride.mode,
            scope=scope,
            metres=metres,
            day=ride.departure.date(),
        )
        for state, metres in ride.distance_m
    )
