"""Serve people at gates without a code in hand: look a ticket up, let a passenger in, inspect, note an incident.

Every look is written down with its reason, before anything is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate import words
from throughfare_gate.gate.decision import Decision, Gate, Presented, decide
from throughfare_gate.ids import new_id
from throughfare_gate.moments import written
from ticketing.db import Transaction
from ticketing.db.documents import digest
from ticketing.db.gate import gate_journal, scans
from ticketing.db.gate.gate_journal import JournalEntry
from ticketing.db.ticket import group_codes, tickets, uses
from ticketing.db.ticket.tickets import Ticket
from ticketing.db.ticket.uses import TicketUse
from ticketing.errors import NotFound
from ticketing.gate import late, ordered, sailings
from ticketing.gate.house import Gatehouse
from ticketing.gate.projection import is_leg_of
from ticketing.gate.service import Presentation, knowledge, more_of, validate_in
from ticketing.gate.why import explained
from ticketing.tickets import personal
from ticketing.tickets.own import of_own
from ticketing.tickets.regroup import Group, find_group, find_live_group, regroup

_NO_TICKET = "there is no valid ticket of this operator with this control code"


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody at an operator's gate, by the key or device in hand."""

    gate_key_id: str
    operator: str
    name: str | None = None
    stop_id: str | None = None


@dataclass(frozen=True, slots=True)
class Aboard:
    """The sailing on which an inspector looks at tickets, by its trip or its planned departure; neither: any."""

    trip_id: str | None = None
    departure: datetime | None = None


ANYWHERE = Aboard()


def look_up(house: Gatehouse, staff: Staff, code: str, reason: str) -> list[dict[str, Any]]:
    """Find tickets by the control code that is printed on them; raises NotFound, which is written down too."""
    now = house.clock.now()
    with house.database.write() as tx:
        tickets_found = _by_code(tx, staff, code, now)
        looked: list[str | None] = [held.jti for held in tickets_found]
        for jti in looked or [None]:
            _note(tx, now, "look_up", staff, jti=jti, reason=reason, document={"found": jti is not None})
        shown = [_shown(tx, held, staff) for held in tickets_found]
    if not shown:
        raise NotFound(_NO_TICKET)
    return shown


def let_in(house: Gatehouse, staff: Staff, code: str, reason: str, shown: Presentation) -> dict[str, Any]:
    """Decide about a ticket that cannot be shown, by its control code; the decision is that of a gate without a proof.

    The control code of a group lets all of it in, that of one of its tickets this one alone. Raises NotFound when the code is nobody's here, Conflict when the scan_id was used for something else.
    """
    now = house.clock.now()
    with house.database.write() as tx:
        tickets_found = _by_code(tx, staff, code, now)
        if tickets_found:
            wanted = replace(shown, token=tickets_found[0].token, by_hand=True)
            said = [wanted.leg, wanted.stop_id, wanted.device_ts.isoformat(), *more_of(wanted)]
            body = digest(["by hand", tickets_found[0].jti, *said])
            # All rows of a group before one of them: others who let it in or change it hold them in this order.
            group = find_live_group(tx, tickets_found[0].order_id, lock=True)
            answer = validate_in(tx, house, wanted, body)
            if group:
                # A member who was let in alone has left it: the code counts the others, and is refused as it was.
                regroup(tx, house.press, tickets_found[0].order_id, house.clock.now())
        _note(
            tx,
            now,
            "by_hand",
            staff,
            jti=tickets_found[0].jti if tickets_found else None,
            reason=reason,
            document={
                "scan_id": shown.scan_id,
                "decision": answer["decision"] if tickets_found else "no ticket",
            },
        )
    if not tickets_found:
        raise NotFound(_NO_TICKET)
    return {**answer, "ride": _ride(tickets_found[0], answer["leg"])}


def _ride(held: Ticket, leg: int | None) -> dict[str, str] | None:
    """The ride that was decided about, as staff call it; None where no leg was chosen, and for a pass."""
    legs = held.document.legs
    if leg is None or leg >= len(legs):
        return None
    ride = legs[leg]
    return {
        "operator": ride.operator_name,
        "from": ride.start.name,
        "to": ride.end.name,
        "departure": ride.departure.isoformat(),
    }


