"""Claims: a delay that the law pays for becomes a claim by itself, is decided from stored facts, and is paid over the payment."""

from ticketing.claims.terms import check_rights

__all__ = ["check_rights"]
