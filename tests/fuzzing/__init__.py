"""Inputs that a fuzzer makes for the readers of what strangers send: it follows the code's branches (atheris)."""
