"""How often somebody may call: flask-limiter over counters in the database, so that all workers count together."""

import hashlib
import time
from collections.abc import Callable
from typing import Any, cast

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits.storage import Storage

from ticketing.api.context import rooms

T = Callable[..., Any]


class SharedCounters(Storage):
    """A storage of the library `limits` over the application's own counters."""

    STORAGE_SCHEME = ["throughfare"]  # noqa: RUF012  the library's own spelling

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What this storage raises when it fails."""
        return OSError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; answers the count of the running window."""
        return rooms().counters.increase(f"rate:{key}", amount, expiry, int(time.time()))

    def get(self, key: str) -> int:
        """The count of the running window."""
        return rooms().counters.read(f"rate:{key}", int(time.time()))[0]

    def get_expiry(self, key: str) -> float:
        """When the running window ends, in POSIX seconds."""
        return float(rooms().counters.read(f"rate:{key}", int(time.time()))[1])

    def check(self) -> bool:
        """The database answers, or the service is not ready anyway."""
        return True

    def reset(self) -> int | None:
        """Counters end by themselves."""
        return None

    def clear(self, key: str) -> None:
        """Forget one counter."""
        rooms().counters.clear(f"rate:{key}")


def _caller() -> str:
    """Whom to count: the bearer of a token, else the address."""
    header = request.headers.get("Authorization", "")
    return f"t:{hash_of(header)}" if header else f"a:{get_remote_address()}"


def hash_of(text: str) -> str:
    """A short hash, so that no token stands in a counter's name."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


_limiter = Limiter(
    key_func=_caller, storage_uri="throughfare://", strategy="fixed-window", headers_enabled=False
)


def register(app: Flask, *, enabled: bool) -> None:
    """Hook the limiter into an application; a limit that is reached answers 429 with Retry-After."""
    app.config["RATELIMIT_ENABLED"] = enabled
    app.config["RATELIMIT_HEADERS_ENABLED"] = False
    _limiter.init_app(app)
    if enabled:
        # A limited view asks by itself; the hook looks for limits of whole applications, of which there are none.
        app.before_request_funcs[None].remove(_limiter._check_request_limit)  # noqa: SLF001

    @app.after_request
    def _retry_after(response: Response) -> Response:
        limit = _limiter.current_limit if current_app.config["RATELIMIT_ENABLED"] else None
        if response.status_code == 429 and limit is not None and "Retry-After" not in response.headers:  # noqa: PLR2004
            response.headers["Retry-After"] = str(max(1, int(limit.reset_at - time.time())))
        return response


def limited(rate: str) -> Callable[[T], T]:
    """Limit a view: `limited("20 per minute")`, for each caller."""
    return cast("Callable[[T], T]", _limiter.limit(rate))
