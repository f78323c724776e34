"""The signed document that a gate decides by without a network: keys, revocations, rules, recent uses, policy."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from throughfare_gate.gate import additions, sentences
from throughfare_gate.gate.decision import Bundle, Policy, ProductRule, Reading, Standing, Use
from throughfare_gate.gate.document import (
    BadBundle,
    Delta,
    check_members,
    delta_of,
    offsets_of,
    policy_of,
    rules_of,
    use_document,
    uses_of,
)
from throughfare_gate.gate.model import Extras, Ordered
from throughfare_gate.strictjson import NotStrict
from throughfare_gate.tickets import claims as ticket_claims
from throughfare_gate.tickets import proof as proofs
from throughfare_gate.tickets import status_list
from throughfare_gate.tickets.claims import NOBODY, BadClaims, Proof
from throughfare_gate.tickets.jwk import BadKey, VerifyKey, load_jwks, public_key, to_jwk
from throughfare_gate.tickets.jws import Refused, Signer, verify
from throughfare_gate.tickets.products import rule_document
from throughfare_gate.tickets.proof import BadProof
from throughfare_gate.tickets.status_list import BadStatusList, StatusList
from throughfare_gate.tickets.strict import json_object

__all__ = [
    "BadBundle",
    "Delta",
    "Facts",
    "Opened",
    "assemble",
    "local_offsets",
    "open_bundle",
    "read",
    "read_ticket",
    "sign",
    "succeed",
]

TYP = "gate-bundle+jwt"
LIFE = timedelta(hours=24)
_LONGEST = 4_000_000
# A bundle lives for a day and `fail_open` stretches it by another.
_OFFSET_HOURS = 72
_EARLIER_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The content of a bundle.

    `lists` are signed status lists, `uses` the operator's accepted uses, `offsets` as `local_offsets` gives
    them: needed where a rule `is_timed`. `devices` are the ids of revoked ones, `bundle_keys` verify the
    bundles to come. With a `delta` the uses are those of changed tickets alone. With `extras` it is format 2, and
    says what orders took of passes (`ordered`, by ticket; with a `delta` of changed ones alone).
    """

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
    offsets: Sequence[tuple[int, int]] = ()
    devices: Sequence[str] = ()
    bundle_keys: Mapping[str, VerifyKey] = field(default_factory=dict)
    delta: Delta | None = None
    extras: Extras | None = None
    ordered: Mapping[str, Ordered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified bundle with all that it carries; `bundle_keys` is empty where it names none."""

    bundle: Bundle
    uses: tuple[Use, ...]
    devices: frozenset[str]
    bundle_keys: Mapping[str, VerifyKey]
    delta: Delta | None
    ordered: Mapping[str, Ordered] = field(default_factory=dict)


def sign(signer: Signer, facts: Facts, now: datetime) -> str:
    """Sign a bundle that is usable for 24 hours."""
    issued = int(now.timestamp())
    times = {"iat": issued, "exp": issued + int(LIFE.total_seconds()), "ver": facts.version}
    return signer.sign(TYP, {"iss": facts.issuer, "aud": facts.operator, **times, **content(facts)})


def content(facts: Facts) -> Mapping[str, object]:
    """The members of a bundle but for whom it is and its times: two bundles with the same content tell a gate the same."""
    later: dict[str, object] = {}
    if facts.bundle_keys:
        later["bundle_keys"] = [to_jwk(key) for key in facts.bundle_keys.values()]
    if facts.delta is not None:
        later["delta"] = asdict(facts.delta) | {"cleared": list(facts.delta.cleared)}
    if facts.extras is not None:
        later |= additions.document(facts.extras)
        later["ordered"] = additions.ordered_document(facts.ordered)
    return {
        "keys": [to_jwk(key) for key in facts.ticket_keys.values()],
        "status_keys": [to_jwk(key) for key in facts.status_keys.values()],
        "removed": list(facts.removed),
        "lists": list(facts.lists),
        "rules": {product: rule_document(rule) for product, rule in facts.rules.items()},
        "offsets": [list(pair) for pair in facts.offsets],
        "uses": [use_document(use) for use in facts.uses],
        "devices": list(facts.devices),
        "policy": asdict(facts.policy),
        **later,
    }


def read(
    token: str, trust: Mapping[str, VerifyKey], operator: str | None = None
) -> tuple[Bundle, tuple[Use, ...]]:
    """Verify a bundle and give it with the uses it carries; raises BadBundle.

    With `operator` a bundle for another one is refused. `keys` verify tickets and `status_keys` lists, each
    nothing else.
    """
    opened = open_bundle(token, trust, operator)
    return opened.bundle, opened.uses


def open_bundle(token: str, trust: Mapping[str, VerifyKey], operator: str | None = None) -> Opened:
    """Verify a bundle and give all that it carries; raises BadBundle."""
    try:
        payload = json_object(verify(token, TYP, trust, longest=_LONGEST))
        check_members(payload)
        if operator is not None and payload["aud"] != operator:
            raise BadBundle("aud is another operator")
        status_ring = load_jwks({"keys": payload["status_keys"]})
        bundle = assemble(
            issuer=payload["iss"],
            operator=payload["aud"],
            times=(payload["iat"], payload["exp"]),
            ring=load_jwks({"keys": payload["keys"]}),
            lists=[status_list.read(entry, status_ring) for entry in payload["lists"]],
            rules=rules_of(payload),
            policy=policy_of(payload),
            extras=additions.extras_of(payload),
        )
        bundle = replace(bundle, offsets=offsets_of(payload), version=payload["ver"])
        keys = payload.get("bundle_keys")
        return Opened(
            bundle=bundle,
            uses=uses_of(payload),
            devices=frozenset(payload.get("devices", [])),
            bundle_keys=load_jwks({"keys": keys}) if keys else {},
            delta=delta_of(payload),
            ordered=additions.ordered_of(payload),
        )
    except (Refused, NotStrict, BadKey, BadStatusList) as error:
        raise BadBundle(str(error)) from None


def succeed(held: Bundle | None, arriving: Bundle) -> Bundle:
    """The bundle to decide by from now on: the arriving one, whole; raises BadBundle and the held one stays.

    A gate never steps back to a lower version, nor to another issuer or operator.
    """
    if held is not None:
        if (held.issuer, held.operator) != (arriving.issuer, arriving.operator):
            raise BadBundle("iss or aud is not that of the bundle that is held")
        if arriving.version < held.version:
            raise BadBundle(f"ver {arriving.version} is before {held.version}, which is held")
    return arriving


def local_offsets(zone: tzinfo, now: datetime) -> tuple[tuple[int, int], ...]:
    """The seconds east of UTC of a time zone: a day before `now`, and from each change until three days after."""
    return _offsets_around(zone, now.astimezone(UTC).replace(minute=0, second=0, microsecond=0))


@functools.lru_cache(maxsize=64)
def _offsets_around(zone: tzinfo, first: datetime) -> tuple[tuple[int, int], ...]:
    """The offsets around a full hour, the same for every gate that asks within it."""
    found: list[tuple[int, int]] = []
    for hour in range(-_EARLIER_HOURS, _OFFSET_HOURS + 1):
        moment = first + timedelta(hours=hour)
        offset = moment.astimezone(zone).utcoffset() or timedelta()
        seconds = int(offset.total_seconds())
        if not found or found[-1][1] != seconds:
            found.append((int(moment.timestamp()), seconds))
    return tuple(found)


def assemble(
    *,
    issuer: str,
    operator: str,
    times: tuple[int, int],
    ring: Mapping[str, VerifyKey],
    lists: Iterable[StatusList],
    rules: Mapping[str, ProductRule],
    policy: Policy,
    extras: Extras | None = None,
) -> Bundle:
    """Put a bundle together from parts that are already verified."""
    added = extras or Extras()
    guests = {called[0] for waiver in added.waivers for called in waiver.trips} - {operator}
    by_uri: dict[str, StatusList] = {}
    for entry in sorted(lists, key=lambda entry: entry.issued_at):
        by_uri[entry.uri] = entry  # the newest of a list counts, in whatever order they came

    def status_of(uri: str, index: int) -> Standing | None:
        entry = by_uri.get(uri)
        if entry is None:
            return None
        return Standing(entry.status_of(index), entry.issued_at, entry.expires_at)

    return Bundle(
        issuer=issuer,
        operator=operator,
        issued_at=times[0],
        expires_at=times[1],
        rules=rules,
        policy=policy,
        read=functools.partial(read_ticket, ring, guests=guests),
        read_proof=read_proof,
        status_of=status_of,
        words=sentences,
        extras=added,
    )


def read_ticket(
    ring: Mapping[str, VerifyKey],
    token: str,
    issuer: str,
    operator: str,
    *,
    guests: AbstractSet[str] = frozenset(),
) -> Reading:
    """Read a code in the strict order: signature, then issuer, audience, claims and the phone's key.

    `guests` are operators whose passengers a waiver may send here.
    """
    try:
        payload = json_object(verify(token, ticket_claims.TYP, ring))
    except Refused as error:
        return Reading(error.reason, None)
    except NotStrict:
        return Reading("bad_claims", None)
    jti = payload["jti"] if ticket_claims.is_jti(payload.get("jti")) else None
    if payload.get("iss") != issuer:
        return Reading("wrong_issuer", None, jti)
    audience = payload.get("aud")
    codes = [code for code in audience if isinstance(code, str)] if isinstance(audience, list) else None
    if codes is not None and operator not in codes and guests.isdisjoint(codes):
        good_with = [code[:12] for code in codes[:8] if code != NOBODY]
        return Reading("wrong_audience", None, jti, {"operators": good_with}, _begun_by_nobody(payload))
    return _claims(payload, jti)


def _claims(payload: Mapping[str, Any], jti: str | None) -> Reading:
    try:
        claims = ticket_claims.parse(payload)
        if claims.binding_key is not None:
            public_key(claims.binding_key)
    except BadClaims as error:
        return Reading("bad_claims", None, jti, {"claim": str(error)[:20]})
    except BadKey:
        return Reading("bad_claims", None, jti, {"claim": "cnf"})
    return Reading(None, claims, jti)


def _begun_by_nobody(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """The stops where legs began that were given back, of a ticket whose claims nobody has checked yet."""
    legs = payload.get("l")
    rows = [leg for leg in legs[:8] if isinstance(leg, list)] if isinstance(legs, list) else []
    return tuple(leg[1] for leg in rows if len(leg) > 1 and leg[0] == NOBODY and isinstance(leg[1], str))


def read_proof(proof: str, token: str, key: Mapping[str, str]) -> Proof | None:
    """Verify a proof; None when it is not the phone's."""
    try:
        return proofs.read(proof, token, key)
    except BadProof:
        return None
