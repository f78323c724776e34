"""The picture of a day: where the money is, what is unexplained, who owes since when, what the next run pays."""

from ticketing.settlement.day.document import as_document
from ticketing.settlement.day.picture import HOLD, PLACES, Aged, Debt, Exposure, Jump, Place, Unexplained
from ticketing.settlement.day.read import Day, ToApprove, list_jumps, read_day

__all__ = [
    "HOLD",
    "PLACES",
    "Aged",
    "Day",
    "Debt",
    "Exposure",
    "Jump",
    "Place",
    "ToApprove",
    "Unexplained",
    "as_document",
    "list_jumps",
    "read_day",
]
