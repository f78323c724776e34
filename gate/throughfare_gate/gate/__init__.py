"""Decide about a ticket from a bundle alone, and say why; the service publishes bundles in `ticketing.gate`."""
