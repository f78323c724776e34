"""The signed document that a gate decides by without a network: keys, revocations, rules, recent uses, policy."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from ticketing.gate.decision import Binding, Bundle, Degrade, Policy, ProductRule, Reading, Use
from ticketing.strictjson import NotStrict
from ticketing.tickets import claims as ticket_claims
from ticketing.tickets import proof as proofs
from ticketing.tickets import status_list
from ticketing.tickets.claims import BadClaims, Proof
from ticketing.tickets.jwk import BadKey, VerifyKey, load_jwks, to_jwk
from ticketing.tickets.jws import Refused, Signer, verify
from ticketing.tickets.proof import BadProof
from ticketing.tickets.status_list import BadStatusList, StatusList
from ticketing.tickets.strict import json_object

TYP = "gate-bundle+jwt"
LIFE = timedelta(hours=24)
_LONGEST = 4_000_000
_MEMBERS = {
    "iss", "aud", "iat", "exp", "ver", "keys", "removed", "lists", "status_keys", "rules", "uses", "devices", "policy",
}  # fmt: skip


class BadBundle(ValueError):
    """A bundle that must not be applied; the one that is held stays."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What goes into a bundle. `lists` are signed status lists, `uses` the operator's accepted uses."""

    issuer: str
    operator: str
    version: int
    ticket_keys: Mapping[str, VerifyKey]
    status_keys: Mapping[str, VerifyKey]
    removed: Sequence[str]
    lists: Sequence[str]
    rules: Mapping[str, ProductRule]
    uses: Sequence[Use]
    policy: Policy


def sign(signer: Signer, facts: Facts, now: datetime) -> str:
    """Sign a bundle that is usable for 24 hours."""
    issued = int(now.timestamp())
    return signer.sign(
        TYP,
        {
            "iss": facts.issuer,
            "aud": facts.operator,
            "iat": issued,
            "exp": issued + int(LIFE.total_seconds()),
            "ver": facts.version,
            "keys": [to_jwk(key) for key in facts.ticket_keys.values()],
            "status_keys": [to_jwk(key) for key in facts.status_keys.values()],
            "removed": list(facts.removed),
            "lists": list(facts.lists),
            "rules": {product: _rule_json(rule) for product, rule in facts.rules.items()},
            "uses": [[use.jti, use.leg, use.at, use.gate] for use in facts.uses],
            "devices": [],
            "policy": asdict(facts.policy),
        },
    )


def read(
    token: str, trust: Mapping[str, VerifyKey], operator: str | None = None
) -> tuple[Bundle, tuple[Use, ...]]:
    """Verify a bundle and give it with the uses it carries; raises BadBundle.

    With `operator` a bundle for another one is refused.
    """
    try:
        payload = json_object(verify(token, TYP, trust, longest=_LONGEST))
        if not set(payload) <= _MEMBERS:
            raise BadBundle(f"unknown member {min(set(payload) - _MEMBERS)}")
        if operator is not None and payload["aud"] != operator:
            raise BadBundle("for another operator")
        lists = [
            status_list.read(entry, load_jwks({"keys": payload["status_keys"]})) for entry in payload["lists"]
        ]
        bundle = assemble(
            issuer=payload["iss"],
            operator=payload["aud"],
            times=(int(payload["iat"]), int(payload["exp"])),
            ring=load_jwks({"keys": payload["keys"]}),
            lists=lists,
            rules={product: _rule(rule) for product, rule in payload["rules"].items()},
            policy=_policy(payload.get("policy", {})),
        )
        uses = tuple(Use(str(jti), int(leg), int(at), gate) for jti, leg, at, gate in payload.get("uses", []))
    except (Refused, NotStrict, BadKey, BadStatusList) as error:
        raise BadBundle(str(error)) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadBundle(f"a member is missing or wrong: {error}") from None
    return bundle, uses


def assemble(
    *,
    issuer: str,
    operator: str,
    times: tuple[int, int],
    ring: Mapping[str, VerifyKey],
    lists: Iterable[StatusList],
    rules: Mapping[str, ProductRule],
    policy: Policy,
) -> Bundle:
    """Put a bundle together from parts that are already verified."""
    by_uri = {entry.uri: entry for entry in lists}

    def status_of(uri: str, index: int) -> tuple[int | None, int | None]:
        entry = by_uri.get(uri)
        return (None, None) if entry is None else (entry.status_of(index), entry.issued_at)

    return Bundle(
        issuer=issuer,
        operator=operator,
        issued_at=times[0],
        expires_at=times[1],
        rules=rules,
        policy=policy,
        read=functools.partial(read_ticket, ring),
        read_proof=read_proof,
        status_of=status_of,
    )


def with_status(bundle: Bundle, bits: int, at: int) -> Bundle:
    """The same bundle for one ticket whose status is known from its row."""
    return replace(bundle, status_of=lambda _uri, _index: (bits, at))


def read_ticket(ring: Mapping[str, VerifyKey], token: str, issuer: str, operator: str) -> Reading:
    """Read a code in the strict order: signature, then issuer, audience, claims."""
    try:
        payload = json_object(verify(token, ticket_claims.TYP, ring))
    except Refused as error:
        return Reading(error.reason, None)
    except NotStrict:
        return Reading("bad_claims", None)
    jti = payload.get("jti") if isinstance(payload.get("jti"), str) else None
    if payload.get("iss") != issuer:
        return Reading("wrong_issuer", None, jti)
    audience = payload.get("aud")
    if isinstance(audience, list) and operator not in audience:
        return Reading("wrong_audience", None, jti, ", ".join(str(code)[:12] for code in audience[:8]))
    try:
        return Reading(None, ticket_claims.parse(payload), jti)
    except BadClaims as error:
        return Reading("bad_claims", None, jti, str(error)[:20])


def read_proof(proof: str, token: str, key: Mapping[str, str]) -> Proof | None:
    """Verify a proof; None when it is not the phone's."""
    try:
        return proofs.read(proof, token, key)
    except BadProof:
        return None


def _rule_json(rule: ProductRule) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(rule).items()}


def _rule(document: Mapping[str, Any]) -> ProductRule:
    stops = document.get("stops", "any")
    binding = document.get("binding", "optional")
    if stops not in {"any", "board"} or binding not in {"required", "optional", "none"}:
        raise BadBundle("a product rule")
    return ProductRule(
        binding=cast("Binding", binding),
        passback_seconds=int(document.get("passback_seconds", 60)),
        stops=stops,
        classes=tuple(document.get("classes", ())),
        hours=tuple((int(start), int(end)) for start, end in document.get("hours", ())),
    )


def _policy(document: Mapping[str, Any]) -> Policy:
    degrade = document.get("degrade", "fail_closed")
    if degrade not in {"fail_open", "fail_closed"}:
        raise BadBundle("the degrade policy")
    numbers = {
        name: int(document[name])
        for name in ("max_stale_seconds", "leeway_seconds", "proof_past_seconds", "proof_future_seconds")
        if name in document
    }
    return Policy(
        degrade=cast("Degrade", degrade), accept_demo=document.get("accept_demo") is True, **numbers
    )
