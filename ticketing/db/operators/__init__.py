"""Calls to operators' systems with their answers, the state of runs, and the state of the worker's jobs."""
