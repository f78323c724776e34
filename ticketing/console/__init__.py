"""The console: HTML pages for the scheme's staff, without JavaScript, over the same rooms as the API."""

from ticketing.console import (
    accounts,
    bank,
    books,
    cases,
    claims,
    codes,
    day,
    devices,
    disputes,
    disruptions,
    door,
    live,
    months,
    orders,
    payouts,
    runs,
    statements,
)
from ticketing.console.blueprint import Console, register

__all__ = [
    "Console",
    "accounts",
    "bank",
    "books",
    "cases",
    "claims",
    "codes",
    "day",
    "devices",
    "disputes",
    "disruptions",
    "door",
    "live",
    "months",
    "orders",
    "payouts",
    "register",
    "runs",
    "statements",
]
