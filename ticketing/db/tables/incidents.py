"""The tables of incidents: what failed, every step since, who is told of it, and the foreign keys that our gates refuse.

`incident`, `incident_step`, `incident_recipient` and `withdrawn_kid` are facts: triggers refuse to change or remove them. Each
step carries the hash of the one before, over all incidents.
"""

from typing import get_args

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text
from ticketing.frozen import IncidentType, Tlp

TYPES, TLPS = get_args(IncidentType), get_args(Tlp)
# A record is a draft, or shared by us or by a partner; the others are steps beside it.
STEPS = ("draft", "shared", "received", "answer", "submitted", "missed", "action")

# A deployment with which incidents are shared: its issuer, the keys that two people have compared, and the ways to it.
incident_partner = table(
    "incident_partner",
    text("id", key=True),
    text("issuer"),
    text("name"),
    text("relation"),
    text("jwks"),
    text("address", null=True),
    text("mail", null=True),
    # The last step of theirs that we have fetched.
    text("fetched", null=True),
    moment("fetched_at", null=True),
    moment("added_at"),
    text("added_by"),
    moment("ended_at", null=True),
    one_of("relation", "organisation", "client", "community"),
    sa.UniqueConstraint("issuer"),
)

# Without a partner it is our own. A trigger of the register makes one draft in its life.
incident = table(
    "incident",
    text("id", key=True),
    text("partner_id", sa.ForeignKey("incident_partner.id"), null=True),
    text("type"),
    text("trigger_key", null=True),
    moment("opened_at"),
    one_of("type", *TYPES),
    sa.UniqueConstraint("trigger_key"),
)

incident_step = table(
    "incident_step",
    text("id", key=True),
    text("incident_id", sa.ForeignKey("incident.id")),
    number("seq"),
    text("kind"),
    moment("at"),
    text("actor"),
    # The partner who answers, or from whom a record came.
    text("partner_id", sa.ForeignKey("incident_partner.id"), null=True),
    # The id of the step at the partner from whom it came.
    text("origin", null=True),
    # Of records only: what the queries judge by.
    text("tlp", null=True),
    text("status", null=True),
    text("document"),
    text("previous"),
    text("hash"),
    one_of("kind", *STEPS),
    sa.CheckConstraint(
        "(kind IN ('draft', 'shared', 'received')) = (tlp IS NOT NULL AND status IS NOT NULL)", name="record"
    ),
    sa.CheckConstraint("tlp IN ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED')", name="tlp"),
    sa.UniqueConstraint("incident_id", "seq"),
    sa.UniqueConstraint("previous"),
    sa.UniqueConstraint("partner_id", "origin"),
    sa.Index("ix_incident_step_kind", "kind", "id"),
)

# The partners that a record names as its recipients, whatever its colour.
incident_recipient = table(
    "incident_recipient",
    text("incident_id", sa.ForeignKey("incident.id"), key=True),
    text("partner_id", sa.ForeignKey("incident_partner.id"), key=True),
    moment("named_at"),
)

# One step on its way to one partner.
incident_delivery = table(
    "incident_delivery",
    text("step_id", sa.ForeignKey("incident_step.id"), key=True),
    text("partner_id", sa.ForeignKey("incident_partner.id"), key=True),
    text("way", key=True),
    moment("due_at"),
    number("tries"),
    moment("delivered_at", null=True),
    text("detail"),
    one_of("way", "http", "mail"),
    sa.Index("ix_incident_delivery_due", "delivered_at", "due_at"),
    sa.Index(None, "partner_id"),
)

# Keys of other issuers that our gates refuse, whatever else brings them there.
withdrawn_kid = table(
    "withdrawn_kid",
    text("issuer", key=True),
    text("kid", key=True),
    text("incident_id", sa.ForeignKey("incident.id")),
    moment("since"),
    text("withdrawn_by"),
)
