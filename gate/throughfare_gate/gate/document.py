"""Check every member of a bundle before it becomes rules, uses and a policy; unknown names refuse it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from throughfare_gate.gate.decision import Policy, ProductRule, Use
from throughfare_gate.gate.model import Degrade
from throughfare_gate.gate.usage import Kind
from throughfare_gate.tickets import products
from throughfare_gate.tickets.products import BadProduct

MEMBERS = frozenset(
    {
        "iss",
        "aud",
        "iat",
        "exp",
        "ver",
        "keys",
        "removed",
        "lists",
        "status_keys",
        "rules",
        "offsets",
        "uses",
        "devices",
        "policy",
        "bundle_keys",
        "delta",
    }
)
# The members of format 2; a gate of the last release refuses a bundle that has any of it.
ADDED = frozenset({"format", "boarding", "sailings", "delays", "waivers", "issuers", "categories", "ordered"})
_OPTIONAL = frozenset({"removed", "offsets", "uses", "devices", "policy", "bundle_keys", "delta", "ordered"})
_DELTA = frozenset({"since", "cursor", "complete", "cleared"})
_POLICY_SECONDS = {
    "max_stale_seconds": 30 * 24 * 3600,
    "leeway_seconds": 300,
    "proof_past_seconds": 300,
    "proof_future_seconds": 300,
}
_POLICY = frozenset({"degrade", "accept_demo", *_POLICY_SECONDS})
_KINDS = ("ride", "transfer", "in", "out")
_DEGRADES = ("fail_open", "fail_closed")
_MAX_TIME = 1 << 40
MAX_LEG = 7
_MAX_OFFSET_SECONDS = 18 * 3600
_PAIR = 2
_USE_PARTS = 4


@dataclass(frozen=True, slots=True)
class Delta:
    """The changes of a bundle since an earlier one.

    The tickets that it names, in its uses or as `cleared`, have these uses and no others; all else stays. They
    reach from the cursor `since` to `cursor`, and further ones are waiting unless it is `complete`.
    """

    since: int
    cursor: int
    complete: bool
    cleared: tuple[str, ...] = ()


class BadBundle(ValueError):
    """A bundle that must not be applied; the one that is held stays. The message names the member."""


def check_members(payload: Mapping[str, Any]) -> None:
    """Check names and the members that stand alone; raises BadBundle. One without `format` is of format 1."""
    second = ADDED if "format" in payload else frozenset[str]()
    known(payload, MEMBERS | second, "")
    missing = sorted((MEMBERS | second) - _OPTIONAL - set(payload))
    if missing:
        raise BadBundle(f"{missing[0]} is missing")
    for name in ("iss", "aud"):
        require(isinstance(payload[name], str) and payload[name] != "", name, "a text")
    for name in ("iat", "exp", "ver"):
        whole(payload[name], name, 1, _MAX_TIME)
    require(payload["iat"] < payload["exp"], "exp", "later than iat")
    for name in ("removed", "devices", "lists"):
        texts(payload.get(name, []), name)
    for name in ("keys", "status_keys", "bundle_keys"):
        require(isinstance(payload.get(name, []), list), name, "a list of keys")


def rules_of(payload: Mapping[str, Any]) -> dict[str, ProductRule]:
    """Read the product rules; raises BadBundle. Time rules need `offsets`: a guess would be an hour wrong."""
    document = payload["rules"]
    require(isinstance(document, dict), "rules", "an object")
    try:
        rules = {product: products.read_rule(rule, f"rules.{product}") for product, rule in document.items()}
    except BadProduct as error:
        raise BadBundle(str(error)) from None
    timed = any(rule.is_timed for rule in rules.values())
    require(
        bool(payload.get("offsets")) or not timed,
        "offsets",
        "there, since a product has a rule about the local day",
    )
    return rules


def offsets_of(payload: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    """Read from when the local day is how many seconds east of UTC; raises BadBundle."""
    return tuple(
        (
            whole(row[0], f"offsets[{at}]", 0, _MAX_TIME),
            whole(row[1], f"offsets[{at}]", -_MAX_OFFSET_SECONDS, _MAX_OFFSET_SECONDS),
        )
        for at, row in enumerate(rows(payload.get("offsets", []), "offsets", _PAIR))
    )


def uses_of(payload: Mapping[str, Any]) -> tuple[Use, ...]:
    """Read the accepted uses, `[jti, leg, seconds, gate]`, or with what a use was behind; raises BadBundle."""
    uses = []
    for at, row in enumerate(rows(payload.get("uses", []), "uses", _USE_PARTS, _USE_PARTS + 1)):
        path = f"uses[{at}]"
        (jti, leg, moment, gate), kind = row[:_USE_PARTS], row[_USE_PARTS:] or ["ride"]
        require(isinstance(jti, str) and (gate is None or isinstance(gate, str)), path, "a text and a gate")
        require(kind[0] in _KINDS, path, f"a use that is one of {', '.join(_KINDS)}")
        seconds = whole(moment, path, 0, _MAX_TIME)
        uses.append(Use(jti, whole(leg, path, 0, MAX_LEG), seconds, gate, cast("Kind", kind[0])))
    return tuple(uses)


def use_document(use: Use) -> list[Any]:
    """Write a use as `uses_of` reads it."""
    plain: list[Any] = [use.jti, use.leg, use.at, use.gate]
    return plain if use.kind == "ride" else [*plain, use.kind]


def delta_of(payload: Mapping[str, Any]) -> Delta | None:
    """Read how the uses go on; None where they are all of them. Raises BadBundle."""
    document = payload.get("delta")
    if document is None:
        return None
    require(isinstance(document, dict), "delta", "an object")
    known(document, _DELTA, "delta.")
    complete = document.get("complete")
    require(isinstance(complete, bool), "delta.complete", "true or false")
    return Delta(
        since=whole(document.get("since"), "delta.since", 0, _MAX_TIME),
        cursor=whole(document.get("cursor"), "delta.cursor", 0, _MAX_TIME),
        complete=bool(complete),
        cleared=texts(document.get("cleared", []), "delta.cleared"),
    )


def policy_of(payload: Mapping[str, Any]) -> Policy:
    """Read the operator's policy; absent members take the defaults of Policy. Raises BadBundle."""
    document = payload.get("policy", {})
    require(isinstance(document, dict), "policy", "an object")
    known(document, _POLICY, "policy.")
    degrade = document.get("degrade", "fail_closed")
    require(degrade in _DEGRADES, "policy.degrade", f"one of {', '.join(_DEGRADES)}")
    demo = document.get("accept_demo", False)
    require(isinstance(demo, bool), "policy.accept_demo", "true or false")
    seconds = {
        name: whole(document[name], f"policy.{name}", 0, most)
        for name, most in _POLICY_SECONDS.items()
        if name in document
    }
    return Policy(degrade=cast("Degrade", degrade), accept_demo=demo, **seconds)


def whole(value: Any, path: str, low: int, high: int) -> int:
    """A whole number within its range; raises BadBundle. Truth values are no numbers."""
    try:
        return products.whole(value, path, low, high)
    except BadProduct as error:
        raise BadBundle(str(error)) from None


def texts(value: Any, path: str) -> tuple[str, ...]:
    """A list of texts; raises BadBundle."""
    require(isinstance(value, list) and all(isinstance(text, str) for text in value), path, "a list of texts")
    return tuple(value)


def rows(value: Any, path: str, *lengths: int) -> list[list[Any]]:
    """A list of lists of one of these lengths; raises BadBundle."""
    if not isinstance(value, list) or not all(isinstance(row, list) and len(row) in lengths for row in value):
        raise BadBundle(f"{path} must be a list of lists of {lengths[0]}")
    return value


def known(document: Mapping[str, Any], names: frozenset[str], path: str) -> None:
    """Raise BadBundle for a name that is not understood: it must not be skipped."""
    unknown = sorted(set(document) - names)
    if unknown:
        raise BadBundle(f"{path}{unknown[0]} is unknown")


def require(holds: bool, path: str, what: str) -> None:
    """Raise BadBundle unless it holds."""
    if not holds:
        raise BadBundle(f"{path} must be {what}")
