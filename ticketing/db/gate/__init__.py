"""Scans and what they say, devices, and the journal of what people did at gates."""
