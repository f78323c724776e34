"""Races beside a peer that is a service of its own: `make bench-peers` installs it into an environment of its own."""
