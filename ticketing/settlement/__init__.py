"""Settlement: the postings of a period become positions, payments and statements."""
