"""Staff of the console: named people with a role, who sign in with a password and hold one cookie a browser.

Nobody makes an account alone: the command line makes it, with a password that is good for the first sign-in only.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from throughfare_gate.ids import new_id
from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.people import audit_trail, staff, staff_factors
from ticketing.db.people.staff import ROLES as STAFF_ROLES
from ticketing.db.people.staff import StaffMember, StaffSession
from ticketing.errors import Conflict, InvalidRequest, NotAuthenticated, NotFound, TooManyRequests
from ticketing.identity import passwords
from ticketing.identity.failures import Failures
from ticketing.identity.people import fold_email
from ticketing.identity.principal import OPERATOR_ROLES, Principal, Role
from ticketing.identity.sealing import Keys

IDLE, LIFE = timedelta(minutes=30), timedelta(hours=12)
_TOUCH = timedelta(minutes=1)
_MOST_NAME = 100
# Browsers of one person that are signed in at a time; one more signs the oldest out.
MOST_SESSIONS = 5
# 128 random bits.
_FIRST_PASSWORD_BYTES = 16


@dataclass(frozen=True, slots=True)
class StaffDesk:
    """The tools of the console's door."""

    database: Database
    clock: Clock
    failures: Failures = field(default_factory=Failures)
    # The keys that seal second factors; a desk without them knows passwords alone.
    keys: Keys | None = None
    # Words that a stranger would try first in a password: names of this deployment.
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who has signed in: `name` signs what they do, `principal` says what they may."""

    id: str
    name: str
    principal: Principal
    must_change: bool
    has_factor: bool = False
    verified_at: datetime | None = None


def add(
    desk: StaffDesk, email: str, name: str, *, role: str, operator: str | None = None
) -> tuple[StaffMember, str]:
    """Make an account; answers it with its first password, which is not stored and must be changed at once.

    Raises InvalidRequest naming the field, Conflict when the address or the name is taken.
    """
    if role not in STAFF_ROLES:
        raise InvalidRequest.at("role", f"may be {', '.join(STAFF_ROLES)}")
    if (operator is not None) != (role in OPERATOR_ROLES):
        needs = "needs an operator" if role in OPERATOR_ROLES else "takes no operator"
        raise InvalidRequest.at("operator", f"the role {role} {needs}")
    known = " ".join(name.split())
    if not known or len(known) > _MOST_NAME or not known.isprintable():
        raise InvalidRequest.at("name", f"a name of 1 to {_MOST_NAME} characters is needed")
    first, now = secrets.token_urlsafe(_FIRST_PASSWORD_BYTES), desk.clock.now()
    member = StaffMember(
        id=new_id(),
        email=fold_email(email),
        name=known,
        name_key=known.casefold(),
        role=role,
        operator=operator,
        password_hash=passwords.hash_of(first),
        must_change=1,
        created_at=now,
        ended_at=None,
    )
    with desk.database.write() as tx:
        if not staff.insert_member(tx, member):
            raise Conflict("this address or this name has an account already")
        audit_trail.note(
            tx, "command line", "staff_added", member.id, at=now, detail=f"{role} {operator or ''}".strip()
        )
    return member, first


def sign_in(
    desk: StaffDesk, email: str, password: str, address: str | None = None, *, instead_of: str = ""
) -> str:
    """Sign in; answers the new session's cookie. Raises NotAuthenticated, TooManyRequests after too many failures.

    `address` is where the call comes from: failures count for it. `instead_of` is the cookie that the browser had: its
    session ends.
    """
    now, folded = desk.clock.now(), _folded(email)
    with desk.database.write() as tx:
        member = staff.find_member_by_email(tx, folded)
        wait = desk.failures.take(tx, f"staff:{folded}", address, now)
    if wait:
        raise TooManyRequests("too many failed sign-ins; wait before the next one", wait)
    known = member if member and member.ended_at is None else None
    if not passwords.matches(known.password_hash if known else None, password) or known is None:
        raise NotAuthenticated("the address or the password is wrong")
    cookie = secrets.token_urlsafe(32)
    with desk.database.write() as tx:
        desk.failures.forget(tx, f"staff:{folded}", address)
        staff.forget_sessions(tx, now - 2 * LIFE)
        staff.end_session(tx, staff.hash_of(instead_of), now)
        staff.end_oldest(tx, known.id, now, keep=MOST_SESSIONS - 1)
        staff.insert_session(tx, StaffSession(staff.hash_of(cookie), known.id, now, now, None))
        audit_trail.note(tx, known.id, "staff_signed_in", known.id, at=now)
    return cookie


def recognise(desk: StaffDesk, cookie: str) -> Staff:
    """Recognise the holder of a cookie; raises NotAuthenticated for a session that is unknown, ended, idle too long or too old."""
    now, hashed = desk.clock.now(), staff.hash_of(cookie)
    with desk.database.read() as tx:
        session = staff.find_session(tx, hashed)
        member = staff.find_member(tx, session.staff_id) if session else None
        factor = staff_factors.find_factor(tx, member.id) if member else None
    if session is None or member is None or not _lives(session, now) or member.ended_at is not None:
        raise NotAuthenticated("sign in first")
    if now - session.used_at > _TOUCH:
        with desk.database.write() as tx:
            staff.touch_session(tx, hashed, now)
    role = Principal(key_id=member.id, role=cast("Role", member.role), operator=member.operator)
    return Staff(
        id=member.id,
        name=member.name,
        principal=role,
        must_change=bool(member.must_change),
        has_factor=factor is not None and factor.confirmed_at is not None,
        verified_at=session.verified_at,
    )


def sign_out(desk: StaffDesk, who: Staff, cookie: str) -> None:
    """End this browser's session."""
    with desk.database.write() as tx:
        staff.end_sessions(tx, who.id, desk.clock.now(), only=staff.hash_of(cookie))


