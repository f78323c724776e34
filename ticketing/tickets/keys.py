"""The issuer's keys: announced, active, verify-only, removed; a small index, and the places of their private halves."""

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from throughfare_gate.tickets.claims import LONGEST_LIFE_SECONDS
from throughfare_gate.tickets.jwk import Algorithm, VerifyKey, thumbprint, to_jwk
from throughfare_gate.tickets.jws import PrivateKey
from ticketing.config import Settings
from ticketing.errors import Conflict, Misconfigured, NotFound
from ticketing.tickets.key_places import KeyPlace
from ticketing.tickets.key_places.files import KeyFiles, write_private
from ticketing.tickets.key_places.token import HardwareToken

Kind = Literal[
    "ticket", "status", "bundle", "books", "offer", "confirmation", "staff", "order", "access", "incident"
]
KeyState = Literal["announced", "active", "verify_only", "removed", "compromised"]

KINDS: tuple[Kind, ...] = (
    "ticket",
    "status",
    "bundle",
    "books",
    "offer",
    "confirmation",
    "staff",
    "order",
    "access",
    "incident",
)
PUBLISHED: tuple[KeyState, ...] = ("announced", "active", "verify_only")
# Secrets of earlier deployments, which lay open in a file each.
FILES: Mapping[Kind, str] = {"order": "order-token.key", "access": "access-token.key"}
# A MAC needs its secret in this process, so these lie in files wherever the keys that sign are.
SECRET_KINDS: frozenset[Kind] = frozenset({"offer", "staff", "order", "access"})
# A gate that was offline for 24 hours must hold a key before it signs.
ANNOUNCE = timedelta(hours=48)
# A key outlives the longest ticket that it has signed.
KEEP = timedelta(seconds=LONGEST_LIFE_SECONDS) + timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """The index entry of a key; `since` is when its state began. A key has one algorithm for ever.

    `kid` is the thumbprint of the public key (RFC 7638), so that no two keys have one name; older keys keep theirs.
    `token_id` is the name of a key in a hardware token, and empty for a file.
    """

    kid: str
    kind: Kind
    state: KeyState
    created_at: str
    since: str
    algorithm: Algorithm = "EdDSA"
    token_id: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    """The index as it was read from one file, known by its `mark`, with the rings made of it."""

    mark: tuple[int, ...] | None
    records: tuple[KeyRecord, ...]
    rings: dict[Kind, dict[str, VerifyKey]] = field(default_factory=dict)
    secrets: dict[Kind, dict[str, bytes]] = field(default_factory=dict)


