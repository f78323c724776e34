"""Hold the bank's statements against what runs pay: read camt files, match lines, book them, clear what nobody knows."""

from ticketing.db.settlement.bank import BankLine
from ticketing.settlement.bank.answers import Answered, take_answer
from ticketing.settlement.bank.camt import MAX_BYTES
from ticketing.settlement.bank.expected import list_expected
from ticketing.settlement.bank.folder import Moved, exchange, is_answer, take_file
from ticketing.settlement.bank.looking_up import find_lines
from ticketing.settlement.bank.matching import Expected, Finding
from ticketing.settlement.bank.reconcile import (
    Taken,
    book_line,
    import_statement,
    list_booked,
    list_converted,
    review,
    take_statement,
)
from ticketing.settlement.bank.suspense import (
    Waiting,
    clear_suspense,
    get_booked,
    list_suspense,
    operators_of,
    unbook_line,
)
from ticketing.settlement.bank.trail import WAYS, Way, booking_of, kind_of, source_of

__all__ = [
    "MAX_BYTES",
    "WAYS",
    "Answered",
    "BankLine",
    "Expected",
    "Finding",
    "Moved",
    "Taken",
    "Waiting",
    "Way",
    "book_line",
    "booking_of",
    "clear_suspense",
    "exchange",
    "find_lines",
    "get_booked",
    "import_statement",
    "is_answer",
    "kind_of",
    "list_booked",
    "list_converted",
    "list_expected",
    "list_suspense",
    "operators_of",
    "review",
    "source_of",
    "take_answer",
    "take_file",
    "take_statement",
    "unbook_line",
]
