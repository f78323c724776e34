"""A guest's access to one order: a MAC over the order's id, so that nothing secret is stored with it."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ticketing.identity.mac_secrets import MacSecrets

# An order is sold for months ahead, its passes last a year, and its claims a year more; then nothing of it is left to do.
LONGEST = timedelta(days=3 * 366)

_PREFIX = "tf_order_"


class OrderTokens:
    """Issues and checks order tokens."""

    def __init__(self, secrets: MacSecrets) -> None:
        self.secrets = secrets

    def issue_link(self, order_id: str, letter: str, until: datetime) -> str:
        """Make the code of a link in one letter about an order: whoever has it opens the order, once and until a moment."""
        said = f"{order_id}.{letter}.{int(until.timestamp())}"
        return f"{said}.{_mac(self.secrets.issuing, f'link:{said}')}"

    def read_link(self, code: str, now: datetime) -> tuple[str, str] | None:
        """Read the order and the letter of a link's code; None for one that is not ours, or is over."""
        said, _, mac = code.rpartition(".")
        if not self._is_ours(f"link:{said}", mac):
            return None
        order_id, letter, until = said.split(".")
        return (order_id, letter) if now < datetime.fromtimestamp(int(until), UTC) else None

    def issue(self, order_id: str) -> str:
        """The token that opens this order and no other."""
        return _PREFIX + _mac(self.secrets.issuing, f"order:{order_id}")

    def opens(self, order_id: str, token: str) -> bool:
        """Tell whether the token belongs to this order, compared in constant time."""
        return token.startswith(_PREFIX) and self._is_ours(f"order:{order_id}", token.removeprefix(_PREFIX))

    def _is_ours(self, said: str, mac: str) -> bool:
        ours = [_mac(secret, said).encode() for secret in self.secrets.accepted]
        # Each is compared, so that the time tells nothing of which it was.
        return sum(hmac.compare_digest(own, mac.encode()) for own in ours) > 0


def is_over(order_id: str, now: datetime) -> bool:
    """Tell by the moment in an order's id (UUIDv7, RFC 9562) whether its journey and its claims are long over."""
    try:
        placed = datetime.fromtimestamp((UUID(order_id).int >> 80) / 1000, UTC)
    except (ValueError, OverflowError):
        return False
    return now - placed > LONGEST


def _mac(secret: bytes, said: str) -> str:
    mac = hmac.new(secret, said.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
