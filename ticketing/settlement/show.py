"""A settlement run as finance staff read it. Pure."""

from typing import Any

from ticketing.clock import written
from ticketing.db.runs import Run


def run(made: Run) -> dict[str, Any]:
    """A settlement run with its frozen dataset."""
    return {
        "id": made.id,
        "version": made.version,
        "state": made.state,
        "digest": made.digest,
        "prepared_by": made.prepared_by,
        "created_at": written(made.created_at),
        **made.document,
    }
