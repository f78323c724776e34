"""Name the types of events that webhooks take, and say which role of a key may take which: the one closed list."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import get_args

from ticketing.disruption import EventKind
from ticketing.errors import InvalidRequest
from ticketing.identity import Role

# What becomes of a run, for its holders and for who works with it.
_OF_RUNS: tuple[str, ...] = get_args(EventKind)
FAMILIES = MappingProxyType(
    {
        "order": ("ticketed", "cancelled"),
        "refund": ("confirmed",),
        "journey": (*_OF_RUNS, "moved", "place_held", "place_given_back", "choice_due"),
        "claim": ("decided", "needs_account", "paid", "refused"),
        "run": _OF_RUNS,
        "statement": ("ready",),
        "dispute": ("opened", "corrected", "rejected", "withdrawn"),
    }
)
TYPES = tuple(f"{family}.{name}" for family, names in FAMILIES.items() for name in names)
WILDCARDS = tuple(f"{family}.*" for family in FAMILIES)
# Sent on demand, to try a receiver; nobody subscribes it.
TEST = "webhook.test"
_MONEY = ("statement", "dispute")
# An app's families are about the orders that name it, an operator's about its own runs and money, the scheme's about all.
FAMILIES_OF_ROLE: MappingProxyType[Role, tuple[str, ...]] = MappingProxyType(
    {
        "app": ("order", "refund", "journey", "claim"),
        "operator_staff": ("run",),
        "operator_finance": _MONEY,
        "operator_admin": ("run", *_MONEY),
        "finance": ("run", *_MONEY),
        "admin": ("run", *_MONEY),
    }
)
MAY_TAKE: tuple[Role, ...] = tuple(FAMILIES_OF_ROLE)


def check_types(role: Role, types: Sequence[str]) -> None:
    """Refuse types that do not exist, or that a key of this role may not take; raises InvalidRequest naming each by its place."""
    families = FAMILIES_OF_ROLE.get(role, ())
    for at, wanted in enumerate(types):
        if wanted not in TYPES and wanted not in WILDCARDS:
            raise InvalidRequest.at(
                f"types[{at}]", f"{wanted!r} is no type of event; they are {', '.join((*WILDCARDS, *TYPES))}"
            )
        if wanted.partition(".")[0] not in families:
            allowed = ", ".join(f"{family}.*" for family in families)
            raise InvalidRequest.at(
                f"types[{at}]", f"a key with the role {role} may not take {wanted}; it may take {allowed}"
            )
