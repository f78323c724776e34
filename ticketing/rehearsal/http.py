"""Call the service as any client does, and keep every answer."""

import json
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from ticketing.rehearsal.journey import Call

_IDS = re.compile(r"/(?=[^/]*\d)[A-Za-z0-9_-]{16,}")
# The files of a month with thousands of lines take their time.
_PATIENCE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, its JSON (or None), its bytes."""

    status: int
    body: Any
    content: bytes = b""

    @property
    def ok(self) -> bool:
        """True where it was done."""
        return self.status < HTTPStatus.BAD_REQUEST

    @property
    def code(self) -> str:
        """The problem's code, empty where there is none."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) and not self.ok else ""

    @property
    def detail(self) -> str:
        """The problem in words."""
        return str(self.body.get("detail", "")) if isinstance(self.body, dict) else ""


class Client:
    """One caller; `note` hears every call."""

    def __init__(self, url: str, note: Callable[[Call], None]) -> None:
        self._http = httpx.Client(base_url=url, timeout=_PATIENCE_SECONDS)
        self.note = note

    def get(self, path: str, key: str | None = None) -> Reply:
        """GET."""
        return self._call("GET", path, key)

    def post(self, path: str, body: Any, key: str | None = None, *, once: bool = False) -> Reply:
        """POST; `once` sends a new Idempotency-Key."""
        return self._call("POST", path, key, body, once=once)

    def put(self, path: str, body: Any, key: str | None = None) -> Reply:
        """PUT."""
        return self._call("PUT", path, key, body)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _call(
        self, method: str, path: str, key: str | None, body: Any = None, *, once: bool = False
    ) -> Reply:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if once:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        answer = self._http.request(method, path, headers=headers, json=body)
        reply = Reply(answer.status_code, _body(answer), answer.content)
        self.note(Call(method, _IDS.sub("/…", path), reply.status, reply.code, reply.detail))
        return reply


def _body(answer: httpx.Response) -> Any:
    if "json" not in answer.headers.get("Content-Type", ""):
        return None
    try:
        return json.loads(answer.content)
    except ValueError:
        return None


def make_trouble(url: str, words: Sequence[object]) -> None:
    """Tell a stand-in for an operator's feed what troubles its trips."""
    httpx.post(f"{url}/_troubles", json=list(words), timeout=_PATIENCE_SECONDS).raise_for_status()
