"""A job in a process of its own, whose memory is measured."""

from datetime import UTC, datetime

from ticketing.db.settlement.runs import Run

AT = datetime(2026, 9, 1, tzinfo=UTC)
DOCUMENT = {
    "demo": False,
    "operators": [],
    "other": [],
    "opening": [],
    "carried": [],
    "positions": [],
    "accounts": [{"currency": "EUR"}],
    "payments": [],
}
RUN = Run(
    id="run",
    region="r",
    period="2026-09",
    version=1,
    state="calculated",
    digest="digest",
    prepared_by="Anna",
    created_at=AT,
    document=DOCUMENT,
)
