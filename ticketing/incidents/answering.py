"""Answer a partner's incident: seen, affected, done; its meaning at our gates, and the actions of one click."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ticketing.db import Transaction
from ticketing.db.incidents import deliveries, facts, partners, steps
from ticketing.db.incidents.deliveries import Delivery
from ticketing.db.incidents.partners import WithdrawnKid
from ticketing.db.incidents.steps import NewStep, Step
from ticketing.db.people import known_keys
from ticketing.errors import Conflict, InvalidRequest
from ticketing.frozen import ForgedTickets, IncidentFacts, KeyLeaked
from ticketing.incidents.desk import IncidentDesk
from ticketing.incidents.papers import moment_of
from ticketing.incidents.reporting import Case, read_case, ways_to

_ANSWER = frozenset({"seen_at", "affected", "tickets", "done_at"})
_MOST_TICKETS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: seen when, whether we are affected (None while nobody knows), how many tickets, and when our part was done."""

    seen_at: datetime
    affected: bool | None = None
    tickets: int = 0
    done_at: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """The answer as it is signed and kept."""
        return {
            "seen_at": self.seen_at.isoformat(),
            "affected": self.affected,
            "tickets": self.tickets,
            "done_at": None if self.done_at is None else self.done_at.isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AtOurGates:
    """The meaning of an incident at our gates: counts since it began, and whether a key of it is out already.

    `refused` are scans under a key that no gate of ours knows, of whatever issuer: no scan keeps the kid of a refused ticket.
    """

    gates: int
    refused: int = 0
    tickets: int = 0
    kid: str | None = None
    kid_is_out: bool = False
    can_withdraw: bool = False


def read_answer(content: object) -> Answer:
    """Read an answer of a partner; raises InvalidRequest, which names the field."""
    if type(content) is not dict or set(content) != _ANSWER:
        raise InvalidRequest.at("answer", f"must have the members {', '.join(sorted(_ANSWER))}")
    seen_at = moment_of(content["seen_at"], "seen_at")
    affected, tickets = content["affected"], content["tickets"]
    if seen_at is None:
        raise InvalidRequest.at("seen_at", "is missing")
    if affected is not None and type(affected) is not bool:
        raise InvalidRequest.at("affected", "must be true, false or null")
    if type(tickets) is not int or not 0 <= tickets <= _MOST_TICKETS:
        raise InvalidRequest.at("tickets", "must be a number")
    done_at = moment_of(content["done_at"], "done_at")
    return Answer(seen_at=seen_at, affected=affected, tickets=tickets, done_at=done_at)


def answer(
    desk: IncidentDesk,
    incident_id: str,
    actor: str,
    *,
    affected: bool | None = None,
    tickets: int = 0,
    is_done: bool = False,
) -> Step:
    """Answer a partner's incident, and send the answer; the time of seeing is that of our first answer."""
    now = desk.clock.now()
    if not 0 <= tickets <= _MOST_TICKETS:
        raise InvalidRequest.at("tickets", "must be a number")
    with desk.database.write() as tx:
        steps.lock_chain(tx)
        case = read_case(tx, incident_id)
        if case.partner is None:
            raise Conflict("this incident is ours: partners answer it")
        before = our_answer(case)
        wanted = Answer(
            seen_at=before.seen_at if before else now,
            affected=affected,
            tickets=tickets,
            done_at=_done_at(before, now, is_done=is_done),
        )
        step = steps.add_step(
            tx,
            NewStep(incident_id=incident_id, kind="answer", at=now, actor=actor, content=wanted.as_json()),
        )
        deliveries.put_deliveries(
            tx,
            [
                Delivery(step_id=step.id, partner_id=case.partner.id, way=way, due_at=now)
                for way in ways_to(case.partner, step)
            ],
        )
    return step


def our_answer(case: Case) -> Answer | None:
    """Find our last answer to a partner's incident."""
    ours = [step for step in case.steps if step.kind == "answer" and step.partner_id is None]
    return read_answer(dict(ours[-1].document)) if ours else None


def at_our_gates(desk: IncidentDesk, case: Case) -> AtOurGates:
    """Count the meaning of an incident at our gates."""
    record = case.record
    with desk.database.read() as tx:
        gates = facts.count_gates(tx)
        if isinstance(record.facts, ForgedTickets):
            since = record.occurred_at
            shown = facts.count_shown(tx, set(record.facts.ticket_hashes), since)
            return AtOurGates(gates=gates, tickets=shown)
        if isinstance(record.facts, KeyLeaked):
            kid = record.facts.kid
            is_out = _is_out(tx, kid)
            return AtOurGates(
                gates=gates,
                refused=facts.count_unknown_key(tx, record.occurred_at),
                kid=kid,
                kid_is_out=is_out,
                can_withdraw=case.partner is not None and not is_out and not _is_ours(tx, kid),
            )
    return AtOurGates(gates=gates)


def withdraw_kid(desk: IncidentDesk, incident_id: str, actor: str) -> bool:
    """Take a partner's key out of our gates' bundles, on the partner's word; False where it is out already.

    A key of our own goes by `throughfare keys compromise` alone: no partner's word ends it. Raises Conflict.
    """
    now = desk.clock.now()
    with desk.database.write() as tx:
        steps.lock_chain(tx)
        case = read_case(tx, incident_id)
        kid = _kid_of(case.record.facts)
        if case.partner is None or kid is None:
            raise Conflict("only a partner's incident that names a key has one to withdraw")
        if _is_ours(tx, kid):
            raise Conflict(
                "this key is our own: `throughfare keys compromise` withdraws it, no partner's word does"
            )
        wanted = WithdrawnKid(
            issuer=case.partner.issuer, kid=kid, incident_id=incident_id, since=now, withdrawn_by=actor
        )
        if not partners.withdraw_kid(tx, wanted):
            return False
        action = {"action": "kid_withdrawn", "kid": kid}
        steps.add_step(
            tx, NewStep(incident_id=incident_id, kind="action", at=now, actor=actor, content=action)
        )
    return True


def actions_of(case: Case) -> list[Mapping[str, object]]:
    """List the actions that were taken here."""
    return [step.document for step in case.steps if step.kind == "action"]


def _done_at(before: Answer | None, now: datetime, *, is_done: bool) -> datetime | None:
    if before is not None and before.done_at is not None:
        return before.done_at
    return now if is_done else None


def _kid_of(found: IncidentFacts) -> str | None:
    return found.kid if isinstance(found, KeyLeaked | ForgedTickets) else None


def _is_out(tx: Transaction, kid: str) -> bool:
    return any(withdrawn.kid == kid for withdrawn in partners.list_withdrawn(tx))


def _is_ours(tx: Transaction, kid: str) -> bool:
    return any(key.kid == kid for key in known_keys.list_known(tx))
