"""Operators: connectors to their systems behind one port, and the data they publish."""
