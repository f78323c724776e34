"""Entitlements: what a trusted issuer has signed of somebody (resident, student, senior), kept as a category and a day.

A proof is a JWT of type `entitlement+jwt` with `iss`, `aud` (this service), `iat`, `exp`, `jti`, `claim` and
`valid_until`. The document itself is never stored, only its hash, so that one proof serves one account.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt

from tariffs.party import ProvenClaim
from throughfare_gate.ids import new_id
from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.people import audit_trail, people
from ticketing.db.people.people import Entitlement
from ticketing.errors import Conflict, InvalidRequest, Misconfigured, NotFound
from ticketing.identity.access_token import Caller

TYPE = "entitlement+jwt"
_ALGORITHMS = ["ES256", "EdDSA"]
_LEEWAY = timedelta(seconds=60)
_MAX_TEXT = 100


@dataclass(frozen=True, slots=True)
class ProofDesk:
    """The tools of judging a proof: the keys of each trusted issuer, and who may prove what in which regions.

    `audience` is how issuers call this service; `trusted` maps a claim to the issuers whose word counts.
    """

    database: Database
    clock: Clock
    audience: str
    issuers: Mapping[str, jwt.PyJWKSet] = field(default_factory=dict)
    trusted: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_issuers(path: Path | None) -> dict[str, jwt.PyJWKSet]:
    """Read the file of trusted issuers, `{issuer: {"keys": [...]}}`; raises Misconfigured."""
    if path is None:
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {issuer: jwt.PyJWKSet.from_dict(keys) for issuer, keys in document.items()}
    except (OSError, ValueError, AttributeError, jwt.PyJWTError) as error:
        raise Misconfigured(f"THROUGHFARE_PROOF_ISSUERS: {path} cannot be read: {error}") from error


def add_proof(desk: ProofDesk, caller: Caller, proof: str) -> Entitlement:
    """Judge a proof and keep what it says; raises InvalidRequest naming what is wrong, Conflict for one in use."""
    now = desk.clock.now()
    claims = _verified(desk, proof)
    until = _judged(desk, claims, now)
    entitlement = Entitlement(
        id=new_id(),
        person_id=caller.person_id,
        claim=claims["claim"],
        issuer=claims["iss"],
        valid_until=until.isoformat(),
        proof="sha256:" + hashlib.sha256(proof.encode()).hexdigest(),
        created_at=now,
    )
    with desk.database.write() as tx:
        if not people.insert_entitlement(tx, entitlement):
            raise Conflict("this proof is in use already; ask its issuer for your own")
        audit_trail.note(
            tx, caller.person_id, "entitlement_added", entitlement.id, at=now, detail=entitlement.claim
        )
    return entitlement


def list_proofs(desk: ProofDesk, caller: Caller) -> list[Entitlement]:
    """List the entitlements that somebody has proven, run out or not."""
    with desk.database.read() as tx:
        return people.list_entitlements(tx, caller.person_id)


def remove_proof(desk: ProofDesk, caller: Caller, entitlement_id: str) -> None:
    """Forget a proof; raises NotFound."""
    with desk.database.write() as tx:
        if not people.delete_entitlement(tx, caller.person_id, entitlement_id):
            raise NotFound("there is no such entitlement")


def claims_of(desk: ProofDesk, person_id: str) -> tuple[ProvenClaim, ...]:
    """Return the claims that a price may count on; whether they still hold is judged against the day of travel."""
    with desk.database.read() as tx:
        found = people.list_entitlements(tx, person_id)
    return tuple(ProvenClaim(one.claim, date.fromisoformat(one.valid_until), one.proof) for one in found)


def _verified(desk: ProofDesk, proof: str) -> dict[str, Any]:
    """The claims of a proof that a trusted issuer's key has signed for us; the key is found before anything is believed."""
    try:
        header = jwt.get_unverified_header(proof)
    except (jwt.PyJWTError, RecursionError) as error:
        raise InvalidRequest.at("proof", "is not a signed token") from error
    if str(header.get("typ", "")).lower() != TYPE:
        raise InvalidRequest.at("proof", f"is not of the type {TYPE}")
    for issuer, keys in desk.issuers.items():
        for key in keys.keys:
            if key.key_id == header.get("kid") and key.algorithm_name == header.get("alg") in _ALGORITHMS:
                decoded = _decoded(desk, proof, issuer, key)
                if decoded is not None:
                    return decoded
    raise InvalidRequest.at("proof", "no trusted issuer has signed it for this service")


def _decoded(desk: ProofDesk, proof: str, issuer: str, key: jwt.PyJWK) -> dict[str, Any] | None:
    options: Any = {
        "require": ["iss", "aud", "iat", "exp", "jti"],
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
    }
    try:
        decoded: dict[str, Any] = jwt.decode(
            proof,
            key.key,
            algorithms=[key.algorithm_name],
            audience=desk.audience,
            issuer=issuer,
            options=options,
        )
    except (jwt.PyJWTError, RecursionError):
        return None
    return decoded


def _judged(desk: ProofDesk, claims: Mapping[str, Any], now: datetime) -> date:
    claim, until = claims.get("claim"), claims.get("valid_until")
    if not isinstance(claim, str) or not 0 < len(claim) <= _MAX_TEXT:
        raise InvalidRequest.at("proof", "names no claim")
    if claims["iss"] not in desk.trusted.get(claim, frozenset()):
        raise InvalidRequest.at("proof", f"its issuer may not prove {claim!r} here")
    try:
        times = (claims["exp"], claims["iat"], claims.get("nbf", claims["iat"]))
        expires, issued, begins = (datetime.fromtimestamp(int(time), UTC) for time in times)
        last = date.fromisoformat(str(until))
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise InvalidRequest.at("proof", "its times cannot be read") from error
    if expires + _LEEWAY <= now:
        raise InvalidRequest.at("proof", "has expired")
    if max(issued, begins) > now + _LEEWAY:
        raise InvalidRequest.at("proof", "lies in the future")
    if last < now.date():
        raise InvalidRequest.at("proof", "the entitlement that it proves has ended")
    return last


def trusted_issuers(rows: Mapping[str, Mapping[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    """Return the issuers that may prove an entitlement in any region of this service."""
    found: dict[str, frozenset[str]] = {}
    for claims in rows.values():
        for claim, issuers in claims.items():
            found[claim] = found.get(claim, frozenset()) | issuers
    return found
