"""Accounts, keys and staff, what each may do, did, and how often they called."""
