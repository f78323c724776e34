"""Claims with their steps and the rule tables that decided them; a step is written with every change of a claim."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.rows import put_once
from ticketing.db.tables.purchase import pass_use
from ticketing.db.tables.rights import claim, claim_payout, claim_step, rule_table
from ticketing.db.tables.sale import refund, ticket

State = Literal[
    "not_decided", "proposed", "contested", "decided", "needs_account", "paying", "paid", "refused"
]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim for one leg of one ticket; `facts` and `decision` are canonical JSON, `evidence` ids of observations.

    `price_minor` is what the passenger has paid for the operator's part of the leg, `amount_minor` what is paid, None where
    nothing is, or nobody knows yet. `waits_for` says for a person why it waits, or why it was contested.
    """

    id: str
    region: str
    jti: str
    leg: int
    regime: str
    order_id: str
    operator: str
    trip_id: str
    service_date: date
    state: State
    amount_minor: int | None
    price_minor: int
    currency: str
    facts: str
    decision: str
    rule_version: str
    evidence: tuple[str, ...]
    opened_at: datetime
    due_at: datetime | None = None
    refund_id: str | None = None
    waits_for: str | None = None

    @property
    def run(self) -> RunKey:
        """The name of its run in its region."""
        return self.operator, self.trip_id, self.service_date


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStep:
    """One step of a claim: the state that it came into, when, by whom and why; `note` is what was given with it."""

    state: State
    at: datetime
    actor: str
    reason: str
    note: Mapping[str, str] = field(default_factory=dict)


_FIELDS = frozenset(one.name for one in fields(Claim))


def put_claim(tx: Transaction, made: Claim, step: ClaimStep) -> bool:
    """Store a claim with its first step; False where its leg has one by these rules."""
    if not put_once(tx, claim, _row(made)):
        return False
    _put_step(tx, made.id, step)
    return True


def change_claim(tx: Transaction, changed: Claim, step: ClaimStep) -> None:
    """Write what has become of a claim, with the step that says why; the caller holds the row of its order."""
    tx.execute(sa.update(claim).where(claim.c.id == changed.id).values(**_row(changed)))
    _put_step(tx, changed.id, step)


def look_again(tx: Transaction, claim_id: str, due_at: datetime) -> None:
    """Look at a claim that is not decided at another time again."""
    tx.execute(sa.update(claim).where(claim.c.id == claim_id).values(due_at=due_at))


def find_claim(tx: Transaction, claim_id: str) -> Claim | None:
    """Read one claim."""
    row = tx.execute(sa.select(claim).where(claim.c.id == claim_id)).mappings().first()
    return None if row is None else _claim(row)


def list_by_id(tx: Transaction, ids: Collection[str]) -> list[Claim]:
    """Read claims by their ids, oldest first."""
    query = sa.select(claim).where(claim.c.id.in_(list(ids)))
    return [_claim(row) for row in tx.execute(query.order_by(claim.c.id)).mappings()]


def find_of_leg(tx: Transaction, jti: str, leg: int) -> Claim | None:
    """Read the claim for a leg of a ticket, by whichever rules it was opened."""
    query = sa.select(claim).where(claim.c.jti == jti, claim.c.leg == leg)
    row = tx.execute(query.order_by(claim.c.id)).mappings().first()
    return None if row is None else _claim(row)


def list_of_order(tx: Transaction, order_id: str) -> list[Claim]:
    """List the claims of an order, oldest first."""
    query = sa.select(claim).where(claim.c.order_id == order_id)
    return [_claim(row) for row in tx.execute(query.order_by(claim.c.id)).mappings()]


def list_claimed(tx: Transaction, jtis: Collection[str]) -> set[tuple[str, int]]:
    """Name the legs of some tickets that have a claim."""
    query = sa.select(claim.c.jti, claim.c.leg).where(claim.c.jti.in_(list(jtis)))
    return {(row.jti, row.leg) for row in tx.execute(query)}


def list_compensated(tx: Transaction, jti: str) -> frozenset[int]:
    """Name the legs of a ticket whose compensation is decided, on its way or paid."""
    of_ticket = claim.c.jti == jti, claim.c.state.in_(("decided", "needs_account", "paying", "paid"))
    return frozenset(tx.execute(sa.select(claim.c.leg).where(*of_ticket)).scalars())


def count_on_pass(tx: Transaction, jti: str) -> int:
    """Count the claims with a sum for rides that one pass has paid for; nobody else adds to them before this transaction ends."""
    tx.execute(sa.select(ticket.c.jti).where(ticket.c.jti == jti).with_for_update())
    use = pass_use.c
    query = (
        sa.select(sa.func.count())
        .select_from(claim)
        .join(ticket, ticket.c.jti == claim.c.jti)
        .join(
            pass_use,
            sa.and_(
                use.order_id == claim.c.order_id,
                use.passenger_ref == ticket.c.passenger_ref,
                use.leg == claim.c.leg,
            ),
        )
        .where(use.ticket_jti == jti, claim.c.amount_minor.is_not(None), claim.c.state != "refused")
    )
    return int(tx.execute(query).scalar_one())


