"""The second factor of staff: codes of an authenticator app (TOTP, RFC 6238), each good once, with few tries at guessing.

A code proves that its owner is there now: signing in asks for one, and what moves money or opens files asks again.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.people import access, audit_trail, staff, staff_factors
from ticketing.db.people.staff import StaffMember
from ticketing.db.people.staff_factors import StaffFactor
from ticketing.errors import Conflict, InvalidRequest, Misconfigured, NotAllowed, NotFound, TooManyRequests
from ticketing.identity.failures import Failures
from ticketing.identity.people import fold_email
from ticketing.identity.principal import Principal
from ticketing.identity.sealing import Keys, seal, unseal
from ticketing.identity.staff import Staff, StaffDesk

# How long a code counts for what asks for one.
FRESH = timedelta(minutes=10)
_ISSUER = "Throughfare"
_STEP_SECONDS = 30
# A phone's clock may be a step off in either direction (RFC 6238, section 5.2).
_AROUND = (0, -1, 1)
# A million codes, three of them good: ten tries in a quarter of an hour, from wherever they come.
_FAILURES = Failures(most=5, most_in_all=10)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The secret that an authenticator app takes in, by hand or as the address of a QR code."""

    secret: str
    address: str


def is_fresh(verified_at: datetime | None, now: datetime) -> bool:
    """Tell whether a code was given a short while ago."""
    return verified_at is not None and now - FRESH < verified_at <= now


def begin(desk: StaffDesk, who: Staff) -> Enrolment:
    """Begin to enrol an app, or go on with what was begun; raises Conflict where one is enrolled."""
    now, keys = desk.clock.now(), _keys(desk)
    with desk.database.write() as tx:
        factor = staff_factors.find_factor(tx, who.id)
        member = staff.find_member(tx, who.id)
        if member is None or (factor is not None and factor.confirmed_at is not None):
            raise Conflict("an authenticator app is enrolled already")
        if factor is None or _is_foreign(keys, factor):
            staff_factors.end_factor(tx, who.id, now)
            factor = _begun(keys, who.id, now)
            staff_factors.insert_factor(tx, factor)
    secret = unseal(keys, factor.sealed, who.id)
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=member.email, issuer_name=_ISSUER))


def prove(desk: StaffDesk, who: Staff, cookie: str, code: str, address: str | None = None) -> str:
    """Check a code and mark this browser's session, which goes on under the cookie that is answered.

    The first right code enrols the app. Raises InvalidRequest for a wrong or used code, TooManyRequests after too many.
    """
    now, renewed = desk.clock.now(), secrets.token_urlsafe(32)
    _check(desk, who.id, code, address, may_confirm=True)
    with desk.database.write() as tx:
        staff.verify_session(tx, staff.hash_of(cookie), now, renewed=staff.hash_of(renewed))
        audit_trail.note(tx, who.id, "staff_code_given", who.id, at=now)
    return renewed


def prove_key(desk: StaffDesk, key: Principal, code: str, address: str | None = None) -> datetime:
    """Check a code of a key's owner; answers until when the key may do what asks for one.

    Raises NotAllowed for a key without an owner, InvalidRequest for a wrong code, TooManyRequests after too many.
    """
    if not key.owner_id:
        raise NotAllowed("this key belongs to nobody: `throughfare access own` gives it to a person")
    now = desk.clock.now()
    _check(desk, key.owner_id, code, address)
    with desk.database.write() as tx:
        access.verify_key(tx, key.key_id, now)
        audit_trail.note(tx, key.owner_id, "key_code_given", key.key_id, at=now)
    return now + FRESH


def prove_by_name(desk: StaffDesk, called: str, code: str) -> str:
    """Check a code of somebody named by their name or address; answers the name that signs what they do.

    Raises NotFound for nobody of that name, InvalidRequest for a wrong code, TooManyRequests after too many.
    """
    member = find_by_name(desk, called)
    _check(desk, member.id, code, None)
    return member.name


def find_by_name(desk: StaffDesk, called: str) -> StaffMember:
    """Find somebody by their name or address; raises NotFound."""
    wanted = " ".join(called.split()).casefold()
    with desk.database.read() as tx:
        listed = staff.list_members(tx)
    for member in listed:
        if member.ended_at is None and wanted in {member.name_key, member.email}:
            return member
    raise NotFound(f"nobody here is called {called}; `throughfare staff list` names them")


def has_factor(tx: Transaction, staff_id: str) -> bool:
    """Tell whether somebody has an app that counts."""
    factor = staff_factors.find_factor(tx, staff_id)
    return factor is not None and factor.confirmed_at is not None


def forget(desk: StaffDesk, email: str) -> None:
    """Forget somebody's app, which is lost: they enrol another one at their next sign-in. Raises NotFound."""
    now = desk.clock.now()
    with desk.database.write() as tx:
        member = staff.find_member_by_email(tx, fold_email(email))
        if member is None or not staff_factors.end_factor(tx, member.id, now):
            raise NotFound(f"{email} has no authenticator app here")
        staff.end_sessions(tx, member.id, now)
        audit_trail.note(tx, "command line", "staff_factor_forgotten", member.id, at=now)


def _check(
    desk: StaffDesk, staff_id: str, code: str, address: str | None, *, may_confirm: bool = False
) -> None:
    """Use a code up; the try is counted before the code is looked at, and a step of time is used once."""
    now, keys, given = desk.clock.now(), _keys(desk), "".join(code.split())
    with desk.database.write() as tx:
        wait = _FAILURES.take(tx, f"code:{staff_id}", address, now)
        if not wait:
            factor = staff_factors.find_factor(tx, staff_id)
            counts = factor is not None and (may_confirm or factor.confirmed_at is not None)
            is_right = factor is not None and counts and _use(tx, keys, factor, given, now)
            if is_right:
                _FAILURES.forget(tx, f"code:{staff_id}", address)
    if wait:
        raise TooManyRequests("too many wrong codes; wait before the next one", wait)
    if not counts:
        raise InvalidRequest.at(
            "code", "no authenticator app is enrolled; sign in to the console to enrol one"
        )
    if not is_right:
        raise InvalidRequest.at(
            "code", "this is not the present code, or it was used before; wait for the next one"
        )


def _use(tx: Transaction, keys: Keys, factor: StaffFactor, given: str, now: datetime) -> bool:
    app = pyotp.TOTP(unseal(keys, factor.sealed, factor.staff_id))
    present = int(now.timestamp()) // _STEP_SECONDS
    for step in (present + off for off in _AROUND):
        if hmac.compare_digest(app.generate_otp(step).encode(), given.encode()):
            return staff_factors.use_step(tx, factor.id, step, now)
    return False


def _begun(keys: Keys, staff_id: str, now: datetime) -> StaffFactor:
    return StaffFactor(
        id=new_id(),
        staff_id=staff_id,
        sealed=seal(keys, pyotp.random_base32(), staff_id),
        last_step=0,
        created_at=now,
        confirmed_at=None,
        ended_at=None,
    )


def _is_foreign(keys: Keys, factor: StaffFactor) -> bool:
    try:
        unseal(keys, factor.sealed, factor.staff_id)
    except Misconfigured:
        return True
    return False


def _keys(desk: StaffDesk) -> Keys:
    if desk.keys is None:
        raise Misconfigured("THROUGHFARE_KEYS_FOLDER: second factors need the keys of this deployment")
    return desk.keys
