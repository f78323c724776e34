"""Months: what waits, closing, runs with their steps and files, statements, and the way to a line."""

from ticketing.console.month import months, runs, statements

__all__ = ["months", "runs", "statements"]