def list_due(
    tx: Transaction, states: Collection[State], limit: int, *, due_by: datetime | None = None
) -> list[Claim]:
    """List claims in one of these states, oldest first; with `due_by` only those that go on by then."""
    query = sa.select(claim).where(claim.c.state.in_(list(states)))
    query = query if due_by is None else query.where(claim.c.due_at <= due_by)
    return [_claim(row) for row in tx.execute(query.order_by(claim.c.id).limit(limit)).mappings()]


def list_arrived(tx: Transaction, limit: int) -> list[Claim]:
    """List the claims whose refunds have all been confirmed, and that wait for no transfer to be seen at the bank."""
    waits = sa.exists().where(
        refund.c.order_id == claim.c.order_id,
        refund.c.state != "confirmed",
        refund.c.document.contains(claim.c.id),
    )
    is_open = sa.exists().where(
        claim_payout.c.claim_id == claim.c.id, claim_payout.c.state.in_(("prepared", "released"))
    )
    query = sa.select(claim).where(claim.c.state.in_(("needs_account", "paying")), ~waits, ~is_open)
    return [_claim(row) for row in tx.execute(query.order_by(claim.c.id).limit(limit)).mappings()]


def list_claims(
    tx: Transaction, *, operator: str | None, state: State | None, after: str | None, limit: int
) -> list[Claim]:
    """List claims behind one by their id, of one operator or of all, in one state or in any."""
    query = sa.select(claim)
    query = query if operator is None else query.where(claim.c.operator == operator)
    query = query if state is None else query.where(claim.c.state == state)
    query = query if after is None else query.where(claim.c.id > after)
    return [_claim(row) for row in tx.execute(query.order_by(claim.c.id).limit(limit)).mappings()]


def list_of_region(tx: Transaction, region: str, after: str, limit: int) -> list[Claim]:
    """List the claims of a region behind one by their id."""
    query = sa.select(claim).where(claim.c.region == region, claim.c.id > after)
    return [_claim(row) for row in tx.execute(query.order_by(claim.c.id).limit(limit)).mappings()]


def list_steps(tx: Transaction, claim_id: str) -> list[ClaimStep]:
    """List the steps of a claim, oldest first."""
    query = sa.select(claim_step).where(claim_step.c.claim_id == claim_id).order_by(claim_step.c.seq)
    return [_step(row) for row in tx.execute(query)]


def list_steps_of_order(tx: Transaction, order_id: str) -> list[tuple[str, ClaimStep]]:
    """List the steps of an order's claims, each with the id of its claim."""
    query = sa.select(claim_step).join(claim, claim.c.id == claim_step.c.claim_id)
    rows = tx.execute(query.where(claim.c.order_id == order_id).order_by(claim.c.id, claim_step.c.seq))
    return [(row.claim_id, _step(row)) for row in rows]


def list_ruled(tx: Transaction, operator: str) -> list[tuple[str, str, datetime]]:
    """List the contests of an operator that were ruled on: (reason, ruling, when), oldest claims first."""
    query = sa.select(claim_step).join(claim, claim.c.id == claim_step.c.claim_id)
    is_told = sa.or_(claim_step.c.state == "contested", claim_step.c.note.contains('"ruling"'))
    rows = tx.execute(
        query.where(claim.c.operator == operator, is_told).order_by(claim.c.id, claim_step.c.seq)
    )
    contested: dict[str, str] = {}
    ruled: list[tuple[str, str, datetime]] = []
    for row in rows:
        step = _step(row)
        if step.state == "contested":
            contested[row.claim_id] = step.reason
        elif row.claim_id in contested:
            ruled.append((contested[row.claim_id], step.note["ruling"], step.at))
    return ruled


def keep_rules(tx: Transaction, version: str, regime: str, content: str, now: datetime) -> None:
    """Keep a rule table under its version, once."""
    row = {"version": version, "regime": regime, "content": content, "first_used_at": now}
    put_once(tx, rule_table, row)


def find_rules(tx: Transaction, version: str) -> str | None:
    """Read a rule table as it was when it decided."""
    found: str | None = tx.execute(
        sa.select(rule_table.c.content).where(rule_table.c.version == version)
    ).scalar()
    return found


def stored(text: str) -> object:
    """Read facts or a decision as they are stored."""
    return json.loads(text)


def _put_step(tx: Transaction, claim_id: str, step: ClaimStep) -> None:
    seq = sa.select(sa.func.count()).where(claim_step.c.claim_id == claim_id)
    row = {**asdict(step), "note": canonical(dict(step.note))}
    number = int(tx.execute(seq).scalar_one()) + 1
    tx.execute(sa.insert(claim_step).values(claim_id=claim_id, seq=number, **row))


def _step(row: sa.Row[Any]) -> ClaimStep:
    note = json.loads(row.note)
    return ClaimStep(state=row.state, at=row.at, actor=row.actor, reason=row.reason, note=note)


def _row(made: Claim) -> dict[str, object]:
    return {
        **asdict(made),
        "service_date": made.service_date.isoformat(),
        "evidence": canonical(list(made.evidence)),
    }


def _claim(row: sa.RowMapping) -> Claim:
    known = {name: value for name, value in row.items() if name in _FIELDS}
    known["service_date"] = date.fromisoformat(row["service_date"])
    known["evidence"] = tuple(json.loads(row["evidence"]))
    return Claim(**known)
