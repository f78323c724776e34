"""Addresses of people who work here: for an operator, or for the scheme, and the matter that they get letters about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import fetch, insert
from ticketing.db.tables.notices import work_contact

Matter = Literal["statement_ready", "waits_for_you"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkContact:
    """One address; `operator` is None for the scheme's own people."""

    id: str
    matter: Matter
    operator: str | None
    address: str
    language: str
    created_at: datetime


def replace_work_contacts(
    tx: Transaction, matter: Matter, operator: str | None, wanted: Sequence[WorkContact]
) -> None:
    """Make these the addresses of a matter, for an operator or for the scheme."""
    mine = work_contact.c.operator.is_(None) if operator is None else work_contact.c.operator == operator
    tx.execute(sa.delete(work_contact).where(work_contact.c.matter == matter, mine))
    for contact in wanted:
        insert(tx, work_contact, contact)


def list_work_contacts(tx: Transaction, matter: Matter) -> list[WorkContact]:
    """List all addresses of a matter, in the order in which they were named."""
    query = sa.select(work_contact).where(work_contact.c.matter == matter).order_by(work_contact.c.id)
    return fetch(tx, query, WorkContact)