def change_password(desk: StaffDesk, who: Staff, cookie: str, old: str, new: str) -> None:
    """Change the password; other browsers are signed out.

    Raises InvalidRequest naming the field that is wrong, TooManyRequests after too many wrong old ones.
    """
    guesses = f"staff change:{who.id}"
    with desk.database.write() as tx:
        member = staff.find_member(tx, who.id)
        wait = desk.failures.take(tx, guesses, None, desk.clock.now())
    if wait:
        raise TooManyRequests("too many wrong passwords; wait before the next one", wait)
    if member is None or not passwords.matches(member.password_hash, old):
        raise InvalidRequest.at("old_password", "this is not your password")
    if new == old:
        raise InvalidRequest.at("password", "must be another one than before")
    words = desk.words | passwords.words_of([member.email, member.name])
    stored, now = passwords.hash_of(passwords.check(new, words)), desk.clock.now()
    with desk.database.write() as tx:
        desk.failures.forget(tx, guesses, None)
        staff.set_password(tx, who.id, stored, must_change=False)
        staff.end_sessions(tx, who.id, now, but=staff.hash_of(cookie))
        audit_trail.note(tx, who.id, "password_changed", who.id, at=now)


def reset(desk: StaffDesk, email: str) -> str:
    """Give somebody a new first password and sign them out everywhere; raises NotFound."""
    first, now = secrets.token_urlsafe(_FIRST_PASSWORD_BYTES), desk.clock.now()
    member = _member(desk, email)
    with desk.database.write() as tx:
        staff.set_password(tx, member.id, passwords.hash_of(first), must_change=True)
        staff.end_sessions(tx, member.id, now)
        audit_trail.note(tx, "command line", "staff_password_reset", member.id, at=now)
    return first


def end(desk: StaffDesk, email: str) -> None:
    """Somebody leaves: their account and sessions end at once, what they did keeps their name. Raises NotFound."""
    member, now = _member(desk, email), desk.clock.now()
    with desk.database.write() as tx:
        staff.end_member(tx, member.id, now)
        staff.end_sessions(tx, member.id, now)
        audit_trail.note(tx, "command line", "staff_ended", member.id, at=now)


def list_members(desk: StaffDesk) -> list[StaffMember]:
    """Everybody, oldest first."""
    with desk.database.read() as tx:
        return staff.list_members(tx)


def _folded(email: str) -> str:
    """An address as accounts are found by it; what is none finds none, and its tries are counted all the same."""
    try:
        return fold_email(email)
    except InvalidRequest:
        return email[:300]


def _member(desk: StaffDesk, email: str) -> StaffMember:
    with desk.database.read() as tx:
        found = staff.find_member_by_email(tx, fold_email(email))
    if found is None or found.ended_at is not None:
        raise NotFound(f"nobody here has the address {email}")
    return found


def _lives(session: StaffSession, now: datetime) -> bool:
    return session.ended_at is None and now < session.used_at + IDLE and now < session.created_at + LIFE
