"""Share failures and attacks with the partners of a scheme: records from facts that are there, signed, and answered."""
