"""Answer what operators ask of a run: disputes about its lines, the trail of a ticket's money, and how each is shown."""

from ticketing.settlement.claims.disputes import (
    OPEN,
    answer,
    bearers,
    check_answer,
    get_case,
    gross_of,
    list_cases,
    open_dispute,
    withdraw,
)
from ticketing.settlement.claims.show import absent as show_absent
from ticketing.settlement.claims.show import account as show_account
from ticketing.settlement.claims.show import answers as show_answers
from ticketing.settlement.claims.show import case as show_case
from ticketing.settlement.claims.show import finding as show_finding
from ticketing.settlement.claims.show import run as show_run
from ticketing.settlement.claims.show import statement as show_statement
from ticketing.settlement.claims.show import trail as show_trail
from ticketing.settlement.claims.show import waiting as show_waiting
from ticketing.settlement.claims.trace import Followed, TicketTrace, explain, find_lines, follow

__all__ = [
    "OPEN",
    "Followed",
    "TicketTrace",
    "answer",
    "bearers",
    "check_answer",
    "explain",
    "find_lines",
    "follow",
    "get_case",
    "gross_of",
    "list_cases",
    "open_dispute",
    "show_absent",
    "show_account",
    "show_answers",
    "show_case",
    "show_finding",
    "show_run",
    "show_statement",
    "show_trail",
    "show_waiting",
    "withdraw",
]
