"""Stand-ins for operators' systems; in the distribution `throughfare-lab`."""
