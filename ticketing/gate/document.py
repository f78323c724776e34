"""What a bundle may say: every member checked before it becomes rules, uses and a policy; unknown names refuse it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from ticketing.gate.decision import Binding, Degrade, Policy, ProductRule, Stops, Use

MEMBERS = frozenset({
    "iss", "aud", "iat", "exp", "ver", "keys", "removed", "lists", "status_keys", "rules", "offsets", "uses", "devices",
    "policy",
})  # fmt: skip
_OPTIONAL = frozenset({"removed", "offsets", "uses", "devices", "policy"})
_RULE = frozenset({"binding", "passback_seconds", "stops", "classes", "hours", "days"})
_POLICY_SECONDS = {
    "max_stale_seconds": 30 * 24 * 3600,
    "leeway_seconds": 300,
    "proof_past_seconds": 300,
    "proof_future_seconds": 300,
}
_POLICY = frozenset({"degrade", "accept_demo", *_POLICY_SECONDS})
_BINDINGS = ("required", "optional", "none")
_STOPS = ("any", "board")
_DEGRADES = ("fail_open", "fail_closed")
_DAY_SECONDS = 24 * 3600
_WEEK_DAYS = 7
_MAX_TIME = 1 << 40
_MAX_PASSBACK_SECONDS = 24 * 3600
_MAX_LEG = 7
_MAX_OFFSET_SECONDS = 18 * 3600
_PAIR = 2
_USE_PARTS = 4


class BadBundle(ValueError):
    """A bundle that must not be applied; the one that is held stays. The message names the member."""


def check_members(payload: Mapping[str, Any]) -> None:
    """Check names and the members that stand alone; raises BadBundle."""
    _known(payload, MEMBERS, "")
    missing = sorted(MEMBERS - _OPTIONAL - set(payload))
    if missing:
        raise BadBundle(f"{missing[0]} is missing")
    for name in ("iss", "aud"):
        _require(isinstance(payload[name], str) and payload[name] != "", name, "a text")
    for name in ("iat", "exp", "ver"):
        whole(payload[name], name, 1, _MAX_TIME)
    _require(payload["iat"] < payload["exp"], "exp", "later than iat")
    for name in ("removed", "devices", "lists"):
        texts(payload.get(name, []), name)
    for name in ("keys", "status_keys"):
        _require(isinstance(payload[name], list), name, "a list of keys")


def rules_of(payload: Mapping[str, Any]) -> dict[str, ProductRule]:
    """Read the product rules; raises BadBundle. Time rules need `offsets`: a guess would be an hour wrong."""
    document = payload["rules"]
    _require(isinstance(document, dict), "rules", "an object")
    rules = {product: _rule(rule, f"rules.{product}") for product, rule in document.items()}
    timed = any(rule.hours or rule.days for rule in rules.values())
    _require(bool(payload.get("offsets")) or not timed, "offsets", "there, since a product has hours or days")
    return rules


def offsets_of(payload: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    """Read from when the local day is how many seconds east of UTC; raises BadBundle."""
    return tuple(
        (
            whole(row[0], f"offsets[{at}]", 0, _MAX_TIME),
            whole(row[1], f"offsets[{at}]", -_MAX_OFFSET_SECONDS, _MAX_OFFSET_SECONDS),
        )
        for at, row in enumerate(_rows(payload.get("offsets", []), "offsets", _PAIR))
    )


def uses_of(payload: Mapping[str, Any]) -> tuple[Use, ...]:
    """Read the accepted uses, `[jti, leg, seconds, gate]`; raises BadBundle."""
    uses = []
    for at, (jti, leg, moment, gate) in enumerate(_rows(payload.get("uses", []), "uses", _USE_PARTS)):
        path = f"uses[{at}]"
        _require(isinstance(jti, str) and (gate is None or isinstance(gate, str)), path, "a text and a gate")
        uses.append(Use(jti, whole(leg, path, 0, _MAX_LEG), whole(moment, path, 0, _MAX_TIME), gate))
    return tuple(uses)


def policy_of(payload: Mapping[str, Any]) -> Policy:
    """Read the operator's policy; absent members take the defaults of Policy. Raises BadBundle."""
    document = payload.get("policy", {})
    _require(isinstance(document, dict), "policy", "an object")
    _known(document, _POLICY, "policy.")
    degrade = document.get("degrade", "fail_closed")
    _require(degrade in _DEGRADES, "policy.degrade", f"one of {', '.join(_DEGRADES)}")
    demo = document.get("accept_demo", False)
    _require(isinstance(demo, bool), "policy.accept_demo", "true or false")
    seconds = {
        name: whole(document[name], f"policy.{name}", 0, most)
        for name, most in _POLICY_SECONDS.items()
        if name in document
    }
    return Policy(degrade=cast("Degrade", degrade), accept_demo=demo, **seconds)


def rule_document(rule: ProductRule) -> dict[str, Any]:
    """Write a product rule as `rules_of` reads it."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(rule).items()}


def whole(value: Any, path: str, low: int, high: int) -> int:
    """A whole number within its range; raises BadBundle. Truth values are no numbers."""
    if type(value) is not int or not low <= value <= high:
        raise BadBundle(f"{path} must be a whole number from {low} to {high}")
    return value


def texts(value: Any, path: str) -> tuple[str, ...]:
    """A list of texts; raises BadBundle."""
    _require(
        isinstance(value, list) and all(isinstance(text, str) for text in value), path, "a list of texts"
    )
    return tuple(value)


def _rule(document: Any, path: str) -> ProductRule:
    _require(isinstance(document, dict), path, "an object")
    _known(document, _RULE, f"{path}.")
    binding, stops = document.get("binding", "optional"), document.get("stops", "any")
    _require(binding in _BINDINGS, f"{path}.binding", f"one of {', '.join(_BINDINGS)}")
    _require(stops in _STOPS, f"{path}.stops", f"one of {', '.join(_STOPS)}")
    days = document.get("days", [])
    _require(isinstance(days, list), f"{path}.days", "a list")
    return ProductRule(
        binding=cast("Binding", binding),
        passback_seconds=whole(
            document.get("passback_seconds", 60), f"{path}.passback_seconds", 0, _MAX_PASSBACK_SECONDS
        ),
        stops=cast("Stops", stops),
        classes=texts(document.get("classes", []), f"{path}.classes"),
        hours=tuple(
            _span(row, f"{path}.hours[{at}]")
            for at, row in enumerate(_rows(document.get("hours", []), f"{path}.hours", _PAIR))
        ),
        days=tuple(whole(day, f"{path}.days", 1, _WEEK_DAYS) for day in days),
    )


def _span(row: list[Any], path: str) -> tuple[int, int]:
    start, end = (whole(value, path, 0, _DAY_SECONDS) for value in row)
    _require(start < end, path, "a start before its end; a span over midnight is two")
    return start, end


def _rows(value: Any, path: str, length: int) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) and len(row) == length for row in value):
        raise BadBundle(f"{path} must be a list of lists of {length}")
    return value


def _known(document: Mapping[str, Any], names: frozenset[str], path: str) -> None:
    unknown = sorted(set(document) - names)
    if unknown:
        raise BadBundle(f"{path}{unknown[0]} is unknown")


def _require(holds: bool, path: str, what: str) -> None:
    if not holds:
        raise BadBundle(f"{path} must be {what}")
