"""Rehearse a region from outside: play whole journeys over HTTP, and hold what came of them against invariants."""
