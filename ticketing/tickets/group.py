"""Decide who of a group travels on under one code, and write what that code says. Pure.

A group code says nothing of its own: legs, times, phone and name are those of its tickets, and `n` is how many they are.
So gates judge it as they judge any ticket for several passengers.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# A group of one is a ticket; the claim `n` ends at 99.
FEWEST, MOST = 2, 99
_LIVE = ("valid", "suspended")
# A code's own fields, which do not follow from its tickets.
_OWN = ("jti", "status")
# These fields must be the same for all, so that one code can stand for them.
_SHARED = ("l", "p", "nbf", "exp", "u", "cnf")


@dataclass(frozen=True, slots=True)
class Member:
    """One ticket of a group: its claims as they were signed, and the legs that gates have let it use."""

    jti: str
    passenger: str
    status: str
    payload: Mapping[str, Any]
    used: frozenset[int] = frozenset()


def staying(members: Iterable[Member]) -> tuple[Member, ...]:
    """The largest part of a group that one code can stand for: all in one state, with the same legs, used alike.

    Nobody where fewer than two are left. Of two parts of one size the valid one goes on, then that of the first passenger.
    """
    parts: dict[str, list[Member]] = {}
    for member in sorted(members, key=_by_passenger):
        if member.status in _LIVE:
            parts.setdefault(_likeness(member), []).append(member)
    largest = max(parts.values(), key=lambda part: (len(part), part[0].status == "valid"), default=[])
    return tuple(largest) if len(largest) >= FEWEST else ()


def payload_for(members: Sequence[Member], jti: str) -> dict[str, Any]:
    """The claims of a code for these tickets, all but the place of its status."""
    made = {name: value for name, value in members[0].payload.items() if name not in {*_OWN, "cat", "idh"}}
    names = {member.payload["idh"] for member in members if "idh" in member.payload}
    categories = {member.payload.get("cat") for member in members}
    if len(categories) == 1 and None not in categories:
        made["cat"] = categories.pop()
    if len(names) == 1:  # the one who carries the code
        made["idh"] = names.pop()
    return {**made, "jti": jti, "n": len(members)}


def says_the_same(payload: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two codes differ in nothing but their identity and the place of their status."""
    return _content(payload) == _content(other)


def _content(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in _OWN}


def _by_passenger(member: Member) -> tuple[str, str]:
    return member.passenger, member.jti


def _likeness(member: Member) -> str:
    shared = [member.payload.get(name) for name in _SHARED]
    return json.dumps([member.status, shared, sorted(member.used)], sort_keys=True)
