"""The code that gates and the service share: readers of tickets, the decision, its words, and the program of a gate.

It is a distribution of its own, `throughfare-gate`, on which the service depends. It knows nothing of the service.
"""
