"""Limit calls: counted by address always, by the caller who has proven who it is, and by what is acted on.

A view names its limits with `@limited`; a view without one has those of `_EVERY_VIEW`. The address is counted before
anything of the request is read. What a request only claims to be is never counted: neither a header nor an id opens a
fresh count before it is known to be true. The counts lie in the database, so that all workers count together.
"""

import functools
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from ticketing.api.again import FAILED
from ticketing.errors import TooManyRequests
from ticketing.identity import Counters, Pace
from ticketing.identity.networks import network

V = TypeVar("V", bound=Callable[..., Any])

_UNITS = {"minute": 60, "minutes": 60, "hour": 3600}
_RATE = re.compile(r"(\d+) per (?:(\d+) )?(minutes?|hour)")
# A household or a server owns 2^64 addresses of IPv6, so its network counts as one.


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` calls within `seconds`."""

    most: int
    seconds: int

    def __str__(self) -> str:
        """Say it as a description does: `120 calls in a minute`."""
        unit = {60: "a minute", 3600: "an hour"}.get(self.seconds, f"{self.seconds // 60} minutes")
        return f"{self.most} calls in {unit}"

    @classmethod
    def of(cls, text: str) -> "Rate":
        """Read `60 per minute` or `120 per 10 minutes`."""
        found = _RATE.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no rate")
        return cls(int(found[1]), int(found[2] or 1) * _UNITS[found[3]])


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a view: of calls from one address, and of calls of one caller."""

    address: Rate
    caller: Rate


@dataclass(frozen=True, slots=True)
class Meter:
    """The counter of an application's calls."""

    counters: Counters
    pace: Pace


_EVERY_VIEW = Limits(address=Rate(6000, 60), caller=Rate(600, 60))


def register(app: Flask, counters: Counters, pace: Pace, *, enabled: bool) -> None:
    """Count every request by its address before it is read; with `enabled` off nothing is counted at all."""
    app.extensions["meter"] = Meter(counters, pace) if enabled else None

    @app.before_request
    def _address() -> None:
        if FAILED not in request.environ:
            _count("address", network(request.remote_addr), limits_of_view().address, request.endpoint or "-")


def limited(*, address: str, caller: str = "600 per minute") -> Callable[[V], V]:
    """Limit a view: `limited(address="1200 per minute", caller="120 per minute")`."""
    limits = Limits(Rate.of(address), Rate.of(caller))

    def mark(view: V) -> V:
        view.__dict__["limits"] = limits
        return view

    return mark


def limits_of_view() -> Limits:
    """The limits of the view that answers this request."""
    found: Limits = getattr(view_method(), "limits", _EVERY_VIEW)
    return found


def view_method() -> Callable[..., Any] | None:
    """The function that answers this request, where it is a method of a class of views."""
    view = getattr(current_app.view_functions.get(request.endpoint or ""), "view_class", None)
    name = "get" if request.method == "HEAD" else request.method.lower()
    return getattr(view, name, None)


def count_caller(who: str) -> None:
    """Count a call of somebody who has proven who it is, once a request; raises TooManyRequests."""
    if g.get("counted_caller") != who:
        g.counted_caller = who
        _count("caller", who, limits_of_view().caller, request.endpoint or "-")


def count(what: str, which: str, rate: str) -> None:
    """Count a call that acts on an order, a quote or a ticket which is known to exist; raises TooManyRequests."""
    _count(what, which, Rate.of(rate), request.endpoint or "-")


def spend(calls: int) -> None:
    """Count a call that costs as much as several as so many more of its address; raises TooManyRequests."""
    if calls:
        rate = limits_of_view().address
        _count("address", network(request.remote_addr), rate, request.endpoint or "-", calls=calls)


def is_enabled() -> bool:
    """Tell whether this application counts calls."""
    return current_app.extensions["meter"] is not None


def _count(what: str, which: str, rate: Rate, where: str, *, calls: int = 1) -> None:
    meter: Meter | None = current_app.extensions["meter"]
    if meter is None:
        return
    wait = _wait(meter, _bucket(what, which, where), rate, calls)
    if wait:
        raise TooManyRequests(f"too many calls for one {what}; wait {wait} seconds", wait)


def wait_of_address(app: Flask, endpoint: str, address: str | None, rate: Rate) -> int:
    """Count a call by its address outside of Flask; the seconds to wait, 0 for none."""
    meter: Meter | None = app.extensions["meter"]
    return 0 if meter is None else _wait(meter, _bucket("address", network(address), endpoint), rate, 1)


# A short hash, so that no address and no id stands in a table of counters.
@functools.lru_cache(maxsize=4096)
def _bucket(what: str, which: str, where: str) -> str:
    return f"{what}:{where}:{hashlib.sha256(which.encode()).hexdigest()[:24]}"


def _wait(meter: Meter, bucket: str, rate: Rate, calls: int) -> int:
    return meter.pace.wait_seconds(
        meter.counters, bucket, rate.most, int(time.time()), rate.seconds, calls=calls
    )
