"""Payments: one gateway port and its adapters."""