def inspect(
    house: Gatehouse,
    staff: Staff,
    token: str | None,
    code: str | None,
    reason: str,
    *,
    holder_name: str | None = None,
    aboard: Aboard = ANYWHERE,
    language: str = "en",
) -> dict[str, Any]:
    """Check a ticket and see its history at this operator; nothing is used up.

    By `token` the code that is shown, or by control `code`. A `holder_name` is compared with the one that a personal
    ticket was made for, and kept nowhere; `aboard` names the sailing that one must be for. Raises NotFound for an unknown control code.
    """
    now = house.clock.now()
    with house.database.write() as tx:
        tickets_found = _by_code(tx, staff, code, now) if code is not None else []
        shown = Presented.scanned(_token(token, tickets_found))
        decision, held = _look(tx, house, staff, shown, aboard, by_hand=code is not None)
        entry = _note(
            tx,
            now,
            "inspection",
            staff,
            jti=decision.jti,
            reason=reason,
            document={"decision": "valid" if decision.admit else "not valid", "reason": decision.reason},
        )
        known = held if _is_told(decision) else None
        seen = _shown(tx, known, staff) if known else None
        holder = _compared(tx, known, holder_name) if known and holder_name is not None else None
    if code is not None and not tickets_found:
        raise NotFound(_NO_TICKET)
    return {
        "inspection_id": entry.id,
        "decision": "accept" if decision.admit else "refuse",
        **words.told(_with_name(decision, holder), language, house.names.at(staff.operator)),
        "inspected_at": written(now),
        "holder": holder,
        "ticket": seen,
    }


def note_incident(house: Gatehouse, staff: Staff, inspection_id: str, note: str) -> str:
    """Add what happened at an inspection; gives the id of the note. Raises NotFound for one of another operator."""
    now = house.clock.now()
    with house.database.write() as tx:
        about = gate_journal.find_entry(tx, inspection_id)
        if about is None or about.operator != staff.operator or about.kind != "inspection":
            raise NotFound("there is no such inspection")
        document = {"inspection_id": inspection_id}
        return _note(tx, now, "incident", staff, jti=about.jti, reason=note, document=document).id


def _by_code(tx: Transaction, staff: Staff, code: str, now: datetime) -> list[Ticket]:
    """Tickets and groups' codes with a leg of this operator; those of others are as good as none."""
    spelled = "".join(letter for letter in code.upper() if letter.isalnum())
    groups = [
        find_group(tx, one.jti) for one in group_codes.list_by_control_code(tx, spelled, now - late.LONGEST)
    ]
    held = tickets.list_by_control_code(tx, spelled, now - late.LONGEST)
    held += [group.as_ticket for group in groups if group]
    tickets_found = [one for one in held if staff.operator in of_own(one.token).audience]
    return [
        one
        for one in tickets_found
        if not late.has_ended(tx, one, now) or late.under_way_until(tx, _member(tx, one), now)
    ]


def _member(tx: Transaction, held: Ticket) -> Ticket:
    """The ticket itself, or one of those that the code of a group stands for: these have the uses."""
    return group_codes.first_ticket_of(tx, held.jti) or held


def _look(
    tx: Transaction, house: Gatehouse, staff: Staff, shown: Presented, aboard: Aboard, *, by_hand: bool
) -> tuple[Decision, Ticket | None]:
    ring = house.keys.ring("ticket")
    reading = bundles.read_ticket(ring, shown.token, house.press.issuer, staff.operator)
    held, group = _held(tx, reading.jti)
    used = _uses(tx, reading.jti) if reading.jti else []
    proofs = scans.list_proofs(tx, reading.jti) if reading.jti else []
    key = reading.claims.binding_key if reading.claims else None
    proof = bundles.read_proof(shown.proof, shown.token, key) if key and shown.proof else None
    claims, now = reading.claims, house.clock.now()
    extended = late.extended_until(tx, reading.jti, claims.expires_at if claims else None, now)
    extras = sailings.for_ticket(tx, house, staff.operator, claims, aboard.trip_id)
    members = _members(held, group)
    until = late.under_way_until(tx, members[0], now) if by_hand and members else {}
    under_way = dict.fromkeys([reading.jti or ""], max(until.values())) if until else {}
    taken = ordered.for_ticket(tx, claims, staff.operator, now, [one.jti for one in members])
    decision = decide(
        shown,
        knowledge(
            house,
            staff.operator,
            reading,
            held,
            proof,
            extended=extended,
            extras=extras,
            under_way=under_way,
        ),
        ordered.memory(used, proofs, reading.jti, staff.operator, taken),
        int(now.timestamp()),
        _inspector(staff, aboard, by_hand=by_hand),
    )
    return explained(tx, decision, reading, staff.operator, (held, group)), held


def _token(token: str | None, of_code: Sequence[Ticket]) -> str:
    """The code that is shown, else that of the first ticket with the control code; empty where there is neither."""
    if token is not None:
        return token
    return of_code[0].token if of_code else ""


def _members(held: Ticket | None, group: Group | None) -> Sequence[Ticket]:
    if group:
        return group.members
    return [held] if held else []


