"""The tables of what went otherwise than planned: observations with the messages that they were read from.

Observations are facts: triggers refuse to change them, and to remove them before they have been kept long enough.
"""

from typing import Any

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text

observation = table(
    "observation",
    text("id", key=True),
    text("region"),
    text("operator"),
    text("trip_id"),
    text("service_date"),
    # The place among the trip's calls, from 0; none where the whole run is meant.
    number("call", null=True),
    text("stop_id", null=True),
    text("kind"),
    text("event", null=True),
    moment("planned_at", null=True),
    moment("at", null=True),
    text("source"),
    moment("told_at"),
    moment("received_at"),
    text("raw_sha256", null=True),
    # The message's row in `raw_message`; none where only its hash was kept.
    text("raw_ref", null=True),
    text("cause", null=True),
    text("timetable_version"),
    one_of("kind", "arrived", "departed", "expected", "cancelled", "skipped", "added", "cause", "withdrawn"),
    one_of("event", "arrival", "departure"),
    one_of(
        "source", "gtfs_rt", "siri_et", "siri_sx", "operator_report", "exchange_events", "gate", "vehicle"
    ),
    sa.Index(
        "ix_observation_region_operator_trip_id_service_date", "region", "operator", "trip_id", "service_date"
    ),
    sa.Index(None, "service_date"),
)

raw_message = table(
    "raw_message",
    text("sha256", key=True),
    text("operator"),
    text("peer"),
    moment("received_at"),
    number("size"),
    sa.Column("content", sa.LargeBinary(), nullable=False),
    sa.Index(None, "received_at"),
)

# Below these marks the database lets observations and messages go; they only move forward.
observation_retention = table(
    "observation_retention",
    number("id", key=True),
    text("quiet_before"),
    text("all_before"),
    moment("raw_before"),
)

# A leg of a ticket that is not given back; it goes with the ticket's revocation, and says nothing of its holder. No foreign
# key: to make one would lock the tickets against sales while the table is filled.
leg_of_ticket = table(
    "leg_of_ticket",
    text("jti", key=True),
    number("leg", key=True),
    text("order_id"),
    text("region"),
    text("operator"),
    text("trip_id"),
    text("service_date"),
    text("mode"),
    text("from_stop"),
    text("to_stop"),
    moment("departs_at"),
    moment("arrives_at"),
    sa.Index("ix_leg_of_ticket_run", "region", "operator", "service_date", "trip_id"),
    sa.Index(None, "service_date"),
)

# The events of a run, revision by revision.
disruption_event = table(
    "disruption_event",
    text("id", key=True),
    text("region"),
    text("operator"),
    text("trip_id"),
    text("service_date"),
    number("revision"),
    text("kind"),
    text("status"),
    text("source"),
    text("cause", null=True),
    moment("first_seen"),
    moment("first_told_at"),
    moment("last_seen"),
    moment("confirmed_at", null=True),
    number("late_seconds", null=True),
    text("evidence"),
    # What staff have written for holders, by language.
    text("note", null=True),
    one_of(
        "kind",
        "cancelled",
        "delayed",
        "call_skipped",
        "connection_broken",
        "platform_changed",
        "service_restored",
    ),
    one_of("status", "seen", "confirmed", "dropped"),
    sa.UniqueConstraint(
        "region", "operator", "trip_id", "service_date", "revision", name="uq_disruption_event_region"
    ),
    sa.Index("ix_disruption_event_status", "status", "first_seen"),
    sa.Index(None, "confirmed_at"),
    sa.Index(None, "service_date"),
)

# One row for each message that the holder of a ticket is owed.
disruption_affected = table(
    "disruption_affected",
    text("event_id", sa.ForeignKey("disruption_event.id"), key=True),
    text("jti", key=True),
    number("leg"),
    text("order_id"),
    text("why"),
    number("late_seconds", null=True),
    number("then_leg", null=True),
    # The stop at which its holder boards as told with this message.
    text("platform", null=True),
    one_of("why", "cancelled", "skipped", "too_late", "late", "connection", "platform", "restored"),
    sa.Index(None, "jti"),
    # Each message about a run looks for what concerns its order, among thousands of others.
    sa.Index(None, "order_id", "event_id"),
)

# Which of two words that contradict each other about a call a person holds to be true.
evidence_choice = table(
    "evidence_choice",
    text("region", key=True),
    text("operator", key=True),
    text("trip_id", key=True),
    text("service_date", key=True),
    number("call", key=True),
    text("chosen"),
    text("reason"),
    text("chosen_by"),
    moment("chosen_at"),
    one_of("chosen", "own_word", "seen"),
    sa.Index(None, "service_date"),
)

# A link of a letter that has been used: it opens its order once.
used_link = table(
    "used_link",
    text("letter", key=True),
    text("order_id"),
    moment("used_at"),
    sa.Index(None, "used_at"),
)


def _of_a_move() -> "list[sa.Column[Any]]":
    """The columns of the way from one departure (`was_*`) to another, for passengers of an order (JSON)."""
    return [
        text("id", key=True),
        text("order_id", sa.ForeignKey("ticket_order.id")),
        number("leg"),
        text("passengers"),
        text("option_id"),
        text("operator"),
        text("trip_id"),
        text("service_date"),
        text("from_stop"),
        text("to_stop"),
        moment("departs_at"),
        moment("arrives_at"),
        text("was_trip_id"),
        text("was_service_date"),
        moment("was_departs_at"),
        moment("was_arrives_at"),
    ]


# A holder's choice where a departure does not go as sold: from which departure (`was_*`) to which, for which passengers of the
# order (JSON). `asked` while an operator holds places for it.
rerouting = table(
    "rerouting",
    *_of_a_move(),
    text("kind"),
    text("state"),
    text("request_key"),
    moment("created_at"),
    moment("ended_at", null=True),
    text("reason"),
    # `machine` where nobody has answered; none where its holder has chosen.
    text("chosen_by", null=True),
    one_of("kind", "later_departure", "other_operator", "wait"),
    one_of("state", "asked", "done", "failed"),
    sa.UniqueConstraint("order_id", "request_key"),
    sa.Index(None, "state"),
    sa.Index(None, "ended_at"),
)

_IS_OPEN = "state IN ('asked', 'held')"
# Places that are held on the one departure that is left for holders who have not chosen yet; `passengers` (JSON) are those who
# still have not. `asked` while the operator is asked, `held` until its end.
place_hold = table(
    "place_hold",
    *_of_a_move(),
    text("state"),
    moment("made_at"),
    moment("until", null=True),
    moment("ended_at", null=True),
    text("reason"),
    one_of("state", "asked", "held", "answered", "kept", "released"),
    # One at a time; one that has come to nothing is tried again.
    sa.Index(
        "uq_place_hold_open",
        "order_id",
        "leg",
        "was_trip_id",
        "was_service_date",
        unique=True,
        sqlite_where=sa.text(_IS_OPEN),
        postgresql_where=sa.text(_IS_OPEN),
    ),
    sa.Index(None, "state"),
    sa.Index(None, "made_at"),
    sa.Index(None, "ended_at"),
)

# An order with a passenger who needs assistance, by their own word: nothing says who or why. Deleted after the journey.
order_assistance = table(
    "order_assistance",
    text("order_id", sa.ForeignKey("ticket_order.id"), key=True),
    moment("kept_until"),
    sa.Index(None, "kept_until"),
)
