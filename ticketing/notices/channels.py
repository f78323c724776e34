"""The ways by which a message leaves, behind one port: each says whether it arrived, may arrive later, or never will."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from operators.errors import OperatorError, Refused, Unavailable

Outcome = Literal["delivered", "later", "never", "gone"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, composed: `id` is the same at every try, `topic` replaces an older message of the same matter.

    `data` are ids for programs, `at` is when it happened; a letter has `subject` and `body`.
    """

    id: str
    topic: str
    type: str
    subject: str
    body: str
    language: str
    data: dict[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The outcome of one try: `gone` where the address itself has ended. `detail` names no address.

    `is_of_host` is False where a failure is that of one message or one address: its host takes the others.
    """

    outcome: Outcome
    detail: str = ""
    is_of_host: bool = True


DELIVERED = Delivery("delivered")


def not_taken(whom: str, error: OperatorError) -> Delivery:
    """Tell whoever runs the other side (`whom`) why it did not take a message: its status, or how far the call came."""
    if error.status is not None:
        return Delivery("later", f"{whom} answers {error.status}", is_of_host=not isinstance(error, Refused))
    if isinstance(error, Unavailable):
        return Delivery("later", f"{whom} cannot be reached")
    return Delivery("later", f"{whom} gives no whole answer in time")


class Channel(Protocol):
    """One way by which messages leave. Thread-safe."""

    def send(self, to: dict[str, str], message: Message) -> Delivery:
        """Send a message to an address of this channel; never raises for what the other side does."""

    def rest(self) -> None:
        """Close what stays open between two messages, until the next one."""
