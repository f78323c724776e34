"""The map of impacts at `/map`: pages for everybody, from published numbers alone, without a script."""

from ticketing.atlas.blueprint import register

__all__ = ["register"]
