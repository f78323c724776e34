"""The Traffic Light Protocol 2.0 as a condition of queries: nobody reads a record whose colour does not reach them.

RED: the named recipients. AMBER+STRICT: the reporter's organisation. AMBER: the organisation and its clients, such as the
contractor of its gates. GREEN: the community, all schemes that are partners. CLEAR: everybody. A partner that is named sees a
record of any colour.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.incidents.steps import Step
from ticketing.db.rows import fetch
from ticketing.db.tables.incidents import incident, incident_recipient, incident_step
from ticketing.frozen import Tlp

Circle = Literal["office", "organisation", "client", "community", "public"]
# The colours that reach each circle; `office` is that of the deployment itself.
REACH: Mapping[Circle, tuple[Tlp, ...]] = {
    "office": ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"),
    "organisation": ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT"),
    "client": ("CLEAR", "GREEN", "AMBER"),
    "community": ("CLEAR", "GREEN"),
    "public": ("CLEAR",),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """A reader: the circle that it belongs to, and the partner that it is, where it is one."""

    circle: Circle
    partner_id: str | None = None


OFFICE, PUBLIC = Viewer("office"), Viewer("public")


def sees(viewer: Viewer, step: sa.FromClause = incident_step) -> sa.ColumnElement[bool]:
    """The condition under which a viewer sees a row of `incident_step`, or of an alias of it."""
    by_colour = step.c.tlp.in_(REACH[viewer.circle])
    if viewer.partner_id is None:
        return by_colour
    is_named = sa.exists().where(
        incident_recipient.c.incident_id == step.c.incident_id,
        incident_recipient.c.partner_id == viewer.partner_id,
    )
    return sa.or_(by_colour, is_named)


def list_shared(tx: Transaction, viewer: Viewer, after: str, limit: int) -> list[Step]:
    """List the records of ours that were shared after a step and that a viewer sees, oldest first.

    Both the record itself and the last one of its incident must reach the viewer: a colour that was narrowed ends the reading.
    """
    query = _ours(viewer).where(incident_step.c.kind == "shared", incident_step.c.id > after)
    return fetch(tx, query.order_by(incident_step.c.id).limit(limit), Step)


def find_shared(tx: Transaction, viewer: Viewer, incident_id: str) -> Step | None:
    """Find the last record of an incident of ours that was shared, where a viewer sees it."""
    query = _ours(viewer).where(incident_step.c.kind == "shared", incident_step.c.incident_id == incident_id)
    rows = fetch(tx, query.order_by(incident_step.c.seq.desc()).limit(1), Step)
    return rows[0] if rows else None


def list_told(tx: Transaction, viewer: Viewer, each: int) -> list[Step]:
    """List the last record of the newest incidents that a viewer sees, of ours and of each partner, the newest first."""
    kinds = ("shared", "received")
    newest = sa.func.row_number().over(
        partition_by=incident_step.c.partner_id, order_by=incident_step.c.id.desc()
    )
    last = (
        sa.select(incident_step.c.id, newest.label("newest"))
        .where(incident_step.c.kind.in_(kinds), _is_last(incident_step, kinds), sees(viewer))
        .subquery()
    )
    query = sa.select(incident_step).join(last, last.c.id == incident_step.c.id).where(last.c.newest <= each)
    return fetch(tx, query.order_by(incident_step.c.id.desc()), Step)


def _ours(viewer: Viewer) -> sa.Select[Any]:
    last = incident_step.alias("last")
    reaches = sa.exists().where(
        last.c.incident_id == incident_step.c.incident_id,
        last.c.kind == "shared",
        _is_last(last, ("shared",)),
        sees(viewer, last),
    )
    return (
        sa.select(incident_step)
        .join(incident, incident.c.id == incident_step.c.incident_id)
        .where(incident.c.partner_id.is_(None), sees(viewer), reaches)
    )


def _is_last(step: sa.FromClause, kinds: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """The condition under which no later record of these kinds stands behind a step."""
    later = incident_step.alias("later")
    return ~sa.exists().where(
        later.c.incident_id == step.c.incident_id, later.c.seq > step.c.seq, later.c.kind.in_(kinds)
    )
