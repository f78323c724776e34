"""What is printed of a ticket, apart from the page: who names it need not load what draws PDF."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Printable:
    """What is printed of a ticket; `legs` as the order shows them."""

    token: str
    rider: str
    not_before: datetime
    expires_at: datetime
    control_code: str
    legs: Sequence[Mapping[str, Any]]
    demo: bool
    issued_at: datetime
