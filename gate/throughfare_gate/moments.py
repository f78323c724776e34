"""Write moments in the one form in which answers and sentences tell them."""

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """Write a moment in UTC and whole seconds (RFC 3339), with `Z`."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
