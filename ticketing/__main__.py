"""`python -m ticketing` is the command `throughfare`."""

from ticketing.cli import program

program()
