"""Passkeys: sign in with a key that never leaves its phone or computer (WebAuthn Level 3), beside or instead of a password.

A challenge is good once and for five minutes. The person must be verified by their device, so a passkey is two
factors in one. Attestation is not asked for: which make of device somebody has is nobody's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json_dict,
    parse_client_data_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ticketing.db import Transaction
from ticketing.db.people import audit_trail, passkeys, people
from ticketing.db.people.passkeys import Passkey
from ticketing.db.people.people import SignIn
from ticketing.errors import Conflict, InvalidRequest, NotAuthenticated, NotFound
from ticketing.identity.access_token import Caller
from ticketing.identity.people import Reception, SignedIn, begin_session, get_person

_LIFE = timedelta(minutes=5)
_MOST = 10
_NAME = "Throughfare"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The party that asks for passkeys: the host that they are bound to, and the origins of its web pages and apps."""

    id: str
    origins: tuple[str, ...]

    @classmethod
    def of(cls, public_url: str, origins: tuple[str, ...]) -> "RelyingParty":
        """The party of a deployment; without other origins its own address is the only one."""
        parts = urlsplit(public_url)
        return cls(parts.hostname or "", origins or (f"{parts.scheme}://{parts.netloc}",))


def offer_registration(reception: Reception, party: RelyingParty, caller: Caller) -> dict[str, Any]:
    """Options for `navigator.credentials.create()`; raises Conflict beyond ten passkeys."""
    person = get_person(reception, caller)
    with reception.database.read() as tx:
        known = passkeys.list_passkeys(tx, caller.person_id)
    if len(known) >= _MOST:
        raise Conflict(f"an account has at most {_MOST} passkeys; remove one first")
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=_NAME,
        user_id=caller.person_id.encode(),
        user_name=person.email or _NAME,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one.id)) for one in known],
    )
    _remember(reception, "register", options.challenge, caller.person_id)
    return options_to_json_dict(options)


def register(
    reception: Reception, party: RelyingParty, caller: Caller, credential: Mapping[str, Any], label: str
) -> Passkey:
    """Keep a passkey that was made with such options; raises InvalidRequest when its answer does not hold."""
    now = reception.clock.now()
    with reception.database.write() as tx:
        begun, challenge = _taken(reception, tx, "register", credential)
        if begun.document["person_id"] != caller.person_id:
            raise InvalidRequest.at("credential", "was begun by somebody else")
    try:
        verified = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise InvalidRequest.at("credential", f"does not hold: {error}") from None
    kept = Passkey(
        id=bytes_to_base64url(verified.credential_id),
        person_id=caller.person_id,
        label=label,
        public_key=bytes_to_base64url(verified.credential_public_key),
        uses=verified.sign_count,
        created_at=now,
        used_at=None,
    )
    with reception.database.write() as tx:
        if not passkeys.insert_passkey(tx, kept):
            raise Conflict("this passkey belongs to an account already")
        audit_trail.note(tx, caller.person_id, "passkey_added", kept.id, at=now)
    return kept


def offer_sign_in(reception: Reception, party: RelyingParty) -> dict[str, Any]:
    """Options for `navigator.credentials.get()`: for anybody, so that nobody learns who has an account."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id, user_verification=UserVerificationRequirement.REQUIRED
    )
    _remember(reception, "sign_in", options.challenge, None)
    return options_to_json_dict(options)


def sign_in(
    reception: Reception, party: RelyingParty, credential: Mapping[str, Any], *, label: str
) -> SignedIn:
    """Sign in with a passkey; raises NotAuthenticated for one that is unknown, or whose signature does not hold."""
    now = reception.clock.now()
    with reception.database.write() as tx:
        _, challenge = _taken(reception, tx, "sign_in", credential)
    with reception.database.write() as tx:
        held = passkeys.find_passkey(tx, str(credential.get("id", "")))
        if held is None:
            raise NotAuthenticated("this passkey is not known here; sign in another way")
        try:
            proven = webauthn.verify_authentication_response(
                credential=dict(credential),
                expected_challenge=challenge,
                expected_rp_id=party.id,
                expected_origin=list(party.origins),
                credential_public_key=base64url_to_bytes(held.public_key),
                credential_current_sign_count=held.uses,
                require_user_verification=True,
            )
        except WebAuthnException as error:
            raise NotAuthenticated("the passkey's answer is not valid") from error
        passkeys.use_passkey(tx, held.id, proven.new_sign_count, now)
        return begin_session(reception, tx, held.person_id, label)


def list_passkeys(reception: Reception, caller: Caller) -> list[Passkey]:
    """The passkeys of an account."""
    with reception.database.read() as tx:
        return passkeys.list_passkeys(tx, caller.person_id)


def remove_passkey(reception: Reception, caller: Caller, passkey_id: str) -> None:
    """Forget a passkey; raises NotFound."""
    with reception.database.write() as tx:
        if not passkeys.remove_passkey(tx, caller.person_id, passkey_id):
            raise NotFound("there is no such passkey")
        audit_trail.note(tx, caller.person_id, "passkey_removed", passkey_id, at=reception.clock.now())


def _remember(reception: Reception, kind: str, challenge: bytes, person_id: str | None) -> None:
    begun = SignIn(_state(kind, challenge), {"person_id": person_id}, reception.clock.now())
    with reception.database.write() as tx:
        people.insert_sign_in(tx, begun)


def _taken(
    reception: Reception, tx: Transaction, kind: str, credential: Mapping[str, Any]
) -> tuple[SignIn, bytes]:
    """The ceremony that an answer belongs to, forgotten in the same moment, with its challenge."""
    try:
        client_data = credential["response"]["clientDataJSON"]
        challenge = parse_client_data_json(base64url_to_bytes(client_data)).challenge
    except (WebAuthnException, KeyError, TypeError, ValueError):
        raise InvalidRequest.at("credential", "must be the JSON form of a PublicKeyCredential") from None
    begun = people.take_sign_in(tx, _state(kind, challenge))
    if begun is None or reception.clock.now() >= begun.created_at + _LIFE:
        raise InvalidRequest.at(
            "credential", "was not begun here, or took longer than five minutes; begin again"
        )
    return begun, challenge


def _state(kind: str, challenge: bytes) -> str:
    return f"passkey:{kind}:{bytes_to_base64url(challenge)}"
