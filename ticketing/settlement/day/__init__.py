"""The picture of a day: where the money is, what is unexplained, who owes since when, what the next run pays."""

from ticketing.settlement.day.document import as_document
from ticketing.settlement.day.picture import PLACES, Aged, Debt, Exposure, Jump, Place, Unexplained
from ticketing.settlement.day.read import Day, ToApprove, read_day

__all__ = [
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
    "read_day",
]
