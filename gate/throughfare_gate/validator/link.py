"""The gate's calls to the server: enrol, fetch the bundle, tell scans. Whatever fails is tried again later."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from throughfare_gate.gate.additions import FORMAT
from throughfare_gate.moments import written
from throughfare_gate.validator.identity import Identity
from throughfare_gate.validator.store import StoredScan

SOFTWARE = "throughfare-gate 1"
_REFRESH_SECONDS = (5, 3600)
_TIMEOUT = httpx.Timeout(10, connect=5)
_NOT_MODIFIED, _UNAUTHORISED, _FORBIDDEN, _CREATED, _OK = 304, 401, 403, 201, 200


class LinkDown(Exception):
    """The server did not answer, or not as it should; try again later."""


class Revoked(Exception):
    """The server says that this device is revoked."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A bundle as it came, or None when it has not changed; after `again_seconds` the server wants to be asked again."""

    bundle: str | None
    etag: str
    again_seconds: int | None = None


def again_seconds(answer: httpx.Response) -> int | None:
    """Read `Refresh-After`: whole seconds from 5 to 3600; anything else is no word, and the gate asks each minute."""
    said = answer.headers.get("Refresh-After", "")
    if not (said.isascii() and said.isdigit()) or len(said) > len(str(_REFRESH_SECONDS[1])):
        return None
    return int(said) if _REFRESH_SECONDS[0] <= int(said) <= _REFRESH_SECONDS[1] else None


def enrol(server: str, code: str, public_key: dict[str, str]) -> dict[str, Any]:
    """Enrol with a code; gives what the server says. Raises LinkDown with the server's words."""
    body = {"code": code, "public_key": public_key, "software": SOFTWARE, "format": FORMAT}
    try:
        answer = httpx.post(f"{server}/v1/devices/enrolments", json=body, timeout=_TIMEOUT)
    except httpx.HTTPError as error:
        raise LinkDown(f"{server} does not answer: {error}") from None
    if answer.status_code != _CREATED:
        raise LinkDown(_detail(answer))
    reply: dict[str, Any] = answer.json()
    return reply


class Link:
    """One gate's connection; a thread has its own."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._client = httpx.Client(base_url=identity.enrolment.server, timeout=_TIMEOUT)

    def fetch_bundle(self, since: int, etag: str, queue: int, offset: int) -> Fetched:
        """Fetch what has changed; raises LinkDown or Revoked."""
        answer = self._call(
            "GET",
            f"/v1/operators/{self._identity.enrolment.operator}/gate-bundle",
            offset,
            params={"since": since, "queue": queue, "clock_offset": offset, "format": FORMAT},
            headers={"If-None-Match": etag} if etag else {},
        )
        if answer.status_code == _NOT_MODIFIED:
            return Fetched(None, etag, again_seconds(answer))
        if answer.status_code == _FORBIDDEN:
            raise Revoked(_detail(answer))
        if answer.status_code != _OK:
            raise LinkDown(_detail(answer))
        return Fetched(answer.text, answer.headers.get("ETag", ""), again_seconds(answer))

    def tell(self, scans: Sequence[StoredScan], offset: int) -> list[str]:
        """Tell scans; gives the ids that the server has confirmed. Raises LinkDown: nothing may be dropped."""
        answer = self._call(
            "POST", "/v1/validations/batch", offset, json={"scans": [_fact(scan) for scan in scans]}
        )
        if answer.status_code != _OK:
            raise LinkDown(_detail(answer))
        return [str(outcome["scan_id"]) for outcome in answer.json()["outcomes"]]

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _call(self, method: str, path: str, offset: int, **more: Any) -> httpx.Response:
        """Call with a fresh token; one that is refused for its time is signed once more by the server's.

        A clock that a long power cut has put back by years could otherwise never learn what time it is.
        """
        answer = self._send(method, path, offset, **more)
        told = _clock_error(answer) if answer.status_code == _UNAUTHORISED else None
        return answer if told is None else self._send(method, path, told, **more)

    def _send(self, method: str, path: str, offset: int, **more: Any) -> httpx.Response:
        headers = {**more.pop("headers", {}), "Authorization": f"Bearer {self._identity.token(offset)}"}
        try:
            return self._client.request(method, path, headers=headers, **more)
        except httpx.HTTPError as error:
            raise LinkDown(f"no answer: {type(error).__name__}") from None


def _clock_error(answer: httpx.Response) -> int | None:
    """Measure how far this clock is behind the server's, as the head of an answer tells it."""
    try:
        return int(parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time())
    except (KeyError, ValueError):
        return None


def _fact(scan: StoredScan) -> dict[str, Any]:
    return {
        "scan_id": scan.scan_id,
        "seq": scan.seq,
        "jti": scan.jti,
        "leg": scan.leg or 0,
        "device_ts": written(datetime.fromtimestamp(scan.device_ts, UTC)),
        "clock_offset": scan.clock_offset,
        "decision": "accept" if scan.admitted else "refuse",
        "reason": scan.reason,
        "bundle_version": scan.bundle_version,
        "direction": scan.direction,
    }


def _detail(answer: httpx.Response) -> str:
    try:
        return f"{answer.status_code}: {answer.json()['detail']}"
    except (json.JSONDecodeError, KeyError, TypeError):
        return f"the server answers {answer.status_code}"
