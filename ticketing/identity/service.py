"""API keys: made once, shown once, stored as a hash, checked at every call."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from throughfare_gate.ids import new_id
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.people import access, audit_trail, staff
from ticketing.db.people.access import ApiKey
from ticketing.db.people.staff import StaffMember
from ticketing.errors import Conflict, InvalidRequest, NotAllowed, NotAuthenticated, NotFound, TestKeyRefused
from ticketing.identity.people import fold_email
from ticketing.identity.principal import OPERATOR_ROLES, STAFF_ROLES, Principal, Role

# Who may own a key of a role of the staff: nobody gets more by a key than by the console.
_MAY_OWN: Mapping[Role, Sequence[Role]] = {
    "finance": ("finance",),
    "operator_finance": ("finance", "operator_finance"),
    "admin": ("finance", "admin"),
}


def create_key(
    database: Database,
    clock: Clock,
    *,
    role: Role,
    operator: str | None,
    label: str,
    life: timedelta | None = None,
    line: str | None = None,
    is_test: bool = False,
    staff_id: str | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; answers it with its secret, which cannot be shown again. `line` is the first key that it succeeds.

    The secret of a key for tests says that it is one.

    Raises InvalidRequest when a role that belongs to one operator comes without it, or the reverse.
    """
    if (operator is not None) != (role in OPERATOR_ROLES):
        needs = "needs an operator" if role in OPERATOR_ROLES else "takes no operator"
        raise InvalidRequest.at("operator", f"the role {role} {needs}")
    now = clock.now()
    secret = f"tf_{'test_' if is_test else ''}{role}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        id=new_id(),
        role=role,
        operator=operator,
        label=label,
        secret_hash=_hash(secret),
        created_at=now,
        expires_at=now + life if life else None,
        revoked_at=None,
        line=line,
        is_test=int(is_test),
        staff_id=staff_id,
    )
    with database.write() as tx:
        access.insert_key(tx, key)
    return key, secret


def rotate_key(database: Database, clock: Clock, key_id: str, *, overlap: timedelta) -> tuple[ApiKey, str]:
    """Make the successor of a key, with the same role; the old one lives on for `overlap`. Raises NotFound."""
    now = clock.now()
    with database.read() as tx:
        old = next((key for key in access.list_keys(tx) if key.id == key_id), None)
    if old is None or not _is_valid(old, now):
        raise NotFound(f"no key {key_id} that is still valid")
    life = old.expires_at - old.created_at if old.expires_at else None
    successor = create_key(
        database,
        clock,
        role=cast("Role", old.role),
        operator=old.operator,
        label=old.label,
        life=life,
        line=old.line or old.id,
        is_test=bool(old.is_test),
        staff_id=old.staff_id,
    )
    with database.write() as tx:
        access.expire_key(tx, key_id, now + overlap)
        audit_trail.note(tx, "command line", "key_rotated", key_id, at=now, detail=successor[0].id)
    return successor


def own_key(database: Database, clock: Clock, key_id: str, email: str) -> None:
    """Give a key that belongs to nobody, and its line of successors, to a person; raises NotFound, NotAllowed, Conflict."""
    with database.write() as tx:
        key = next((one for one in access.list_keys(tx) if one.id == key_id), None)
        owner = _owner_of(tx, email)
        if key is None:
            raise NotFound(f"no key {key_id}")
        _check_owner(owner, cast("Role", key.role), key.operator)
        if not access.own_line(tx, key.line or key.id, owner.id):
            raise Conflict("this key belongs to somebody already, and stays theirs: make another one")
        audit_trail.note(tx, "command line", "key_owned", key_id, at=clock.now(), detail=owner.id)


def find_owner(database: Database, email: str, role: Role, operator: str | None) -> str:
    """Find the person to whom a key of this role is to belong; raises NotFound, NotAllowed where the person may do less."""
    with database.read() as tx:
        owner = _owner_of(tx, email)
    _check_owner(owner, role, operator)
    return owner.id


def list_keys(database: Database) -> list[ApiKey]:
    """List the keys, oldest first."""
    with database.read() as tx:
        return access.list_keys(tx)


def revoke_key(database: Database, clock: Clock, key_id: str) -> None:
    """Make a key useless at once; raises NotFound."""
    with database.write() as tx:
        if not access.revoke_key(tx, key_id, clock.now()):
            raise NotFound(f"no key {key_id} that is still valid")


def authenticate(database: Database, clock: Clock, secret: str, *, is_live: bool = False) -> Principal:
    """Recognise a key; raises NotAuthenticated for an unknown, revoked or expired one, TestKeyRefused for a test key where all is live."""
    with database.read() as tx:
        key = access.find_key_by_hash(tx, _hash(secret))
        owner = staff.find_member(tx, key.staff_id) if key and key.staff_id else None
    if key is None or not _is_valid(key, clock.now()) or (owner is not None and owner.ended_at is not None):
        raise NotAuthenticated("the API key is unknown, revoked or expired")
    if key.is_test and is_live:
        raise TestKeyRefused("this key is for tests, and this service is live")
    return Principal(
        key_id=key.id,
        role=cast("Role", key.role),
        operator=key.operator,
        line=key.line or key.id,
        owner_id=owner.id if owner else "",
        owner=owner.name if owner else "",
        verified_at=key.verified_at,
    )


def _check_owner(owner: StaffMember, role: Role, operator: str | None) -> None:
    """Raise NotAllowed for a key that may more than its owner may in the console."""
    if owner.role in _MAY_OWN.get(role, STAFF_ROLES) and owner.operator in {None, operator}:
        return
    theirs = f"{owner.role} of {owner.operator}" if owner.operator else owner.role
    raise NotAllowed(
        f"{owner.name} has the role {theirs}: a key of the role {role}{f' of {operator}' if operator else ''} may more"
    )


def _owner_of(tx: Transaction, email: str) -> StaffMember:
    member = staff.find_member_by_email(tx, fold_email(email))
    if member is None or member.ended_at is not None:
        raise NotFound(f"nobody here has the address {email}; `throughfare staff add` makes an account")
    return member


def _is_valid(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def _hash(secret: str) -> str:
    # 256 random bits cannot be guessed, so a plain hash is enough; passwords would need a slow one.
    return hashlib.sha256(secret.encode()).hexdigest()
