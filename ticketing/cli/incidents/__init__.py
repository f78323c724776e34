"""`throughfare incidents`: share failures and attacks with partners, answer theirs, keep the clocks."""
