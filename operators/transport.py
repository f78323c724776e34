"""The wire: every HTTP call of every connector, with a deadline, a size limit, no redirects and no proxies.

It says what a failure means: `Unavailable` only where no byte of the request was sent or the answer says so,
`OutcomeUnknown` wherever a change may have happened, `BadReply` for an unreadable answer to a read.
"""

import contextvars
import json
import re
import ssl
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal, NoReturn

import httpcore
import httpx

from operators import watching
from operators.addresses import AddressRefused, resolve
from operators.errors import BadReply, OperatorError, OutcomeUnknown, Refused, Unavailable

_UNAUTHORISED = {401, 403}
_TOO_MANY, _NOT_NOW, _SERVER_ERRORS = 429, 503, 500
_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_MAX_DEPTH_TEXT = "the JSON is nested too deeply"
# The fault of the next changing call, only for the conformance suite: it works against any endpoint.
Accident = Literal["request_lost", "answer_lost"]
accident: contextvars.ContextVar[Accident | None] = contextvars.ContextVar("accident", default=None)
# When the call under way must have ended, by time.monotonic().
_deadline: contextvars.ContextVar[float] = contextvars.ContextVar("deadline")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a call: its time in all, the time of a connection, and the size of its answer.

    Where the status of an answer is all that is asked for, `cuts_replies`: a longer answer is read so far and no further.
    """

    call_seconds: float = 10.0
    connect_seconds: float = 2.0
    reply_bytes: int = 1_000_000
    cuts_replies: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was read to its end, or to where it is cut."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The body as JSON, numbers with a point as Decimal; raises BadReply."""
        if "json" not in self.headers.get("content-type", "").lower():
            raise BadReply(f"the answer is {self.headers.get('content-type')!r}, not JSON")
        return read_json(self.content)


@dataclass(frozen=True, slots=True)
class Wire:
    """One operator's server. `headers` go with every call and are never logged."""

    client: httpx.Client
    limits: Limits

    def call(
        self,
        method: str,
        url: str,
        *,
        changes: bool,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        """Make one call, once. `changes` says whether it may change something at the operator.

        Raises Unavailable, OutcomeUnknown, BadReply or Refused (unauthorised); any other status is the
        caller's to read.
        """
        befalls = accident.get() if changes else None
        if befalls == "request_lost":
            raise OutcomeUnknown("the request was lost on purpose")
        before = _deadline.set(time.monotonic() + self.limits.call_seconds)
        try:
            reply = self._exchange(
                self.client.build_request(
                    method, url, json=body, params=query, headers=headers, content=content
                )
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unavailable(f"no connection: {error}") from error
        except (UnicodeError, httpx.InvalidURL) as error:  # no name of the network: nothing was sent
            raise Unavailable(f"no connection: {type(error).__name__} {error}") from error
        except (httpx.HTTPError, httpx.StreamError, _TooLarge) as error:
            raise _lost(changes, f"{method} was not answered: {type(error).__name__} {error}") from error
        finally:
            _deadline.reset(before)
        if befalls == "answer_lost":
            raise OutcomeUnknown("the answer was lost on purpose")
        _refuse_failures(reply, changes)
        return reply

    def _exchange(self, request: httpx.Request) -> Reply:
        watch = watching.current()
        if watch is None:
            return self._read(request)
        with watch(request.method, request.url.host, request.headers) as answered:
            reply = self._read(request)
            answered(reply.status)
            return reply

    def _read(self, request: httpx.Request) -> Reply:
        with closing(self.client.send(request, stream=True)) as response:
            parts, size = [], 0
            # Compressed answers are not asked for: what arrives is what is counted.
            for part in response.iter_raw():
                size += len(part)
                if size > self.limits.reply_bytes:
                    if self.limits.cuts_replies:
                        break
                    raise _TooLarge(f"more than {self.limits.reply_bytes} bytes")
                parts.append(part)
            return Reply(response.status_code, dict(response.headers), b"".join(parts))


def open_wire(
    *, limits: Limits | None = None, allow_private: bool = False, headers: Mapping[str, str] | None = None
) -> Wire:
    """Open a client for one operator. Each call has a connection of its own.

    A connection kept alive may be closed by the other side just when a change is sent on it, and then
    nobody knows whether it arrived: a handshake costs less than a case for a human.
    """
    limits = limits or Limits()
    client = httpx.Client(
        transport=_Transport(allow_private=allow_private),
        timeout=httpx.Timeout(limits.call_seconds, connect=limits.connect_seconds),
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "throughfare", **(headers or {})},
    )
    return Wire(client, limits)


def read_json(content: bytes) -> Any:
    """Strict JSON: no NaN, no repeated names, UTF-8, no text that cannot be stored; raises BadReply."""
    try:
        document = json.loads(
            content.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_once_each,
        )
        if _ESCAPED.search(content):
            _refuse_unstorable(document)
    except RecursionError as error:
        raise BadReply(_MAX_DEPTH_TEXT) from error
    except ValueError as error:
        raise BadReply(f"the answer is not JSON: {error}") from error
    return document


def _refuse_unstorable(found: Any) -> None:
    """Raise ValueError for what JSON's escapes can say and a database cannot keep: half a surrogate pair, and U+0000."""
    text = json.dumps(found, ensure_ascii=False, default=str)
    text.encode()
    if "\\u0000" in text:
        raise ValueError("the character U+0000")


class LazyWire:
    """A client that is opened on first use: a region is checked and loaded without it.

    One that is not `ready` (its secret is not set) calls nobody: every call is Unavailable.
    """

    def __init__(
        self, limits: Limits, headers: Mapping[str, str], *, allow_private: bool, ready: bool = True
    ) -> None:
        self._limits, self._headers, self._allow_private = limits, headers, allow_private
        self._ready = ready
        self._wire: Wire | None = None

    def call(self, method: str, url: str, *, changes: bool, **more: Any) -> Reply:
        """Call the operator as `Wire.call` does."""
        if not self._ready:
            raise Unavailable("its secret is not set in the environment, so it is not asked")
        if self._wire is None:
            self._wire = open_wire(
                limits=self._limits, allow_private=self._allow_private, headers=self._headers
            )
        return self._wire.call(method, url, changes=changes, **more)


class _TooLarge(Exception):
    """The answer is larger than allowed."""


class _Transport(httpx.HTTPTransport):
    """httpx's transport over a pool that checks addresses, keeps the deadline and keeps nothing alive."""

    def __init__(self, *, allow_private: bool) -> None:
        super().__init__(verify=_trust(), trust_env=False)
        # httpx offers no way to hand a network backend to the pool that it makes.
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trust(),
            max_keepalive_connections=0,
            network_backend=_Backend(allow_private),
        )


