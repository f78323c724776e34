"""Hold the bank's statements against what runs pay: read camt files, match lines, book them, clear what nobody knows."""

from ticketing.settlement.bank.camt import MAX_BYTES
from ticketing.settlement.bank.looking_up import find_lines
from ticketing.settlement.bank.matching import Expected, Finding
from ticketing.settlement.bank.reconcile import (
    book_line,
    import_statement,
    list_booked,
    list_converted,
    review,
)
from ticketing.settlement.bank.suspense import (
    Waiting,
    clear_suspense,
    get_booked,
    list_suspense,
    operators_of,
    unbook_line,
)
from ticketing.settlement.bank.trail import WAYS, Way, kind_of, source_of

__all__ = [
    "MAX_BYTES",
    "WAYS",
    "Expected",
    "Finding",
    "Waiting",
    "Way",
    "book_line",
    "clear_suspense",
    "find_lines",
    "get_booked",
    "import_statement",
    "kind_of",
    "list_booked",
    "list_converted",
    "list_suspense",
    "operators_of",
    "review",
    "source_of",
    "unbook_line",
]
