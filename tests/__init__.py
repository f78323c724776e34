"""The suite. What is said here holds before any of its modules is read."""

import sys

# Where it finds this package, jsonschema builds 38 grammars for a format that no schema of ours asks for (IRI): a seventh of
# the time in which each process of the suite collects its tests.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
