"""Gate devices: enrolled once by a code, each with its own key, listed with their health, revoked when stolen."""

import difflib
import hashlib
import json
import secrets
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from throughfare_gate.ids import new_id
from throughfare_gate.moments import written
from throughfare_gate.tickets import device_token
from throughfare_gate.tickets.device_token import BadDeviceToken
from throughfare_gate.tickets.jwk import BadKey, VerifyKey, from_jwk, public_key, thumbprint, to_jwk
from throughfare_gate.tickets.jws import kid_of
from ticketing.db.gate import devices, gate_journal
from ticketing.db.gate.devices import Counts, Device, EnrolmentCode
from ticketing.db.gate.gate_journal import JournalEntry
from ticketing.db.ticket import status_changes
from ticketing.errors import Conflict, InvalidRequest, NotAuthenticated, NotFound
from ticketing.gate.credentials import Span
from ticketing.gate.house import Gatehouse
from ticketing.gate.publish import FIRST_FORMAT, SignedBundle, bundle

__all__ = [
    "Device",
    "DeviceState",
    "Enrolled",
    "Place",
    "authenticate",
    "enrol",
    "list_devices",
    "make_code",
    "note_bundle",
    "note_upload",
    "revoke",
    "shown",
]

CODE_LIFE = timedelta(minutes=10)
# Silence after which a device that should be at work is worth a look.
SILENT_AFTER = timedelta(hours=1)
# A clock that is further off than this refuses codes that must be fresh.
_OFF_SECONDS = 300
_KID_CHARS = 16


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a gate: its name for staff, and its stop, zone and direction where it has one."""

    name: str
    stop_id: str | None = None
    zone: str | None = None
    direction: str | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new device with what it needs to begin: the keys it trusts and its first bundle."""

    device: Device
    issuer: str
    bundle_keys: dict[str, Any]
    bundle: SignedBundle


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device with what it has told so far."""

    device: Device
    counts: Counts
    online: int
    state: str


def shown(state: DeviceState) -> dict[str, Any]:
    """A device with its health and counters, as lists show it."""
    device = state.device
    moments = ("enrolled_at", "revoked_at", "last_bundle_at", "last_upload_at")
    plain = (
        "id",
        "name",
        "stop_id",
        "zone",
        "direction",
        "revoked_because",
        "queue_length",
        "clock_offset",
        "software",
    )
    return {
        **{name: getattr(device, name) for name in plain},
        **{name: written(at) if (at := getattr(device, name)) else None for name in moments},
        "clock_is_off": abs(device.clock_offset or 0) > _OFF_SECONDS,
        "state": state.state,
        "told": state.counts.told,
        "accepted": state.counts.accepted,
        "missing": state.counts.missing,
        "online": state.online,
    }


def make_code(house: Gatehouse, operator: str, place: Place, by: str) -> tuple[str, datetime]:
    """Make a code that enrols one device within ten minutes; it is shown once.

    Raises InvalidRequest for a stop at which nothing of the operator calls: the gate would refuse everybody. Raises
    Conflict when a device that works has this name: staff must know which gate is meant.
    """
    _require_stop(house, operator, place.stop_id)
    now = house.clock.now()
    code = b32encode(secrets.token_bytes(10)).decode()
    enrolment = EnrolmentCode(
        code_hash=_hash(code),
        operator=operator,
        name=place.name,
        stop_id=place.stop_id,
        zone=place.zone,
        direction=place.direction,
        created_by=by,
        created_at=now,
        expires_at=now + CODE_LIFE,
        used_at=None,
    )
    with house.database.write() as tx:
        working = [found for found in devices.list_devices(tx, operator) if found.revoked_at is None]
        if any(found.name == place.name for found in working):
            raise Conflict(f"a device named {place.name!r} is in use; revoke it first or choose another name")
        devices.insert_code(tx, enrolment)
    return "-".join(code[start : start + 4] for start in range(0, 16, 4)), enrolment.expires_at


def _require_stop(house: Gatehouse, operator: str, stop_id: str | None) -> None:
    known = house.sailings.stops_of(operator)
    if stop_id is None or stop_id in known:
        return
    near = difflib.get_close_matches(stop_id, sorted(known), n=3)
    also = f"; near it: {', '.join(near)}" if near else ""
    raise InvalidRequest.at("stop_id", f"nothing of {operator} calls at {stop_id!r}{also}")


def enrol(
    house: Gatehouse, code: str, jwk: Mapping[str, Any], software: str | None, form: int = FIRST_FORMAT
) -> Enrolled:
    """Turn a code and a device's public key into a device, with its first bundle in the format that it asks for.

    Raises NotAuthenticated for a code that is unknown, used or too old, InvalidRequest for a key that must not be
    used, Conflict for a key that has enrolled before.
    """
    now = house.clock.now()
    try:
        key = public_key(jwk)
    except BadKey as error:
        raise InvalidRequest.at("public_key", str(error)) from None
    kid = thumbprint(key)[:_KID_CHARS]
    stored = to_jwk(from_jwk({**jwk, "kid": kid}))
    with house.database.write() as tx:
        used = devices.use_code(tx, _hash(code.replace("-", "").replace(" ", "").upper()), now)
        if used is None:
            raise NotAuthenticated("the enrolment code is unknown, used or too old; ask for a new one")
        if devices.find_device_by_kid(tx, kid):
            raise Conflict("this key has enrolled a device before; a device makes a new key")
        device = Device(
            id=new_id(),
            operator=used.operator,
            name=used.name,
            stop_id=used.stop_id,
            zone=used.zone,
            direction=used.direction,
            kid=kid,
            public_key=json.dumps(stored),
            enrolled_at=now,
            revoked_at=None,
            revoked_because=None,
            last_bundle_at=None,
            last_upload_at=None,
            queue_length=None,
            clock_offset=None,
            software=software,
        )
        devices.insert_device(tx, device)
        gate_journal.write(tx, _entry(now, "enrolment", device, used.created_by, "enrolled by code"))
    return Enrolled(
        device, house.press.issuer, house.keys.jwks("bundle"), bundle(house, device.operator, 0, form)
    )


def authenticate(house: Gatehouse, token: str) -> tuple[Device, Span]:
    """Recognise a device, revoked or not, by the token that its key has signed, with the time in which this is good.

    Raises NotAuthenticated.
    """
    kid = kid_of(token)
    with house.database.read() as tx:
        device = devices.find_device_by_kid(tx, kid) if kid else None
    if device is None:
        raise NotAuthenticated("the device is unknown")
    ring: dict[str, VerifyKey] = {device.kid: from_jwk(json.loads(device.public_key))}
    try:
        named = device_token.read(token, ring, house.press.issuer, house.clock.now())
    except BadDeviceToken as error:
        raise NotAuthenticated(f"the device's token is not good: {error}") from None
    if named.device_id != device.id:
        raise NotAuthenticated("the device's token names another device")
    start, end = (datetime.fromtimestamp(second, UTC) for second in (named.start, named.end))
    return device, Span(start, end)


def list_devices(house: Gatehouse, operator: str) -> list[DeviceState]:
    """List an operator's devices with their health and counters, oldest first."""
    now = house.clock.now()
    with house.database.read() as tx:
        states = devices.list_devices(tx, operator)
        ids = [device.id for device in states]
        counts, online = devices.count_scans(tx, ids), devices.count_online(tx, ids)
    return [
        DeviceState(
            device, counts.get(device.id, Counts(0, 0, 0)), online.get(device.id, 0), _state(device, now)
        )
        for device in states
    ]


