"""A guest's access to one order: a MAC over the order's id, so that nothing secret is stored with it."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path

from ticketing.identity.secret_file import SECRET_BYTES, read_or_make


class OrderTokens:
    """Issues and checks order tokens under one secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_BYTES:
            raise ValueError("the secret of order tokens is too short")
        self._secret = secret

    @classmethod
    def from_folder(cls, folder: Path) -> "OrderTokens":
        """Read the secret of this deployment, or make it."""
        return cls(read_or_make(folder / "order-token.key"))

    def issue_link(self, order_id: str, letter: str, until: datetime) -> str:
        """Make the code of a link in one letter about an order: whoever has it opens the order, once and until a moment."""
        said = f"{order_id}.{letter}.{int(until.timestamp())}"
        return f"{said}.{self._mac(f'link:{said}')}"

    def read_link(self, code: str, now: datetime) -> tuple[str, str] | None:
        """Read the order and the letter of a link's code; None for one that is not ours, or is over."""
        said, _, mac = code.rpartition(".")
        if not hmac.compare_digest(self._mac(f"link:{said}").encode(), mac.encode()):
            return None
        order_id, letter, until = said.split(".")
        return (order_id, letter) if now < datetime.fromtimestamp(int(until), UTC) else None

    def issue(self, order_id: str) -> str:
        """The token that opens this order and no other."""
        return "tf_order_" + self._mac(f"order:{order_id}")

    def opens(self, order_id: str, token: str) -> bool:
        """Tell whether the token belongs to this order, compared in constant time."""
        return hmac.compare_digest(self.issue(order_id).encode(), token.encode())

    def _mac(self, said: str) -> str:
        mac = hmac.new(self._secret, said.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).decode().rstrip("=")
