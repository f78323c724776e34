"""The tables of what is published about many people at once: the spending of privacy, and the files that it bought.

A spending is a fact for ever: triggers refuse to change or remove it. A file never changes; it may be withdrawn, and its spending stays.
"""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, table, text

# One row for each table of numbers that was drawn about a month; `epsilon_micro` in millionths.
privacy_spend = table(
    "privacy_spend",
    text("region", key=True),
    text("dataset", key=True),
    text("month", key=True),
    text("part", key=True),
    number("epsilon_micro", sa.CheckConstraint("epsilon_micro >= 0", name="epsilon_not_negative")),
    # The thing that it protects: a ride, or a ticket in a week.
    text("unit"),
    moment("spent_at"),
)

# The file of each such table as it was first written: whoever asks again gets the same bytes.
open_file = table(
    "open_file",
    text("region", key=True),
    text("dataset", key=True),
    text("month", key=True),
    text("part", key=True),
    text("sha256"),
    sa.Column("content", sa.LargeBinary(), nullable=False),
    moment("made_at"),
    sa.ForeignKeyConstraint(
        ["region", "dataset", "month", "part"],
        ["privacy_spend.region", "privacy_spend.dataset", "privacy_spend.month", "privacy_spend.part"],
        name="fk_open_file_region_privacy_spend",
    ),
)
