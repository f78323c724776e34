"""`python -m throughfare_gate.validator`: the command `throughfare-gate`."""

from throughfare_gate.validator.program import main

main()
