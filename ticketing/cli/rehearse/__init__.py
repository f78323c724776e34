"""Rehearse a region against processes of its own; in the distribution `throughfare-lab`."""