class KeyStore:
    """The keys of one deployment. No key signs two kinds of token.

    Index and secrets lie in one folder; keys that sign are made in the `token`, where there is one, else beside them.
    """

    def __init__(self, folder: Path, passphrase: str, token: KeyPlace | None = None) -> None:
        self._folder = folder
        self._files: KeyPlace = KeyFiles(folder, passphrase)
        self._token = token
        self._private: dict[str, PrivateKey] = {}
        self._read: _Read | None = None

    @property
    def folder(self) -> Path:
        """The folder of the keys."""
        return self._folder

    def create_missing(self, now: datetime) -> None:
        """Give each kind an active key where it has none, and let go of those that have served their time.

        Safe when several processes start together.
        """
        with self._locked():
            records = _aged(self.records(), now)
            for kind in KINDS:
                if any(record.kind == kind and record.state in {"active", "announced"} for record in records):
                    continue
                # An older release beside this one knows the file alone: the first key waits until it is rotated in.
                has_file = kind in FILES and (self._folder / FILES[kind]).exists()
                records.append(self._create(kind, "announced" if has_file else "active", now))
            self._write(records)

    def records(self) -> list[KeyRecord]:
        """Every key, oldest first."""
        return list(self._index().records)

    def _index(self) -> "_Read":
        """The index as it is now: read again whenever another file has taken its place, which each change does."""
        try:
            status = os.stat(self._folder / "keys.json")  # noqa: PTH116  asked for every ticket
        except FileNotFoundError:
            return _Read(None, ())
        mark = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)
        held = self._read
        if held is None or held.mark != mark:
            content = (self._folder / "keys.json").read_text(encoding="utf-8")
            try:
                records = tuple(KeyRecord(**record) for record in json.loads(content))
            except (ValueError, TypeError):
                raise Misconfigured(
                    f"THROUGHFARE_KEYS_FOLDER: {self._folder / 'keys.json'} is no index of keys"
                ) from None
            held = self._read = _Read(mark, records)
        return held

    def rotate(self, kind: Kind, now: datetime, algorithm: Algorithm | None = None) -> KeyRecord:
        """One step of a planned rotation: announce the next key, or make an announced one active.

        Without an algorithm the next key has that of its place.

        The active key becomes verify-only, and removed when its last ticket has long expired. Raises Conflict
        when the announced key is younger than 48 hours.
        """
        with self._locked():
            records = _aged(self.records(), now)
            announced = next(
                (found for found in records if found.kind == kind and found.state == "announced"), None
            )
            if announced is None:
                key = self._create(kind, "announced", now, algorithm)
                self._write([*records, key])
                return key
            if now - datetime.fromisoformat(announced.since) < ANNOUNCE:
                raise Conflict(f"the key {announced.kid} was announced less than 48 hours ago")
            changed = [_stepped(found, kind, announced.kid, now) for found in records]
            self._write(changed)
            return next(found for found in changed if found.kid == announced.kid)

    def compromise(self, kid: str, now: datetime) -> KeyRecord:
        """Take a key out at once, its private half too; raises NotFound for a kid that is not in use.

        In its place signs the announced key, which gates may already hold, or else a new one.
        """
        with self._locked():
            records = self.records()
            lost = next((found for found in records if found.kid == kid and found.state in PUBLISHED), None)
            if lost is None:
                raise NotFound(f"there is no key {kid} in use")
            gone = replace(lost, state="compromised", since=_iso(now))
            records = [gone if found.kid == kid else found for found in records]
            if lost.state == "active":
                heir = next(
                    (found for found in records if found.kind == lost.kind and found.state == "announced"),
                    None,
                )
                if heir is None:
                    records.append(self._create(lost.kind, "active", now))
                else:
                    records = [_stepped(found, lost.kind, heir.kid, now) for found in records]
            self._write(records)
        return gone

    def signer_key(self, kind: Kind) -> tuple[str, PrivateKey]:
        """The active key of a kind with its kid; raises Misconfigured without one."""
        active = next(
            (found for found in self.records() if found.kind == kind and found.state == "active"), None
        )
        if active is None:
            raise Misconfigured(f"there is no active {kind} key in {self._folder}")
        return active.kid, self._load(active)

    def ring(self, kind: Kind) -> dict[str, VerifyKey]:
        """The public keys that verify a kind of token."""
        index = self._index()
        ring = index.rings.get(kind)
        if ring is None:
            ring = index.rings[kind] = {
                found.kid: VerifyKey(found.kid, found.algorithm, self._load(found).public_key())
                for found in index.records
                if found.kind == kind and found.state in PUBLISHED
            }
        return dict(ring)

    def signer_secret(self, kind: Kind) -> tuple[str, bytes]:
        """The secret of a kind's active key with its kid, for a MAC; raises Misconfigured without one."""
        kid, _ = self.signer_key(kind)
        return kid, self.secrets(kind)[kid]

    def active_secret(self, kind: Kind) -> bytes | None:
        """The secret of a kind's active key; None where none is active yet."""
        is_there = any(found.kind == kind and found.state == "active" for found in self.records())
        return self.signer_secret(kind)[1] if is_there else None

    def secrets(self, kind: Kind) -> dict[str, bytes]:
        """The secrets by which MACs of a kind are checked: one of each key, and as old as the key."""
        index = self._index()
        secrets = index.secrets.get(kind)
        if secrets is None:
            secrets = index.secrets[kind] = {
                found.kid: _secret_of(self._load(found), kind)
                for found in index.records
                if found.kind == kind and found.state in PUBLISHED
            }
        return dict(secrets)

    def thumbprints(self, kind: Kind) -> dict[str, str]:
        """The thumbprint of each published key of a kind (RFC 7638): its kid, but for keys of before these were one.

        Each is opened for it; raises Misconfigured where that fails.
        """
        return {
            record.kid: thumbprint(self._load(record).public_key())
            for record in self.records()
            if record.kind == kind and record.state in PUBLISHED
        }

    def removed(self, kind: Kind) -> list[str]:
        """The kids of a kind that no longer verify."""
        return [found.kid for found in self.records() if found.kind == kind and found.state not in PUBLISHED]

    def jwks(self, kind: Kind) -> dict[str, Any]:
        """The published keys of one kind as a JWK set (RFC 7517), public members only."""
        return {"keys": [to_jwk(key) for key in self.ring(kind).values()]}

    def _create(
        self,
        kind: Kind,
        state: KeyState,
        now: datetime,
        algorithm: Algorithm | None = None,
    ) -> KeyRecord:
        place = self._files if self._token is None or kind in SECRET_KINDS else self._token
        algorithm = algorithm or place.algorithm
        new = place.make(kind, algorithm)
        self._private[new.kid] = new.key
        return KeyRecord(
            kid=new.kid,
            kind=kind,
            state=state,
            created_at=_iso(now),
            since=_iso(now),
            algorithm=algorithm,
            token_id=new.token_id,
        )

    def _load(self, record: KeyRecord) -> PrivateKey:
        if record.kid not in self._private:
            self._private[record.kid] = self._place_of(record).open(record.kid, record.token_id)
        return self._private[record.kid]

    def _place_of(self, record: KeyRecord) -> KeyPlace:
        if not record.token_id:
            return self._files
        if self._token is None:
            raise Misconfigured(
                f"THROUGHFARE_KEYS: the {record.kind} key {record.kid} lies in a hardware token, and this is not pkcs11"
            )
        return self._token

    def _write(self, records: list[KeyRecord]) -> None:
        content = json.dumps([_as_json(record) for record in records], indent=2).encode()
        write_private(self._folder / "keys.json", content)
        # After the index, so that a crash leaves no published key without its private half.
        for record in records:
            is_within_reach = self._token is not None or not record.token_id
            if record.state not in PUBLISHED and is_within_reach:
                self._private.pop(record.kid, None)
                self._place_of(record).destroy(record.kid, record.token_id)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def key_store(settings: Settings) -> KeyStore:
    """The keys of a deployment, in the places that its settings name."""
    token = HardwareToken(settings.token) if settings.token else None
    return KeyStore(settings.keys_folder, settings.key_passphrase, token)


def _aged(records: list[KeyRecord], now: datetime) -> list[KeyRecord]:
    """Remove the verify-only keys whose tickets have all expired."""
    return [
        replace(found, state="removed", since=_iso(now))
        if found.state == "verify_only" and now - datetime.fromisoformat(found.since) >= KEEP
        else found
        for found in records
    ]


def _stepped(found: KeyRecord, kind: Kind, kid: str, now: datetime) -> KeyRecord:
    if found.kid == kid:
        return replace(found, state="active", since=_iso(now))
    if found.kind == kind and found.state == "active":
        return replace(found, state="verify_only", since=_iso(now))
    return found


def _secret_of(key: PrivateKey, kind: Kind) -> bytes:
    """Derive a secret from a private key that signs nothing itself: so it has the file, the name and the states of any key."""
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return hmac.digest(private, f"throughfare {kind}".encode(), hashlib.sha256)


def _as_json(record: KeyRecord) -> dict[str, str]:
    """Write a record; an earlier release reads the index of files alone."""
    return {name: value for name, value in asdict(record).items() if value or name != "token_id"}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