def revoke(house: Gatehouse, operator: str, device_id: str, because: str, by: str) -> None:
    """Revoke a lost or stolen device: refused at once, and named in the next bundles.

    What it uploads later is kept and flagged. Raises NotFound for a device that is not this operator's, Conflict
    for one that was revoked before.
    """
    now = house.clock.now()
    with house.database.write() as tx:
        device = devices.find_device(tx, device_id)
        if device is None or device.operator != operator:
            raise NotFound("there is no such device")
        if not devices.revoke_device(tx, device_id, because, now):
            raise Conflict("the device was revoked before")
        gate_journal.write(tx, _entry(now, "revocation", device, by, because))


def note_bundle(
    house: Gatehouse, device: Device, queue: int | None, clock_offset: int | None, at: datetime
) -> None:
    """Keep what a device tells with its call for a bundle of that moment, and which revocations it came to know by it."""
    health = {"queue_length": queue, "clock_offset": clock_offset}
    with house.database.write() as tx:
        devices.note_health(
            tx,
            device.id,
            last_bundle_at=at,
            **{name: value for name, value in health.items() if value is not None},
        )
        known_since = device.last_bundle_at or device.enrolled_at
        status_changes.note_fetch(tx, device.id, device.operator, known_since, at)


def count_at_work(house: Gatehouse, operator: str) -> int:
    """Count an operator's devices that were heard of within the hour."""
    with house.database.read() as tx:
        return devices.count_heard(tx, operator, house.clock.now() - SILENT_AFTER)


def note_upload(house: Gatehouse, device: Device, scans: int) -> None:
    """Keep when a device uploaded last: so many of its scans wait no longer, whether or not it asks for a bundle again."""
    with house.database.write() as tx:
        devices.note_upload(tx, device.id, scans, house.clock.now())


def _state(device: Device, now: datetime) -> str:
    if device.revoked_at is not None:
        return "revoked"
    heard = max(filter(None, (device.enrolled_at, device.last_bundle_at, device.last_upload_at)))
    return "silent" if now - heard > SILENT_AFTER else "working"


def _entry(now: datetime, kind: str, device: Device, by: str, reason: str) -> JournalEntry:
    return JournalEntry(
        id=new_id(),
        at=now,
        kind=kind,
        operator=device.operator,
        actor=by,
        jti=None,
        reason=reason,
        document={"device": device.id, "name": device.name},
    )


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
