"""Compose a message when it leaves, from what is true then: the order as it stands, a code that is made for it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from tariffs.money import Money
from tariffs.words import spoken
from ticketing.db.notices import contacts
from ticketing.db.notices.happened_at_work import STATEMENT_READY
from ticketing.db.notices.outbox import Notice
from ticketing.db.rights import claims
from ticketing.db.sale.orders import Refund
from ticketing.db.settlement import runs
from ticketing.frozen import Leg, left_of
from ticketing.identity import recovery
from ticketing.notices import text
from ticketing.notices.at_hand import JOURNEY, AtHand
from ticketing.notices.channels import Attachment, Message
from ticketing.notices.claims import claim_told
from ticketing.notices.contacts import digest_of
from ticketing.notices.journeys import OPEN, calendar_of, journey_news, leg_in, topic_for
from ticketing.notices.papers import draw_tickets
from ticketing.notices.post_office import PostOffice
from ticketing.notices.rerouted import compose_choice_due, compose_held, compose_moved
from ticketing.notices.work import compose_statement_ready, compose_waits_for_you
from ticketing.purchase import service as purchase
from ticketing.purchase.journeys import Journey
from ticketing.purchase.shown import list_taxes_back

_MOST_ORDERS = 20
_TAKEN_BACK = ("rejected", "voided")


def compose(office: PostOffice, notice: Notice, at_hand: AtHand) -> Message | None:
    """Compose a message; None where there is nothing to tell any more. `at_hand` was read for the batch that it belongs to."""
    if notice.template == JOURNEY:
        message = journey_news(office, notice, at_hand)
    else:
        message = _COMPOSERS[notice.template](office, notice)
    return message if message is None or message.at else replace(message, at=notice.created_at)


def _event(office: PostOffice, notice: Notice) -> Message | None:
    """Tell a webhook of an event by its ids; nothing of a statement that was taken back meanwhile."""
    data = notice.document["data"]
    if notice.type == STATEMENT_READY:
        with office.database.read() as tx:
            run = runs.find_run(tx, data["run_id"])
        if run is None or run.state in _TAKEN_BACK:
            return None
    return Message(
        id=notice.id,
        topic=topic_for(notice.topic),
        type=str(notice.type),
        subject="",
        body="",
        language=notice.language,
        data=data,
        at=datetime.fromisoformat(notice.document["at"]),
    )


def _tickets_ready(office: PostOffice, notice: Notice) -> Message | None:
    state = purchase.get_order(office.till, str(notice.order_id))
    if state.order.state not in OPEN:
        return None
    attachments: list[Attachment] = []
    if notice.kind == "email":
        attachments += draw_tickets(office, state, notice.language)
        attachments.append(_receipt(office, state, notice.language))
        journey = Journey(state.order, state.quote, state.tickets)
        attachments.extend(calendar_of(office, journey, purchase.list_news(office.till, state)))
    return replace(_message(notice, state, attachments=tuple(attachments)), at=_since(state, "ticketed"))


def _refund_sent(office: PostOffice, notice: Notice) -> Message | None:
    state = purchase.get_order(office.till, str(notice.order_id))
    refund = next((one for one in state.refunds if one.id == notice.document["row_id"]), None)
    if refund is None:
        return None
    attachments = (_receipt(office, state, notice.language),) if notice.kind == "email" else ()
    amount = spoken(Money(refund.amount_minor, refund.currency), notice.language)
    if refund.document.claim is not None:
        notice = replace(notice, template=_owed_by(office, refund, refund.document.claim))
    message = _message(notice, state, {"refund_id": refund.id}, attachments, amount=amount)
    return replace(message, at=refund.since)


def _owed_by(office: PostOffice, refund: Refund, claim_id: str) -> str:
    """Name the letter about money that is no price: of another way, of a guarantee, or of a law, which alone goes to accounts."""
    if claim_id == refund.order_id:
        return "other_way_sent"
    with office.database.read() as tx:
        by_law = claims.find_claim(tx, claim_id) is not None
    if not by_law:
        return "guarantee_sent"
    to_account = (refund.external_id or "").startswith("payout:")
    return "compensation_transferred" if to_account else "compensation_sent"


def _needs_account(office: PostOffice, notice: Notice) -> Message | None:
    """Ask for an account; nothing where one was given, or the money has gone another way."""
    claim_id, _, seq = notice.document["row_id"].rpartition(":")
    state = purchase.get_order(office.till, str(notice.order_id))
    with office.database.read() as tx:
        claim = claims.find_claim(tx, claim_id)
        steps = claims.list_steps(tx, claim_id)
    if claim is None or claim.state != "needs_account" or len(steps) < int(seq):
        return None
    owed = [one for one in state.refunds if one.document.claim == claim_id and one.state == "failed"]
    owed_minor = sum(one.amount_minor for one in owed)
    amount = spoken(Money(owed_minor, claim.currency), notice.language)
    message = _message(notice, state, {"claim_id": claim_id}, amount=amount, claim=claim_id)
    return replace(message, at=steps[int(seq) - 1].at)


def _order_undone(office: PostOffice, notice: Notice) -> Message | None:
    state = purchase.get_order(office.till, str(notice.order_id))
    # Who has paid nothing is told nothing: the app has said it already.
    return replace(_message(notice, state), at=_since(state, "cancelled")) if state.payments else None


def _reset_password(office: PostOffice, notice: Notice) -> Message | None:
    made = recovery.begin_reset(office.reception, notice.document["to"]["address"])
    return _code(notice, made) if made else None


def _confirm_address(office: PostOffice, notice: Notice) -> Message | None:
    made = recovery.begin_confirmation(office.reception, notice.document["to"]["address"])
    return _code(notice, made) if made else None


def _code(notice: Notice, begun: recovery.Begun) -> Message:
    values = {"code": begun.code, "minutes": begun.minutes}
    return Message(
        id=notice.id,
        topic=topic_for(notice.topic),
        type=f"account.{notice.template}",
        subject=text.subject(notice.template, begun.language, **values),
        body=text.body(notice.template, begun.language, **values),
        language=begun.language,
    )


def _my_orders(office: PostOffice, notice: Notice) -> Message | None:
    """Write the orders that name an address, each with the key that opens it; nothing where there are none."""
    with office.database.read() as tx:
        digest = digest_of("email", notice.document["to"])
        order_ids = contacts.list_orders_at(tx, digest, OPEN, _MOST_ORDERS)
        languages = {one.digest: one.language for at in order_ids for one in contacts.list_contacts(tx, at)}
    if not order_ids:
        return None
    language = languages[digest]
    states = [purchase.get_order(office.till, one) for one in order_ids]
    orders = "\n\n".join(
        text.part(
            "order",
            language,
            journey=_journey(state, language),
            order=state.order.id,
            key=office.order_tokens.issue(state.order.id),
        )
        for state in states
    )
    return Message(
        id=notice.id,
        topic=topic_for(notice.topic),
        type="account.my_orders",
        subject=text.subject("my_orders", language),
        body=text.body("my_orders", language, orders=orders),
        language=language,
    )


def _message(
    notice: Notice,
    state: purchase.OrderState,
    data: Mapping[str, str] | None = None,
    attachments: tuple[Attachment, ...] = (),
    **values: object,
) -> Message:
    """Write a message about an order in the language of its contact."""
    language = notice.language
    shown = {
        "order": state.order.id,
        "journey": _journey(state, language),
        "legs": "\n".join(leg_in(leg, language) for leg in _legs(state)) or _journey(state, language),
        **values,
    }
    return Message(
        id=notice.id,
        topic=topic_for(notice.topic),
        type=_TYPES[notice.template],
        subject=text.subject(notice.template, language, **shown),
        body=text.body(notice.template, language, **shown),
        language=language,
        data={"order_id": state.order.id, **(data or {})},
        attachments=attachments,
    )


def _since(state: purchase.OrderState, reached: str) -> datetime | None:
    """Read when an order last came into a state; None where it never did."""
    return max((event.at for event in state.events if event.to_state == reached), default=None)


def _legs(state: purchase.OrderState) -> list[Leg]:
    """List the legs that some ticket of an order still has, else all that it was for."""
    kept = {at for one in state.tickets for at in left_of(one.document.legs)}
    return [leg for at, leg in enumerate(state.quote.document.legs) if not kept or at in kept]


def _journey(state: purchase.OrderState, language: str) -> str:
    """Name a journey by its ends and its day, or the pass that was bought."""
    season, legs = state.quote.document.season, state.quote.document.legs
    if season is not None or not legs:
        return season.name_in(language) if season is not None else state.order.id
    leaves = legs[0].departure.astimezone(ZoneInfo(legs[0].time_zone))
    ends = {"start": legs[0].start.name, "end": legs[-1].end.name}
    return text.part("journey", language, **ends, day=f"{leaves:%d.%m.%Y}")


def _receipt(office: PostOffice, state: purchase.OrderState, language: str) -> Attachment:
    from ticketing.purchase.receipt import receipt  # noqa: PLC0415  the worker starts without what draws PDF

    region = office.till.regions[state.quote.region]
    drawn = receipt(state, region, language, office.issuer, list_taxes_back(office.till, state))
    return Attachment("receipt.pdf", "application/pdf", drawn)


_TYPES = {
    "tickets_ready": "order.ticketed",
    "refund_sent": "refund.confirmed",
    "compensation_sent": "refund.confirmed",
    "guarantee_sent": "refund.confirmed",
    "other_way_sent": "refund.confirmed",
    "compensation_transferred": "refund.confirmed",
    "claim_needs_account": "claim.needs_account",
    "order_undone": "order.cancelled",
}
_COMPOSERS: dict[str, Callable[[PostOffice, Notice], Message | None]] = {
    "tickets_ready": _tickets_ready,
    "refund_sent": _refund_sent,
    "claim_needs_account": _needs_account,
    "order_undone": _order_undone,
    "reset_password": _reset_password,
    "confirm_address": _confirm_address,
    "my_orders": _my_orders,
    "event": _event,
    "claim": claim_told,
    "moved": compose_moved,
    "place_held": compose_held,
    "place_given_back": compose_held,
    "choice_due": compose_choice_due,
    "statement_ready": compose_statement_ready,
    "waits_for_you": compose_waits_for_you,
}
