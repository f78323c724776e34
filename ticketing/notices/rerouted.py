"""Compose the messages about another departure: a place that is held for a holder, one that went back, and a ticket that is for it now."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ticketing.db.disruption import events, place_holds, reroutings
from ticketing.db.disruption.events import AffectedTicket
from ticketing.db.disruption.place_holds import PlaceHold
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.db.notices.outbox import Notice
from ticketing.frozen import Leg, read_leg
from ticketing.notices import text
from ticketing.notices.channels import Attachment, Message
from ticketing.notices.journeys import OPEN, calendar_of, leg_in, topic_for
from ticketing.notices.links import link_for
from ticketing.notices.papers import draw_tickets
from ticketing.notices.post_office import PostOffice
from ticketing.purchase import service as purchase
from ticketing.purchase.journeys import Journey
from ticketing.purchase.refund.unasked import keeps_place
from ticketing.regions.planned import find_ride_on, leg_of

# A calendar entry of a moved journey is newer than those of the events before it.
_AFTER_EVENTS = 1000


def compose_held(office: PostOffice, notice: Notice) -> Message | None:
    """Ask for an answer to a place that is held, or say that it went back; nothing where the hold has gone on meanwhile."""
    with office.database.read() as tx:
        hold = place_holds.find_hold(tx, notice.document["row_id"])
    state = purchase.get_order(office.till, str(notice.order_id))
    is_held = notice.template == "place_held"
    wanted = "held" if is_held else "released"
    if hold is None or hold.until is None or hold.state != wanted or state.order.state not in OPEN:
        return None
    leg = _held_leg(office, state, hold)
    if leg is None:
        return None
    language, until = notice.language, hold.until.astimezone(ZoneInfo(leg.time_zone))
    values = {"leg": leg_in(leg, language), "until": f"{until:%H:%M}", "order": state.order.id}
    more = [text.part("options", language, address=link)] if (link := link_for(office, notice)) else []
    if is_held:
        silence = "silence_moves" if keeps_place(hold.departs_at, hold.until) else "silence_gives_back"
        more.insert(0, text.part(silence, language))
    return Message(
        id=notice.id,
        # That it went back takes the place of the question.
        topic=topic_for(f"{state.order.id}:hold:{hold.id}"),
        type=str(notice.type),
        subject=text.subject(notice.template, language, **values),
        body="\n\n".join([text.body(notice.template, language, **values), *more]),
        language=language,
        data={
            "order_id": state.order.id,
            "leg": str(hold.leg),
            "options_url": office.options_url(state.order.id),
        },
        at=hold.made_at if is_held else hold.ended_at,
    )


def compose_moved(office: PostOffice, notice: Notice) -> Message | None:
    """Tell that a ticket is for another departure, with the new paper; nothing where it is for yet another one by now."""
    with office.database.read() as tx:
        move = reroutings.find_rerouting(tx, notice.document["row_id"])
    state = purchase.get_order(office.till, str(notice.order_id))
    if move is None or state.order.state not in OPEN:
        return None
    legs = [one.document.legs[move.leg] for one in state.tickets if one.passenger_ref in move.passengers]
    leg = next((one for one in legs if (one.trip_id, one.departure) == (move.trip_id, move.departs_at)), None)
    if leg is None:
        return None
    language = notice.language
    name = "moved_unasked" if move.chosen_by == "machine" else "moved"
    values = {"leg": leg_in(leg, language), "order": state.order.id}
    attachments: list[Attachment] = []
    if notice.kind == "email":
        attachments += draw_tickets(office, state, language, move.passengers)
        journey = Journey(state.order, state.quote, state.tickets)
        news = purchase.list_news(office.till, state)
        attachments += calendar_of(office, journey, news, _AFTER_EVENTS)
    return Message(
        id=notice.id,
        topic=topic_for(f"{state.order.id}:moved:{move.id}"),
        type=str(notice.type),
        subject=text.subject(name, language, **values),
        body=text.body(name, language, **values),
        language=language,
        data={"order_id": state.order.id, "leg": str(move.leg)},
        attachments=tuple(attachments),
        at=move.ended_at,
    )


def compose_choice_due(office: PostOffice, notice: Notice) -> Message | None:
    """Remind of a choice that nobody has made; nothing where all have chosen meanwhile, or have their money back."""
    order_id = str(notice.order_id)
    with office.database.read() as tx:
        event = events.find_event(tx, notice.document["row_id"])
        rows = events.list_affected(tx, event.id, order_id) if event else []
        choices = [one for one in reroutings.list_of_order(tx, order_id) if one.state != "failed"]
    state = purchase.get_order(office.till, order_id)
    legs = [leg for row in rows if (leg := _unanswered(state, row, choices)) is not None]
    if event is None or not legs or state.order.state not in OPEN:
        return None
    language = notice.language
    values = {"leg": leg_in(legs[0], language), "order": order_id}
    more = [text.part("options", language, address=link)] if (link := link_for(office, notice)) else []
    return Message(
        id=notice.id,
        topic=topic_for(f"{order_id}:choice_due:{event.id}"),
        type=str(notice.type),
        subject=text.subject("choice_due", language, **values),
        body="\n\n".join([text.body("choice_due", language, **values), *more]),
        language=language,
        data={"order_id": order_id, "event_id": event.id, "options_url": office.options_url(order_id)},
        at=notice.created_at,
    )


def _unanswered(state: purchase.OrderState, row: AffectedTicket, choices: Sequence[Rerouting]) -> Leg | None:
    """The leg that a passenger has still to choose for; None where they have."""
    ticket = next((one for one in state.tickets if one.jti == row.jti and one.status == "valid"), None)
    at = row.then_leg if row.why == "connection" and row.then_leg is not None else row.leg
    if ticket is None or not ticket.document.legs[at].is_left:
        return None
    is_chosen = any(one.leg == at and ticket.passenger_ref in one.passengers for one in choices)
    return None if is_chosen else ticket.document.legs[at]


def _held_leg(office: PostOffice, state: purchase.OrderState, hold: PlaceHold) -> Leg | None:
    """The departure of a hold as a leg; None where the timetable no longer has it."""
    region = office.till.regions[state.quote.region]
    times = int(hold.departs_at.timestamp()), int(hold.arrives_at.timestamp())
    known = find_ride_on(region, hold.operator, hold.trip_id, (hold.from_stop, hold.to_stop), times)
    return None if known is None else read_leg(leg_of(region.data, known))
