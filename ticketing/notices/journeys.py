"""Compose the messages about runs: what has become of a journey, with its calendar entry as it is now."""

import hashlib
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from ticketing import disruption
from ticketing.db.disruption.events import AffectedTicket, DisruptionEvent
from ticketing.db.notices import outbox
from ticketing.db.notices.outbox import Notice
from ticketing.frozen import Leg
from ticketing.notices import text
from ticketing.notices.at_hand import AtHand
from ticketing.notices.calendar import Change, calendar
from ticketing.notices.channels import Attachment, Message
from ticketing.notices.links import link_for
from ticketing.notices.post_office import PostOffice
from ticketing.purchase.journeys import Journey
from ticketing.purchase.refund.disrupted import LegNews
from ticketing.regions.note import in_language

OPEN = ("ticketed", "part_refunded")


def journey_news(office: PostOffice, notice: Notice, at_hand: AtHand) -> Message | None:
    """Tell what has become of a run; nothing where a newer word on it tells more."""
    order_id = str(notice.order_id)
    word = _last_word(at_hand, notice.document["row_id"], order_id)
    state = at_hand.journeys.get(order_id)
    if word is None or state is None or state.order.state not in OPEN:
        return None
    event, gravest = word
    if gravest.why == "restored" and not _was_told(office, notice, event, at_hand):
        return None
    legs, language = legs_of(state, gravest.jti), notice.language
    then = legs[gravest.then_leg] if gravest.then_leg is not None else None
    values = {
        "leg": leg_in(legs[gravest.leg], language),
        "then": leg_in(then, language) if then else "",
        "minutes": (gravest.late_seconds or 0) // 60,
        "order": order_id,
    }
    stops = office.till.regions[state.quote.region].data.timetables[event.operator].stops
    stop = stops.get(gravest.platform or "")
    values["platform"] = stop.name if stop else gravest.platform or ""
    name = f"journey_{gravest.why}"
    more = [*_platform(gravest, values, language), *_link(office, notice, gravest, language)]
    more += _note(event, language)
    return Message(
        id=notice.id,
        # A newer word on the same run takes the place of an older one.
        topic=topic_for(f"{notice.topic.rpartition(':')[0]}:{event.region}:{':'.join(map(str, event.run))}"),
        type=f"journey.{event.kind}",
        subject=text.subject(name, language, **values),
        body="\n\n".join([text.body(name, language, **values), *more]),
        language=language,
        data={"order_id": order_id, "event_id": event.id, "leg": str(gravest.leg)}
        | _options(office, gravest),
        attachments=_entry(office, state, at_hand, event) if notice.kind == "email" else (),
        at=event.confirmed_at,
    )


def _last_word(
    at_hand: AtHand, event_id: str, order_id: str
) -> tuple[DisruptionEvent, AffectedTicket] | None:
    """Find an event with the ticket of an order that it concerns most.

    None where a newer one on the same run concerns the order, and where the holders have moved to another departure.
    """
    event, rows = at_hand.events.get(event_id), at_hand.affected.get((event_id, order_id))
    journey = at_hand.journeys.get(order_id)
    if event is not None and rows and journey is not None:
        rows = [row for row in rows if _is_on_run(legs_of(journey, row.jti), row, event)]
    if event is None or not rows:
        return None
    for newer in at_hand.of_run(event):
        is_later = newer.status == "confirmed" and newer.revision > event.revision
        if is_later and (newer.id, order_id) in at_hand.affected:
            return None
    return event, min(rows, key=lambda row: disruption.GRAVEST_FIRST.index(row.why))


def legs_of(journey: Journey, jti: str) -> Sequence[Leg]:
    """The legs of a ticket of a journey as they are now; those that were bought where it has no such ticket."""
    held = next((one for one in journey.tickets if one.jti == jti), None)
    return held.document.legs if held is not None else journey.quote.document.legs


