"""The pages for people without an account here: the landing page, and the built files of the commuter's app."""

from ticketing.web import blueprint

__all__ = ["blueprint"]
