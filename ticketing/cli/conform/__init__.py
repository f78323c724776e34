"""Run the conformance suite; in the distribution `throughfare-lab`."""
