"""Paying: bank accounts, the bank's statement, transfers to passengers, the proof of the books."""

from ticketing.console.paying import accounts, bank, books, day, payouts

__all__ = ["accounts", "bank", "books", "day", "payouts"]
