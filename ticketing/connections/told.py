"""Tell who answers for each connection of a journey, from the operators of its rides in the order of travel."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

Contract = Literal["through", "combined", "separate"]

FILE = Path(__file__).with_name("sentences.json")
_BYTES = FILE.read_bytes()
_SAID: dict[str, Any] = json.loads(_BYTES)
_ENGLISH = "en"
# The sentences of a release are known by their digest: an order keeps it beside the language in which they were read.
VERSION = hashlib.sha256(_BYTES).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Connection:
    """A change from a ride, by its place in the journey from 0, to the next one.

    `guarantor` is the operator that answers for it, or the one that guarantees it; None where each answers for a contract of
    its own.
    """

    after_leg: int
    contract: Contract
    guarantor: str | None
    text: str


def connections_of(
    rides: Iterable[tuple[str, str]],
    language: str = _ENGLISH,
    guaranteed: Mapping[int, str] = MappingProxyType({}),
) -> list[Connection]:
    """List the connections of a journey; each ride is given as its operator's id and name, in the order of travel.

    `guaranteed` names the guarantor of a connection between two operators, by the leg before it.
    """
    return [
        _connection(at, first, then, language, guaranteed.get(at))
        for at, (first, then) in enumerate(pairwise(rides))
    ]


def connections_shown(
    rides: Iterable[tuple[str, str]],
    language: str,
    guaranteed: Mapping[int, str] = MappingProxyType({}),
) -> list[dict[str, object]]:
    """Write the connections of a journey as answers have them."""
    return [
        {
            "after_leg": one.after_leg,
            "contract": one.contract,
            "guarantor": one.guarantor,
            "text": one.text,
        }
        for one in connections_of(rides, language, guaranteed)
    ]


def guarantee_in_words(language: str, *, guarantor: str, price: str, minutes: int, pays: str) -> str:
    """Say what a guarantee costs and pays."""
    said = _in("guarantee", language)
    return said.format(guarantor=guarantor, price=price, minutes=minutes, pays=pays)


def is_separate(operators: Sequence[str]) -> bool:
    """Tell whether some connection has no operator that answers for it."""
    return len(set(operators)) > 1


def _connection(
    at: int, first: tuple[str, str], then: tuple[str, str], language: str, guarantor: str | None
) -> Connection:
    contract = _contract(first[0], then[0], guarantor)
    said = _in(contract, language)
    text = said.format(first=first[1], then=then[1], guarantor=guarantor)
    return Connection(at, contract, first[0] if contract == "through" else guarantor, text)


def _contract(first: str, then: str, guarantor: str | None) -> Contract:
    if first == then:
        return "through"
    return "separate" if guarantor is None else "combined"


def _in(contract: str, language: str) -> str:
    said: dict[str, str] = _SAID[contract]
    return said.get(language, said[_ENGLISH])
