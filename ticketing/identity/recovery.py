"""Find back into an account: a code by mail for a new password, and for confirming an address. Answers tell nobody whether an address is known.

Asking writes a message into the outbox, whatever the address is; whether there is an account is looked up when the message
leaves, by the worker, and the code is made then. So a caller can learn nothing, not even from the time that an answer takes.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.errors import HeaderParseError, MessageDefect
from email.headerregistry import Address

from throughfare_gate.ids import new_id
from ticketing.db.notices import outbox
from ticketing.db.notices.outbox import Notice
from ticketing.db.people import audit_trail, one_time_codes, people, rate_counts
from ticketing.db.people.one_time_codes import CodePurpose, OneTimeCode
from ticketing.db.people.people import Person
from ticketing.errors import Conflict, InvalidRequest, NotAuthenticated
from ticketing.identity import passwords
from ticketing.identity.access_token import Caller
from ticketing.identity.networks import network
from ticketing.identity.people import (
    Reception,
    SignedIn,
    begin_session,
    check_password,
    fold_email,
    get_person,
)

# A code that signs in lives ten minutes (ASVS V6.5.5), counted from when its message leaves.
CODE_LIFE: Mapping[CodePurpose, timedelta] = {
    "reset_password": timedelta(minutes=10),
    "confirm_address": timedelta(minutes=30),
}
# Letters that people do not mistake for each other (Crockford's base 32): 28 of them are 140 bits, which a plain hash keeps safe.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH, _GROUP = 28, 4
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
# More messages than this to one address are for nobody's good.
_MOST_MESSAGES, _MOST_IN_ALL, _WINDOW_SECONDS = 3, 10, 3600


@dataclass(frozen=True, slots=True)
class Begun:
    """A code that was made for a message, the language of the account's owner, and the minutes that it lives."""

    code: str
    language: str
    minutes: int


def reachable(folded: str) -> str:
    """Return an address that a mail can be written to (RFC 5322, addr-spec in ASCII); raises InvalidRequest."""
    try:
        written = Address(addr_spec=folded).addr_spec
    except (ValueError, IndexError, HeaderParseError, MessageDefect):
        written = ""
    if written != folded or not (folded.isascii() and folded.isprintable()):
        raise InvalidRequest.at("email", "must be an e-mail address that mail reaches")
    return folded


def ask_reset(reception: Reception, email: str, caller: str | None = None) -> None:
    """Ask for a code by mail that sets a new password; raises InvalidRequest for what is no address.

    `caller` is the network address of who asks: messages are counted for it.
    """
    _ask(reception, "reset_password", reachable(fold_email(email)), caller)


def ask_orders(reception: Reception, email: str, caller: str | None = None) -> None:
    """Ask for the orders that name an address, by mail to it; raises InvalidRequest for what is no address."""
    _ask(reception, "my_orders", reachable(fold_email(email)), caller)


def ask_confirmation(reception: Reception, caller: Caller) -> None:
    """Ask for a code by mail that confirms the account's address; raises Conflict for an account without one."""
    email = get_person(reception, caller).email
    if email is None:
        raise Conflict("this account has no e-mail address")
    _ask(reception, "confirm_address", reachable(email), caller.person_id)


def begin_reset(reception: Reception, email: str) -> Begun | None:
    """Make the code for a new password; None where the address has no account."""
    return _begin(reception, "reset_password", email)


def begin_confirmation(reception: Reception, email: str) -> Begun | None:
    """Make the code that confirms an address; None where it has no account any more."""
    return _begin(reception, "confirm_address", email)


def set_password(reception: Reception, code: str, password: str, *, label: str) -> SignedIn:
    """Set a new password by a code, sign all devices out and this one in; raises NotAuthenticated for a wrong or old code.

    The address is confirmed by it: the code came from there. Of an account whose address was never confirmed before,
    passkeys, phones and sign-ins at providers go: they may be somebody else's.
    """
    stored = passwords.hash_of(check_password(reception, password, ""))
    now = reception.clock.now()
    with reception.database.write() as tx:
        person_id = one_time_codes.take_code(tx, _hash(code), "reset_password", now)
        person = people.find_person(tx, person_id) if person_id else None
        if person is None or person.email is None:
            raise NotAuthenticated("the code is wrong, was used, or is too old")
        # A refusal leaves the code as it was: the transaction ends with it.
        check_password(reception, password, person.email)
        people.set_password(tx, person.id, stored)
        if person.confirmed_at is None:
            # The maker of the account had not shown that the address is theirs: none of their ways to sign in stays.
            people.forget_ways_in(tx, person.id)
        one_time_codes.confirm_address(tx, person.id, now)
        people.end_sessions(tx, person.id, now, "the password was reset")
        audit_trail.note(tx, person.id, "password_reset", person.id, at=now)
        return begin_session(reception, tx, person.id, label)


def confirm(reception: Reception, code: str) -> None:
    """Confirm an address by a code; raises NotAuthenticated for a wrong or old one."""
    now = reception.clock.now()
    with reception.database.write() as tx:
        person_id = one_time_codes.take_code(tx, _hash(code), "confirm_address", now)
        if person_id is None:
            raise NotAuthenticated("the code is wrong, was used, or is too old")
        one_time_codes.confirm_address(tx, person_id, now)


def _ask(reception: Reception, template: str, email: str, caller: str | None) -> None:
    """Write a message to an address, a few in an hour; more are left out, and the answer is the same.

    Counted for the network that asks, so that a stranger does not keep the owner from being answered, and in all.
    """
    now = reception.clock.now()
    local, _, domain = email.partition("@")
    mailbox = f"{template} {local.partition('+')[0]}@{domain}"
    near = network(caller) if caller and ("." in caller or ":" in caller) else caller
    with reception.database.write() as tx:
        for bucket, most in ((f"{mailbox} {near}", _MOST_MESSAGES), (mailbox, _MOST_IN_ALL)):
            name = f"recovery:{hashlib.sha256(bucket.encode()).hexdigest()[:32]}"
            count, _ = rate_counts.increase(tx, name, 1, _WINDOW_SECONDS, int(now.timestamp()))
            if count > most:
                return
        notice_id = new_id()
        outbox.post(
            tx,
            Notice(
                id=notice_id,
                topic=f"{template}:{notice_id}",
                kind="email",
                template=template,
                language="en",
                document={"to": {"address": email}},
                order_id=None,
                created_at=now,
                due_at=now,
            ),
        )


def _begin(reception: Reception, purpose: CodePurpose, email: str) -> Begun | None:
    now = reception.clock.now()
    code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    with reception.database.write() as tx:
        person: Person | None = people.find_person_by_email(tx, email)
        if person is None:
            return None
        one_time_codes.insert_code(
            tx,
            OneTimeCode(
                hash=_hash(code),
                purpose=purpose,
                person_id=person.id,
                created_at=now,
                expires_at=now + CODE_LIFE[purpose],
            ),
        )
    grouped = "-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))
    return Begun(grouped, person.language, int(CODE_LIFE[purpose].total_seconds() // 60))


def _hash(code: str) -> str:
    """Hash a code as people type it: large or small letters, with or without hyphens."""
    return hashlib.sha256(code.upper().translate(_MISREAD).encode()).hexdigest()
