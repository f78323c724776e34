"""`python -m ticketing.validator`: the command `throughfare-gate`."""

from ticketing.validator.program import main

main()
