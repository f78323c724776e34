"""Runs with their steps and files, bank accounts and lines, disputes, and carnets that ended unused."""
