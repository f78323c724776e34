"""The console: HTML pages for the scheme's staff, without JavaScript, over the same rooms as the API."""

from ticketing.console import deployment, desk, month, paying
from ticketing.console.blueprint import Console, register

__all__ = ["Console", "deployment", "desk", "month", "paying", "register"]
