"""Claims: a delay that the law pays for becomes a claim by itself, is decided from stored facts, and is paid over the payment."""

from ticketing.claims.advancing import carry_on, list_to_carry_on
from ticketing.claims.desk import EVIDENCE_IN, ClaimsDesk
from ticketing.claims.opening import open_due, open_for_holder
from ticketing.claims.proving import verify_claims
from ticketing.claims.terms import check_rights

__all__ = [
    "EVIDENCE_IN",
    "ClaimsDesk",
    "carry_on",
    "check_rights",
    "list_to_carry_on",
    "open_due",
    "open_for_holder",
    "verify_claims",
]
