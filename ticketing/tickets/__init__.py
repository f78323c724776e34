"""Tickets: signed tokens, their keys, their revocation list and their barcodes."""
