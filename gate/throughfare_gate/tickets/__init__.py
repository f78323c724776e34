"""Read signed tickets, proofs, keys and status lists; the service issues them in `ticketing.tickets`."""
