"""Identity: who calls, with which role, for which operator or order."""

from ticketing.identity.once import Answer, Once, Remember
from ticketing.identity.order_token import OrderTokens
from ticketing.identity.principal import Principal, Role
from ticketing.identity.service import authenticate, create_key, list_keys, revoke_key

__all__ = [
    "Answer",
    "Once",
    "OrderTokens",
    "Principal",
    "Remember",
    "Role",
    "authenticate",
    "create_key",
    "list_keys",
    "revoke_key",
]
