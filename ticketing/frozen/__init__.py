"""Stored documents that never change: each has a type, one reader (JSON to type) and one writer (type to JSON).

Readers are strict: a missing, unknown or ill-typed field raises Unreadable, which names it. What is written is what was read,
byte for byte in canonical form, so that hashes and replays hold.
"""

from ticketing.frozen.fields import Unreadable
from ticketing.frozen.legs import Leg, Stop, left_of, read_leg, write_leg
from ticketing.frozen.prices import (
    LeftPrice,
    PricedPassenger,
    PriceItem,
    PriceShare,
    PriceTax,
    gross_of,
    name_of,
)
from ticketing.frozen.quotes import (
    OfferDocument,
    QuoteDocument,
    find_promise,
    is_unverified,
    read_offer,
    read_quote,
    write_quote,
)
from ticketing.frozen.refunds import (
    Again,
    LineDocument,
    RefundDocument,
    read_refund,
    write_line,
    write_refund,
)
from ticketing.frozen.rides import read_ride, write_ride
from ticketing.frozen.run_lines import (
    AccountSum,
    Conversion,
    KeptRate,
    Opening,
    OtherSum,
    PartyAmount,
    PoolCount,
    RunPayment,
    ShareSum,
    TaxSum,
    Unconverted,
)
from ticketing.frozen.runs import Dataset, Ending, RunDocument, read_run, write_run
from ticketing.frozen.seasons import CARNET, SoldPass
from ticketing.frozen.tickets import TicketDocument, read_ticket, write_ticket

__all__ = [
    "CARNET",
    "AccountSum",
    "Again",
    "Conversion",
    "Dataset",
    "Ending",
    "KeptRate",
    "LeftPrice",
    "Leg",
    "LineDocument",
    "OfferDocument",
    "Opening",
    "OtherSum",
    "PartyAmount",
    "PoolCount",
    "PriceItem",
    "PriceShare",
    "PriceTax",
    "PricedPassenger",
    "QuoteDocument",
    "RefundDocument",
    "RunDocument",
    "RunPayment",
    "ShareSum",
    "SoldPass",
    "Stop",
    "TaxSum",
    "TicketDocument",
    "Unconverted",
    "Unreadable",
    "find_promise",
    "gross_of",
    "is_unverified",
    "left_of",
    "name_of",
    "read_leg",
    "read_offer",
    "read_quote",
    "read_refund",
    "read_ride",
    "read_run",
    "read_ticket",
    "write_leg",
    "write_line",
    "write_quote",
    "write_refund",
    "write_ride",
    "write_run",
    "write_ticket",
]
