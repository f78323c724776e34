"""People: make an account, sign in, stay signed in, sign out, everywhere if need be. Each use case reads, decides, writes.

A session is one device. Its refresh token is good once and gives the next one; a token that is used twice was
copied, so the whole session ends. Answers to a wrong address and to a wrong password are the same.
"""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import idna

from throughfare_gate.ids import new_id
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.people import audit_trail, one_time_codes, people
from ticketing.db.people.people import Person, Phone, RefreshToken, Session
from ticketing.errors import Conflict, InvalidRequest, NotAuthenticated, NotFound, TooManyRequests
from ticketing.identity import passwords
from ticketing.identity.access_token import AccessTokens, Caller
from ticketing.identity.failures import Failures

REFRESH_LIFE = timedelta(days=60)
# Then somebody signs in again, however often the device was used; one device more than so many signs out the one used longest ago.
SESSION_LIFE, MOST_DEVICES = timedelta(days=365), 20
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}\.[^@\s\x00-\x1f]{2,63}")
_MOST_PHONES = 5


@dataclass(frozen=True, slots=True)
class Reception:
    """The tools of signing in."""

    database: Database
    clock: Clock
    tokens: AccessTokens
    failures: Failures = field(default_factory=Failures)
    # Words that a stranger would try first in a password: names of this deployment.
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The tokens of a device: an access token for a quarter of an hour, and the refresh token for the next one."""

    person_id: str
    session_id: str
    access_token: str
    refresh_token: str


def register(reception: Reception, email: str, password: str, *, language: str, label: str) -> SignedIn:
    """Make an account and sign in; raises InvalidRequest, and Conflict for an address that has one."""
    folded = fold_email(email)
    checked = check_password(reception, password, folded)
    stored = passwords.hash_of(checked)
    now = reception.clock.now()
    person = Person(
        id=new_id(), email=folded, password_hash=stored, language=language, created_at=now, erased_at=None
    )
    with reception.database.write() as tx:
        if not people.insert_person(tx, person):
            raise Conflict("this address has an account; sign in, or have the password reset")
        return begin_session(reception, tx, person.id, label)


def sign_in(
    reception: Reception, email: str, password: str, *, label: str, address: str | None = None
) -> SignedIn:
    """Sign in with a password; raises NotAuthenticated, and TooManyRequests after too many failures.

    `address` is where the call comes from: failures count for it.
    """
    folded = fold_email(email)
    now = reception.clock.now()
    with reception.database.write() as tx:
        person = people.find_person_by_email(tx, folded)
        wait = reception.failures.take(tx, folded, address, now)
    if wait:
        raise TooManyRequests("too many failed sign-ins; wait before the next one", wait)
    if not passwords.matches(person.password_hash if person else None, password) or person is None:
        raise NotAuthenticated("the address or the password is wrong")
    with reception.database.write() as tx:
        reception.failures.forget(tx, folded, address)
        if person.password_hash and passwords.is_outdated(person.password_hash):
            people.set_password(tx, person.id, passwords.hash_of(password))
        return begin_session(reception, tx, person.id, label)


def begin_session(reception: Reception, tx: Transaction, person_id: str, label: str) -> SignedIn:
    """Sign a device in, inside a transaction."""
    now = reception.clock.now()
    session = Session(
        id=new_id(),
        person_id=person_id,
        label=label[:80] or "a device",
        created_at=now,
        used_at=now,
        ended_at=None,
        ended_why=None,
    )
    people.end_oldest(tx, person_id, now, "more devices signed in", keep=MOST_DEVICES - 1)
    people.insert_session(tx, session)
    return _handed_out(reception, tx, session)


def refresh(reception: Reception, refresh_token: str) -> SignedIn:
    """Exchange a refresh token for the next pair; one that was used before ends its session (RFC 9700, 4.14.2)."""
    now = reception.clock.now()
    with reception.database.write() as tx:
        token = people.find_refresh_token(tx, _hash(refresh_token))
        session = people.find_session(tx, token.session_id) if token else None
        refused = token is None or session is None or not _lives(session, now) or now >= token.expires_at
        if not refused and token is not None and session is not None and token.used_at is None:
            people.use_refresh_token(tx, token, now)
            return _handed_out(reception, tx, session)
        if not refused and session is not None:
            people.end_sessions(tx, session.person_id, now, "a refresh token was used twice", only=session.id)
            audit_trail.note(tx, session.person_id, "refresh_token_reused", session.id, at=now)
    raise NotAuthenticated("the refresh token is not valid; sign in again")


def authenticate_person(reception: Reception, access_token: str) -> Caller:
    """Recognise the caller by an access token whose session still lives; raises NotAuthenticated."""
    now = reception.clock.now()
    caller = reception.tokens.read(access_token, now)
    with reception.database.read() as tx:
        session = people.find_session(tx, caller.session_id)
    if session is None or not _lives(session, now) or session.person_id != caller.person_id:
        raise NotAuthenticated("this device has been signed out")
    return caller


def get_person(reception: Reception, caller: Caller) -> Person:
    """The account of a caller; raises NotFound after erasure."""
    with reception.database.read() as tx:
        found = people.find_person(tx, caller.person_id)
    if found is None or found.erased_at is not None:
        raise NotFound("there is no such account")
    return found


def list_devices(reception: Reception, caller: Caller) -> list[Session]:
    """The devices that are signed in."""
    with reception.database.read() as tx:
        return people.list_sessions(tx, caller.person_id)


def sign_out(reception: Reception, caller: Caller, session_id: str | None = None) -> None:
    """Sign one device out, this one unless another is named; raises NotFound."""
    with reception.database.write() as tx:
        wanted = session_id or caller.session_id
        if not people.end_sessions(tx, caller.person_id, reception.clock.now(), "signed out", only=wanted):
            raise NotFound("there is no such device")


def sign_out_everywhere(reception: Reception, caller: Caller) -> int:
    """Sign every device out; answers how many there were."""
    with reception.database.write() as tx:
        return people.end_sessions(tx, caller.person_id, reception.clock.now(), "signed out everywhere")


def change_password(reception: Reception, caller: Caller, old: str, new: str) -> None:
    """Change the password; every other device is signed out.

    Raises NotAuthenticated for a wrong old one, TooManyRequests after too many of them.
    """
    person = get_person(reception, caller)
    guesses = f"change:{caller.person_id}"
    with reception.database.write() as tx:
        wait = reception.failures.take(tx, guesses, None, reception.clock.now())
    if wait:
        raise TooManyRequests("too many wrong passwords; wait before the next one", wait)
    if not passwords.matches(person.password_hash, old):
        raise NotAuthenticated("the old password is wrong")
    stored = passwords.hash_of(check_password(reception, new, person.email or ""))
    now = reception.clock.now()
    with reception.database.write() as tx:
        reception.failures.forget(tx, guesses, None)
        # Codes before their person, as where one is used.
        one_time_codes.end_codes(tx, caller.person_id, "reset_password", now)
        people.set_password(tx, caller.person_id, stored)
        people.end_sessions(tx, caller.person_id, now, "the password was changed", but=caller.session_id)
        audit_trail.note(tx, caller.person_id, "password_changed", caller.person_id, at=now)


def add_phone(reception: Reception, caller: Caller, label: str, jwk: str) -> Phone:
    """Bind a phone's public key to the account; raises Conflict beyond five phones."""
    now = reception.clock.now()
    phone = Phone(
        id=new_id(), person_id=caller.person_id, label=label[:80], jwk=jwk, created_at=now, removed_at=None
    )
    with reception.database.write() as tx:
        if len(people.list_phones(tx, caller.person_id)) >= _MOST_PHONES:
            raise Conflict(f"an account has at most {_MOST_PHONES} phones; remove one first")
        people.insert_phone(tx, phone)
    return phone


