"""List the events of an order from its own history and that of its runs, for those who poll: nothing is stored for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ticketing.db.disruption import events, place_holds, reroutings
from ticketing.db.disruption.events import AffectedTicket, DisruptionEvent
from ticketing.db.disruption.place_holds import PlaceHold
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.db.rights import claims
from ticketing.db.rights.claims import ClaimStep
from ticketing.disruption import ASKS, GRAVEST_FIRST
from ticketing.notices.post_office import PostOffice
from ticketing.purchase import service as purchase
from ticketing.purchase.till import OrderState
from ticketing.regions.note import in_language

_TOLD_OF_CLAIMS = frozenset({"decided", "needs_account", "paid", "refused"})


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an order: `id` never changes, `type` is like `order.ticketed` or `refund.confirmed`, `at` is when it became so."""

    id: str
    type: str
    at: datetime
    data: dict[str, str]


def list_events(office: PostOffice, order_id: str, language: str = "en") -> list[Event]:
    """List the events of an order, oldest first: its states, its refunds, its claims, and what happened to the runs of its legs.

    What staff have written of a run is in the given language, or else in English.
    """
    state = purchase.get_order(office.till, order_id)
    with office.database.read() as tx:
        of_runs = events.list_of_order(tx, order_id)
        rows = events.list_affected_of(tx, {one.id for one in of_runs}, [order_id])
        steps = claims.list_steps_of_order(tx, order_id)
        choices = reroutings.list_of_order(tx, order_id)
        holds = place_holds.list_of_order(tx, order_id)
    url = office.options_url(order_id)
    happened = [
        *_of_order(state),
        *_of_claims(order_id, steps),
        *_of_runs(order_id, of_runs, _concerned(rows, url), language),
        *_of_moves(order_id, choices),
        *_of_holds(order_id, holds, url),
    ]
    return sorted(happened, key=lambda one: (one.at, one.id))


def position_of(events: Sequence[Event]) -> str | None:
    """Name the place behind all of these events, for who asks again; None where there are none."""
    return f"{len(events)}.{events[-1].id}" if events else None


def list_behind(events: Sequence[Event], position: str | None) -> Sequence[Event]:
    """List the events behind a place. Where the events before it are no longer the same, as when two became true at once, all are listed."""
    count, _, last = (position or "").partition(".")
    known = int(count) if count.isascii() and count.isdigit() else 0
    is_same = 0 < known <= len(events) and events[known - 1].id == last
    return events[known:] if is_same else events


def _concerned(rows: Sequence[AffectedTicket], options_url: str) -> dict[str, dict[str, str]]:
    """Name by event the leg that it concerns, the gravest one, as webhooks do, and the address of the options where there are any."""
    gravest = sorted(rows, key=lambda row: GRAVEST_FIRST.index(row.why), reverse=True)
    return {
        row.event_id: {"leg": str(row.leg), **({"options_url": options_url} if row.why in ASKS else {})}
        for row in gravest
    }


def _of_runs(
    order_id: str,
    events_told: Sequence[DisruptionEvent],
    concerned: Mapping[str, dict[str, str]],
    language: str,
) -> list[Event]:
    """The events of runs; `concerned` has by event its leg, and where holders may choose how they go on."""
    return [
        Event(
            one.id,
            f"journey.{one.kind}",
            one.confirmed_at or one.last_seen,
            {
                "order_id": order_id,
                "operator": one.operator,
                "trip_id": one.trip_id,
                "service_date": one.service_date.isoformat(),
                **concerned.get(one.id, {}),
                **_note(one, language),
            },
        )
        for one in events_told
    ]


def _of_claims(order_id: str, steps: Sequence[tuple[str, ClaimStep]]) -> list[Event]:
    """The ends of a claim, that it was decided, and that it needs an account; what lies between is no news for its holder."""
    times: dict[str, int] = {}
    happenings: list[Event] = []
    for claim_id, step in steps:
        if step.state not in _TOLD_OF_CLAIMS:
            continue
        name = f"{claim_id}:{step.state}"
        times[name] = times.get(name, 0) + 1
        # A transfer may come back, and the account be asked for again.
        event_id = name if times[name] == 1 else f"{name}:{times[name]}"
        data = {"order_id": order_id, "claim_id": claim_id}
        happenings.append(Event(event_id, f"claim.{step.state}", step.at, data))
    return happenings


def _of_moves(order_id: str, choices: Sequence[Rerouting]) -> list[Event]:
    """The tickets that are for another departure now."""
    return [
        Event(one.id, "journey.moved", one.ended_at, {"order_id": order_id, "leg": str(one.leg)})
        for one in choices
        if one.kind == "later_departure" and one.state == "done" and one.ended_at is not None
    ]


def _of_holds(order_id: str, holds: Sequence[PlaceHold], options_url: str) -> list[Event]:
    """The places that were held, and those that went back unanswered."""
    happenings: list[Event] = []
    for hold in holds:
        data = {"order_id": order_id, "leg": str(hold.leg), "options_url": options_url}
        if hold.until is not None:
            happenings.append(Event(f"{hold.id}:held", "journey.place_held", hold.made_at, data))
        if hold.until is not None and hold.state == "released" and hold.ended_at is not None:
            name = "journey.place_given_back"
            happenings.append(Event(f"{hold.id}:released", name, hold.ended_at, data))
    return happenings


def _note(event: DisruptionEvent, language: str) -> dict[str, str]:
    note = in_language(event.note, language)
    return {"note": note[0], "note_language": note[1]} if note else {}


def _of_order(state: OrderState) -> list[Event]:
    order_id = state.order.id
    happenings = [
        Event(one.id, f"order.{one.to_state}", one.at, {"order_id": order_id}) for one in state.events
    ]
    happenings += [
        Event(
            f"{one.id}:{one.state}",
            f"refund.{one.state}",
            one.since,
            {"order_id": order_id, "refund_id": one.id},
        )
        for one in state.refunds
    ]
    return happenings
