"""Describe the caller: a role, an operator where the role is limited to one, and the rights of the role."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ticketing.errors import NotAllowed

# `app` is the backend of a commuters' app: it is told of the orders that name it, and may do nothing else.
Role = Literal["gate", "operator_staff", "operator_finance", "operator_admin", "finance", "admin", "app"]

ROLES: tuple[Role, ...] = (
    "gate",
    "operator_staff",
    "operator_finance",
    "operator_admin",
    "finance",
    "admin",
    "app",
)
OPERATOR_ROLES: tuple[Role, ...] = ("gate", "operator_staff", "operator_finance", "operator_admin")

# The roles that settle and read money: a person has each, in the console and by keys.
STAFF_ROLES: tuple[Role, ...] = ("finance", "operator_finance", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated API key; `line` is the same for a key and its successors, and empty for a person.

    `owner` is the name of the person whose key it is, empty for a machine's; `verified_at` is when they last gave a code.
    """

    key_id: str
    role: Role
    operator: str | None
    line: str = ""
    owner_id: str = ""
    owner: str = ""
    verified_at: datetime | None = None

    @property
    def actor(self) -> str:
        """The name that signs what this caller does: the owner's, or the first key of its line: all of them are one person."""
        return self.owner or f"key {self.line or self.key_id}"

    def require(self, *roles: Role) -> "Principal":
        """Raise NotAllowed unless this caller has one of the roles."""
        if self.role not in roles:
            raise NotAllowed(f"a key with the role {self.role} may not do this")
        return self

    def require_operator(self, operator: str) -> "Principal":
        """Raise NotAllowed when this caller is limited to another operator."""
        if self.role in OPERATOR_ROLES and self.operator != operator:
            raise NotAllowed("this key belongs to another operator")
        return self