def list_phones(reception: Reception, caller: Caller) -> list[Phone]:
    """The phones of an account."""
    with reception.database.read() as tx:
        return people.list_phones(tx, caller.person_id)


def remove_phone(reception: Reception, caller: Caller, phone_id: str) -> None:
    """Take a phone away; raises NotFound. Tickets that are bound to it stay so until they are moved."""
    with reception.database.write() as tx:
        if not people.remove_phone(tx, caller.person_id, phone_id, reception.clock.now()):
            raise NotFound("there is no such phone")


def check_password(reception: Reception, password: str, email: str) -> str:
    """The password of an account as it is kept in mind (NFKC); raises InvalidRequest for one that is easy to guess."""
    return passwords.check(password, reception.words | passwords.words_of([email]))


def fold_email(email: str) -> str:
    """An address in the one form that accounts are found by; raises InvalidRequest for what is none.

    Letters are composed (NFC) and small, and the domain is as the DNS has it (IDNA 2008). Two addresses that a mail
    server tells apart stay two: ß is not ss, which folding for searches would make of it.
    """
    local, at, domain = unicodedata.normalize("NFC", email.strip()).lower().rpartition("@")
    try:
        folded = local + at + idna.encode(domain, uts46=True, transitional=False).decode()
    except idna.IDNAError:
        folded = ""
    if not _EMAIL.fullmatch(folded):
        raise InvalidRequest.at("email", "must be an e-mail address")
    return folded


def _lives(session: Session, now: datetime) -> bool:
    return session.ended_at is None and now < session.created_at + SESSION_LIFE


def _handed_out(reception: Reception, tx: Transaction, session: Session) -> SignedIn:
    now: datetime = reception.clock.now()
    secret = f"tf_refresh_{secrets.token_urlsafe(32)}"
    people.insert_refresh_token(tx, RefreshToken(_hash(secret), session.id, now, now + REFRESH_LIFE, None))
    access = reception.tokens.issue(Caller(session.person_id, session.id), now)
    return SignedIn(session.person_id, session.id, access, secret)


def _hash(secret: str) -> str:
    # 256 random bits cannot be guessed, so a plain hash is enough.
    return hashlib.sha256(secret.encode()).hexdigest()
