"""Tickets as they were signed, their revocation and the uses of their legs."""
