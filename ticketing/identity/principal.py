"""Describe the caller: a role, an operator where the role is limited to one, and the rights of the role."""

from dataclasses import dataclass
from typing import Literal

from ticketing.errors import NotAllowed

Role = Literal["gate", "operator_staff", "operator_finance", "operator_admin", "finance", "admin"]

ROLES: tuple[Role, ...] = ("gate", "operator_staff", "operator_finance", "operator_admin", "finance", "admin")
OPERATOR_ROLES: tuple[Role, ...] = ("gate", "operator_staff", "operator_finance", "operator_admin")


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated API key."""

    key_id: str
    role: Role
    operator: str | None

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
