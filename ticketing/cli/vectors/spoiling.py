"""Spoil genuine bundles by chance: one value somewhere in each is another one, or gone, or has a stranger beside it."""

import copy
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from ticketing.cli.vectors.refusing import TRUST, Bundle, payload_of, signed_bundle

_VALUES: Sequence[object] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    7,
    8,
    86_401,
    1 << 40,
    (1 << 40) + 1,
    10**30,
    "",
    "x",
)
_SHAPES: Sequence[object] = ([], {}, [[]], ["x"], [1], {"x": 1}, "required", "in_out", "transfer")
_DEEPEST = 4


def spoiled_bundles(count: int, chance: random.Random) -> Iterator[Bundle]:
    """Draw so many bundles; whether they open is left to the rules."""
    for number in range(1, count + 1):
        payload = copy.deepcopy(dict(payload_of(chance.choice(["sailings", "orders", "rules", "guests"]))))
        where = _spoil(payload, chance)
        yield False, f"bundle {number}, {where}", signed_bundle(payload), TRUST


def _spoil(document: dict[str, object], chance: random.Random) -> str:
    """Change one value below a document; gives the path to it."""
    node: object = document
    path: list[str] = []
    for _ in range(chance.randint(1, _DEEPEST)):
        if not isinstance(node, dict | list) or not node:
            break
        holder = node
        key = _key(holder, chance)
        path.append(str(key))
        node = cast("Mapping[object, object]", holder)[key]
    _change(holder, key, chance)
    return ".".join(path)


def _key(holder: dict[str, object] | list[object], chance: random.Random) -> str | int:
    return chance.choice(sorted(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))


def _change(holder: dict[str, object] | list[object], key: str | int, chance: random.Random) -> None:
    value = copy.deepcopy(chance.choice([*_VALUES, *_SHAPES]))
    if not chance.randrange(6):
        del holder[key]  # type: ignore[arg-type]
    elif isinstance(holder, dict) and not chance.randrange(8):
        holder["later"] = value
    else:
        holder[key] = value  # type: ignore[index]
