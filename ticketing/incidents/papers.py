"""Sign and read what partners exchange: records, answers and calls, each a JWS of the key of incidents.

The same text goes by HTTP, in a file and by mail. A partner is known by the keys that two people have compared: no key is
fetched, and none comes with a token.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from throughfare_gate.ids import milliseconds_of, new_id
from throughfare_gate.strictjson import NotStrict, loads
from throughfare_gate.tickets.jwk import BadKey, load_jwks
from throughfare_gate.tickets.jws import Refused, Signer, verify
from throughfare_gate.tickets.strict import decode_base64url, json_object
from ticketing.db.incidents.partners import Partner
from ticketing.db.incidents.steps import Step
from ticketing.errors import InvalidRequest, NotAuthenticated
from ticketing.frozen import is_of_our_days
from ticketing.incidents.desk import IncidentDesk

RECORD, ANSWER, CALL = "incident+jwt", "incident-answer+jwt", "incident-call+jwt"
MEDIA_TYPE = "application/jose"
# Two hundred hashes and four thousand letters of text.
LONGEST = 65_536
_CALL_LIFE, _LEEWAY = timedelta(minutes=2), timedelta(minutes=5)
_MEMBERS = frozenset({"iss", "aud", "iat", "jti", "sub", "content"})
_CALL_MEMBERS = frozenset({"iss", "aud", "iat", "exp", "jti"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A record or an answer of a partner, with the step that it is at the partner's."""

    partner: Partner
    step_id: str
    incident_id: str
    content: object


def sign_step(
    desk: IncidentDesk, typ: str, step: Step, partner: Partner, incident_id: str | None = None
) -> str:
    """Sign a step for one partner; `incident_id` is the partner's own for its incident, where it is another one here."""
    payload = {
        "iss": desk.issuer,
        "aud": partner.issuer,
        "iat": int(desk.clock.now().timestamp()),
        "jti": step.id,
        "sub": incident_id or step.incident_id,
        "content": dict(step.document),
    }
    return _signer(desk).sign(typ, payload)


def sign_call(desk: IncidentDesk, partner: Partner) -> str:
    """Sign the right to call a partner, for two minutes."""
    now = desk.clock.now()
    payload = {
        "iss": desk.issuer,
        "aud": partner.issuer,
        "iat": int(now.timestamp()),
        "exp": int((now + _CALL_LIFE).timestamp()),
        "jti": new_id(),
    }
    return _signer(desk).sign(CALL, payload)


def read_paper(desk: IncidentDesk, partners: Sequence[Partner], typ: str, token: str) -> Paper:
    """Read a record or an answer of one of these partners; raises NotAuthenticated, InvalidRequest."""
    partner, payload = _verified(partners, typ, token.strip())
    if set(payload) != _MEMBERS:
        raise InvalidRequest.at("record", f"must have the members {', '.join(sorted(_MEMBERS))}")
    _check_address(desk, partner, payload)
    return Paper(
        partner=partner,
        step_id=_text(payload, "jti"),
        incident_id=_text(payload, "sub"),
        content=payload["content"],
    )


def caller_of(desk: IncidentDesk, partners: Sequence[Partner], token: str) -> Partner:
    """Know the partner that calls; raises NotAuthenticated."""
    partner, payload = _verified(partners, CALL, token)
    now = int(desk.clock.now().timestamp())
    try:
        _check_address(desk, partner, payload)
    except InvalidRequest as error:
        raise NotAuthenticated(error.detail) from None
    ends = payload.get("exp")
    leeway = int(_LEEWAY.total_seconds())
    if set(payload) != _CALL_MEMBERS or type(ends) is not int or not now - leeway <= ends <= now + 2 * leeway:
        raise NotAuthenticated("the token of this call has expired, or is none")
    return partner


def typ_of(token: str) -> str:
    """Read the type that a token names, to choose its reader; nothing is verified."""
    try:
        return str(json_object(decode_base64url(token.partition(".")[0])).get("typ"))
    except NotStrict:
        return ""


def read_key_set(text: str) -> str:
    """Read the public keys of a partner, and write them as they are kept; raises InvalidRequest."""
    try:
        document = loads(text)
        load_jwks(document if isinstance(document, dict) else {})
    except (NotStrict, BadKey) as error:
        raise InvalidRequest.at("jwks", str(error)) from None
    return json.dumps(document, separators=(",", ":"), sort_keys=True)


def _signer(desk: IncidentDesk) -> Signer:
    return Signer(*desk.keys.signer_key("incident"))


def _verified(partners: Sequence[Partner], typ: str, token: str) -> tuple[Partner, Mapping[str, object]]:
    """Verify a token by the keys of the partner that has signed it; its `iss` must be that partner."""
    why = "unknown_key"
    for partner in partners:
        try:
            payload = loads(verify(token, typ, load_jwks(json.loads(partner.jwks)), longest=LONGEST))
        except Refused as refused:
            why = refused.reason if why == "unknown_key" else why
            continue
        except NotStrict:
            break
        if isinstance(payload, dict) and payload.get("iss") == partner.issuer:
            return partner, payload
        why = "wrong_issuer"
    raise NotAuthenticated(f"no partner of ours has signed this ({why})")


def _check_address(desk: IncidentDesk, partner: Partner, payload: Mapping[str, object]) -> None:
    if payload.get("aud") != desk.issuer:
        raise InvalidRequest.at(
            "aud", f"{partner.name} has signed this for somebody else, not for {desk.issuer}"
        )
    signed_at = payload.get("iat")
    latest = desk.clock.now() + _LEEWAY
    if type(signed_at) is not int or signed_at > int(latest.timestamp()):
        raise InvalidRequest.at("iat", "is in the future: one of the two clocks is wrong")


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload[name]
    if type(value) is not str or milliseconds_of(value) is None or value != value.lower():
        raise InvalidRequest.at(name, "must be a UUID of version 7")
    return value


def moment_of(value: object, name: str) -> datetime | None:
    """Read a time of an answer that may be absent; raises InvalidRequest."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not is_of_our_days(moment):
        raise InvalidRequest.at(name, "must be a time of this century with its offset")
    return moment