def _is_on_run(legs: Sequence[Leg], row: AffectedTicket, event: DisruptionEvent) -> bool:
    """Tell whether the leg that an event concerns is still for its run; an old leg does not name its trip."""
    leg = legs[row.leg] if row.leg < len(legs) else None
    if leg is None or not leg.trip_id:
        return True
    return leg.trip_id == event.trip_id and leg.service_date in {None, event.service_date}


def _was_told(office: PostOffice, notice: Notice, event: DisruptionEvent, at_hand: AtHand) -> bool:
    """Tell whether a contact has had an earlier word on a run: only then is it news that all is well again."""
    base = notice.topic.rpartition(":")[0]
    earlier = [one.id for one in at_hand.of_run(event) if one.revision < event.revision]
    if not earlier:
        return False
    with office.database.read() as tx:
        return outbox.was_delivered(tx, [f"{base}:{event_id}" for event_id in earlier])


def _entry(
    office: PostOffice, journey: Journey, at_hand: AtHand, event: DisruptionEvent
) -> tuple[Attachment, ...]:
    return calendar_of(office, journey, at_hand.news[journey.quote.id], event.revision)


def _platform(word: AffectedTicket, values: Mapping[str, object], language: str) -> list[str]:
    """Say at which platform a run boards that is late or disrupted otherwise, too."""
    if word.platform is None or word.why == "platform":
        return []
    return [text.part("platform", language, **values)]


def _options(office: PostOffice, word: AffectedTicket) -> dict[str, str]:
    """Say to programs where the options are, after what holders may choose how they go on."""
    return {"options_url": office.options_url(word.order_id)} if word.why in disruption.ASKS else {}


def _link(office: PostOffice, notice: Notice, word: AffectedTicket, language: str) -> list[str]:
    """The link to the page on which the holder of a ticket chooses how to go on."""
    address = link_for(office, notice) if word.why in disruption.ASKS else None
    return [text.part("options", language, address=address)] if address else []


def _note(event: DisruptionEvent, language: str) -> list[str]:
    """The text of staff beside ours; where it is in another language than its reader's, that is said."""
    note = in_language(event.note, language)
    if note is None:
        return []
    return [text.part("note" if note[1] == language else "note_in_english", language, note=note[0])]


def calendar_of(
    office: PostOffice, journey: Journey, news: Sequence[LegNews], revision: int = 0
) -> tuple[Attachment, ...]:
    """Write the legs of a journey that are left, as their operators have told last of them."""
    legs: dict[int, Leg] = {}
    for ticket in journey.tickets:
        legs |= {at: leg for at, leg in enumerate(ticket.document.legs) if leg.is_left}
    changes = {
        one.leg: Change(
            is_cancelled=not one.known.is_served,
            leaves_late=one.known.departure_delay_seconds or 0,
            arrives_late=one.known.arrival_delay_seconds or 0,
        )
        for one in news
    }
    if not legs:
        return ()
    written = calendar(
        journey.order.id,
        office.issuer,
        sorted(legs.items()),
        office.clock.now(),
        changes=changes,
        revision=revision,
    )
    return (Attachment("journey.ics", "text/calendar", written),)


def leg_in(leg: Leg, language: str) -> str:
    """Write a leg: from where to where, when, with whom."""
    leaves = leg.departure.astimezone(ZoneInfo(leg.time_zone))
    reaches = leg.arrival.astimezone(ZoneInfo(leg.arrival_time_zone))
    return text.part(
        "leg",
        language,
        departure=f"{leaves:%d.%m.%Y %H:%M}",
        start=leg.start.name,
        arrival=f"{reaches:%H:%M}",
        end=leg.end.name,
        operator=leg.operator_name,
    )


def topic_for(topic: str) -> str:
    """Name the matter of a message in letters that a push service takes (RFC 8030, 5.4: 32 of base64url)."""
    return hashlib.sha256(topic.encode()).hexdigest()[:32]