@cache
def _trust() -> ssl.SSLContext:
    """The machine's certificates, read once: it takes longer than a call."""
    return ssl.create_default_context()


class _Backend(httpcore.SyncBackend):
    """Connects to the very address that was checked."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            address = resolve(host, port, allow_private=self._allow_private)
        except (AddressRefused, OSError) as error:
            raise httpcore.ConnectError(str(error)) from error
        stream = super().connect_tcp(address, port, _left(timeout), local_address, socket_options)
        return _Stream(stream)


class _Stream(httpcore.NetworkStream):
    """A connection on which no single read or write outlives the call's deadline, drop by drop or not."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if time.monotonic() >= _deadline.get():
            raise httpcore.ReadTimeout("the call took too long")
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(timeout: float | None) -> float:
    left = max(0.001, _deadline.get() - time.monotonic())
    return left if timeout is None else min(timeout, left)


def _refuse_failures(reply: Reply, changes: bool) -> None:
    error = _failure(reply, changes)
    if error is not None:
        error.status = reply.status
        raise error


def _failure(reply: Reply, changes: bool) -> OperatorError | None:
    answered = f"the operator answered {reply.status}"
    if reply.status in _UNAUTHORISED:
        return Refused("unauthorised", f"{answered}: is the secret right?")
    if reply.status in {_TOO_MANY, _NOT_NOW}:
        return Unavailable(answered, _retry_after(reply))
    # An error after the work was done looks like one before it.
    return _lost(changes, answered) if reply.status >= _SERVER_ERRORS else None


def _retry_after(reply: Reply) -> float | None:
    """Seconds that the operator asks to wait; a date is left to the ordinary pauses."""
    value = reply.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else None  # noqa: PLR2004  a day


def _lost(changes: bool, detail: str) -> OperatorError:
    return OutcomeUnknown(detail) if changes else Unavailable(detail)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated in an object")
    return found
