"""Claims: a delay that the law pays for becomes a claim by itself, is decided from stored facts, and is paid over the payment."""

from ticketing.claims.account import give_account
from ticketing.claims.advancing import carry_on, decision_of, list_to_carry_on
from ticketing.claims.carried import ridden_run
from ticketing.claims.contesting import (
    CONTEST_REASONS,
    Contest,
    ContestReason,
    Ruling,
    Verdict,
    contest,
    list_contested,
    rule,
)
from ticketing.claims.desk import (
    EVIDENCE_IN,
    ClaimsDesk,
    Ends,
    OneLeg,
    Proof,
    ends_of,
    judge_leg,
    prove,
    run_of,
)
from ticketing.claims.opening import list_runs_due, open_for_holder, open_of_run
from ticketing.claims.payouts import (
    PayoutLine,
    get_run,
    list_runs,
    list_waiting,
    message_id,
    payouts_file,
    prepare,
    refuse,
    release,
    withdraw,
)
from ticketing.claims.proving import verify_claims
from ticketing.claims.score import Score, list_scores
from ticketing.claims.show import get_for_staff, list_for_staff, list_of_order, show_to_holder, show_to_staff
from ticketing.claims.terms import check_rights
from ticketing.db.rights.claims import STATES, State

__all__ = [
    "CONTEST_REASONS",
    "EVIDENCE_IN",
    "STATES",
    "ClaimsDesk",
    "Contest",
    "ContestReason",
    "Ends",
    "OneLeg",
    "PayoutLine",
    "Proof",
    "Ruling",
    "Score",
    "State",
    "Verdict",
    "carry_on",
    "check_rights",
    "contest",
    "decision_of",
    "ends_of",
    "get_for_staff",
    "get_run",
    "give_account",
    "judge_leg",
    "list_contested",
    "list_for_staff",
    "list_of_order",
    "list_runs",
    "list_runs_due",
    "list_scores",
    "list_to_carry_on",
    "list_waiting",
    "message_id",
    "open_for_holder",
    "open_of_run",
    "payouts_file",
    "prepare",
    "prove",
    "refuse",
    "release",
    "ridden_run",
    "rule",
    "run_of",
    "show_to_holder",
    "show_to_staff",
    "verify_claims",
    "withdraw",
]
