"""Cases for other implementations of a gate's decision; in the distribution `throughfare-lab`."""
