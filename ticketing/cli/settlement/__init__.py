"""Net obligations, close a month, pay, hold the bank against it, answer disputes."""
