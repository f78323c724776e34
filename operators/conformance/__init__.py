"""The conformance suite: promises of the port, tried against any endpoint, with a score an operator can read."""
