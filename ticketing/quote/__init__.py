"""Quote: an offer becomes a stored, frozen price with its shares, taxes and derivation."""
