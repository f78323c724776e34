"""An access token by client credentials (RFC 6749, section 4.4), kept while it lasts."""

import threading
import time
from urllib.parse import urlencode

from operators.errors import Unavailable
from operators.transport import LazyWire

_EARLY_SECONDS = 60
_OK = range(200, 300)


class ClientCredentials:
    """The credentials of one client at one token address; safe to share between threads."""

    def __init__(self, wire: LazyWire, token_url: str, client_id: str, client_secret: str) -> None:
        self._wire, self._url = wire, token_url
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._token, self._until = "", 0.0
        self._lock = threading.Lock()

    def token(self, *, fresh: bool = False) -> str:
        """A token, renewed a minute early, or at once where a fresh one is wanted; raises Unavailable without one."""
        with self._lock:
            if fresh or time.monotonic() >= self._until:
                self._token, self._until = self._asked()
            return self._token

    def _asked(self) -> tuple[str, float]:
        reply = self._wire.call(
            "POST",
            self._url,
            changes=False,
            content=urlencode(self._form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        answer = reply.json() if reply.status in _OK else {}
        token, lasts = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or type(lasts) is not int:
            raise Unavailable("the vendor gave no access token")
        return token, time.monotonic() + max(0, lasts - _EARLY_SECONDS)
