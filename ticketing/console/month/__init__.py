"""Months: what waits, figures and pictures, closing, runs with their steps and files, statements, and the way to a line."""

from ticketing.console.month import closing, find, home, runs, statements

__all__ = ["closing", "find", "home", "runs", "statements"]
