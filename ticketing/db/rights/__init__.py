"""Queries about claims: the rows of a claim and its steps, the rule tables kept with them, and what waits to be looked at."""
