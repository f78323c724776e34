"""The deployments with which incidents are shared, and the foreign keys that our gates refuse on their word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, put_once
from ticketing.db.tables.incidents import incident_partner, withdrawn_kid

Relation = Literal["organisation", "client", "community"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A partner: its issuer, its public keys as text (a JWK set), its addresses, and how it stands to us.

    `fetched` is the last step of theirs that we have read.
    """

    id: str
    issuer: str
    name: str
    relation: Relation
    jwks: str
    address: str | None
    mail: str | None
    fetched: str | None
    fetched_at: datetime | None
    added_at: datetime
    added_by: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnKid:
    """A key of another issuer that our gates refuse since a moment, by whom and why."""

    issuer: str
    kid: str
    incident_id: str
    since: datetime
    withdrawn_by: str


def insert_partner(tx: Transaction, partner: Partner) -> bool:
    """Add a partner; False where its issuer is one already."""
    return put_once(tx, incident_partner, columns(partner))


def change_partner(tx: Transaction, partner_id: str, **values: object) -> None:
    """Change the keys, the addresses or the end of a partner."""
    tx.execute(sa.update(incident_partner).where(incident_partner.c.id == partner_id).values(**values))


def replace_partner(tx: Transaction, partner: Partner) -> None:
    """Write a partner anew, in its row."""
    values = {name: value for name, value in columns(partner).items() if name != "id"}
    change_partner(tx, partner.id, **values)


def find_partner(tx: Transaction, issuer: str) -> Partner | None:
    """Read the partner of an issuer, whether ended or not."""
    return find(tx, sa.select(incident_partner).where(incident_partner.c.issuer == issuer), Partner)


def list_partners(tx: Transaction, *, ended_too: bool = False) -> list[Partner]:
    """List partners by name."""
    query = sa.select(incident_partner).order_by(incident_partner.c.name, incident_partner.c.id)
    if not ended_too:
        query = query.where(incident_partner.c.ended_at.is_(None))
    return fetch(tx, query, Partner)


def partners_by_id(tx: Transaction) -> Mapping[str, Partner]:
    """Every partner by its id, ended ones too."""
    return {partner.id: partner for partner in list_partners(tx, ended_too=True)}


def withdraw_kid(tx: Transaction, wanted: WithdrawnKid) -> bool:
    """Let our gates refuse a foreign key; False where they do already."""
    return put_once(tx, withdrawn_kid, columns(wanted))


def list_withdrawn(tx: Transaction) -> list[WithdrawnKid]:
    """List the foreign keys that our gates refuse, in a fixed order."""
    return fetch(
        tx, sa.select(withdrawn_kid).order_by(withdrawn_kid.c.since, withdrawn_kid.c.kid), WithdrawnKid
    )