def _held(tx: Transaction, jti: str | None) -> tuple[Ticket | None, Group | None]:
    """The ticket of a number; of a group's code that in the shape of one, and the group."""
    held = tickets.find_ticket(tx, jti) if jti else None
    group = find_group(tx, jti) if jti and held is None else None
    return (group.as_ticket if group else held), group


def _inspector(staff: Staff, aboard: Aboard, *, by_hand: bool) -> Gate:
    """The inspector as a gate that looks and uses nothing up, on the sailing where there is one."""
    return Gate(
        operator=staff.operator,
        stop_id=None,
        leg=None,
        id=staff.name or staff.gate_key_id,
        inspects=True,
        by_hand=by_hand,
        trip_id=aboard.trip_id,
        departure=int(aboard.departure.timestamp()) if aboard.departure else None,
    )


def _uses(tx: Transaction, jti: str) -> list[TicketUse]:
    """The uses of a ticket, or of the code of a group: one scan that let all of it in is one use."""
    members = group_codes.members_of(tx, jti)
    if not members:
        return uses.list_uses(tx, jti)
    used = {(use.gate_key_id, use.scan_id, use.leg): use for use in uses.list_uses_of(tx, members)}
    return sorted((replace(use, jti=jti) for use in used.values()), key=lambda use: (use.at, use.scan_id))


def _salt(tx: Transaction, held: Ticket, idh: str | None) -> str | None:
    """The salt of a personal ticket; of a group's code that of the ticket of who carries it."""
    group = find_group(tx, held.jti)
    named = (
        [one.jti for one in group.members if of_own(one.token).holder_hash == idh] if group else [held.jti]
    )
    return tickets.find_salt(tx, named[0]) if named else None


def _compared(tx: Transaction, held: Ticket, name: str) -> str:
    """Tell whether a name is the holder's: `same`, `close`, `other`, or `not_personal`."""
    idh = of_own(held.token).holder_hash
    salt = _salt(tx, held, idh)
    if idh is None or salt is None:
        return "not_personal"
    return personal.likeness(salt, idh, name)


def _with_name(decision: Decision, holder: str | None) -> Decision:
    """The decision with what to look at first, where the name that was told is not the holder's."""
    code = {"other": "holder_other", "close": "holder_close"}.get(holder or "")
    return replace(decision, notes=((code, {}), *decision.notes)) if code else decision


def _is_told(decision: Decision) -> bool:
    """Tell whether the ticket is this operator's business at all."""
    return decision.jti is not None and decision.reason not in {
        "wrong_issuer",
        "wrong_audience",
        "bad_claims",
    }


def _shown(tx: Transaction, held: Ticket, staff: Staff) -> dict[str, Any]:
    """Show staff what they may see: product, validity, their own legs, and uses at their own gates.

    Of the code of a group also its tickets, each of which can be let in alone by its own control code.
    """
    claims = of_own(held.token)
    group = find_group(tx, held.jti)
    own = group_codes.find_live_of(tx, held.jti)
    return {
        "jti": held.jti,
        "control_code": tickets.control_code_of(held.jti),
        "product": held.product,
        "status": held.status,
        "category": held.document.rider if claims.category else None,
        "passengers": claims.passengers,
        "group_code": own.control_code if own else None,
        "members": [
            {
                "control_code": tickets.control_code_of(one.jti),
                "category": one.document.rider,
                "status": one.status,
            }
            for one in (group.members if group else ())
        ],
        "is_bound": claims.binding_key is not None,
        "is_personal": claims.holder_hash is not None,
        "not_before": written(held.not_before),
        "expires_at": written(held.expires_at),
        "legs": [
            {"leg": at, "from": leg.start, "to": leg.end}
            for at, leg in enumerate(claims.legs)
            if is_leg_of(held, at, staff.operator)
        ],
        "history": [
            {"at": written(use.at), "leg": use.leg, "gate": use.gate, "kind": use.kind}
            for use in _uses(tx, held.jti)
            if use.operator == staff.operator
        ],
        "notes": [
            {"at": written(entry.at), "kind": entry.kind, "reason": entry.reason}
            for entry in gate_journal.list_entries(tx, staff.operator, held.jti, 20)
            if entry.kind in {"incident", "by_hand"}
        ],
    }


def _note(
    tx: Transaction,
    now: datetime,
    kind: str,
    staff: Staff,
    *,
    jti: str | None,
    reason: str,
    document: dict[str, Any],
) -> JournalEntry:
    entry = JournalEntry(
        id=new_id(),
        at=now,
        kind=kind,
        operator=staff.operator,
        actor=staff.gate_key_id,
        jti=jti,
        reason=reason,
        document=document,
    )
    gate_journal.write(tx, entry)
    return entry
