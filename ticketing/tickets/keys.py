"""The issuer's keys: announced, active, verify-only, removed; encrypted files and a small index beside them."""

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
from typing import Any, Literal, cast

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from throughfare_gate.tickets.claims import LONGEST_LIFE_SECONDS
from throughfare_gate.tickets.jwk import Algorithm, VerifyKey, thumbprint, to_jwk
from throughfare_gate.tickets.jws import PrivateKey
from ticketing.errors import Conflict, Misconfigured, NotFound

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
# SHA-256 in base64url.
_THUMBPRINT_CHARS = 43
# A gate that was offline for 24 hours must hold a key before it signs.
ANNOUNCE = timedelta(hours=48)
# A key outlives the longest ticket that it has signed.
KEEP = timedelta(seconds=LONGEST_LIFE_SECONDS) + timedelta(days=7)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The index entry of a key; `since` is when its state began. A key has one algorithm for ever.

    `kid` is the thumbprint of the public key (RFC 7638), so that no two keys have one name; older keys keep theirs.
    """

    kid: str
    kind: Kind
    state: KeyState
    created_at: str
    since: str
    algorithm: Algorithm = "EdDSA"


@dataclass(frozen=True, slots=True)
class _Read:
    """The index as it was read from one file, known by its `mark`, with the rings made of it."""

    mark: tuple[int, ...] | None
    records: tuple[KeyRecord, ...]
    rings: dict[Kind, dict[str, VerifyKey]] = field(default_factory=dict)
    secrets: dict[Kind, dict[str, bytes]] = field(default_factory=dict)


class KeyStore:
    """The keys of one deployment in one folder. No key signs two kinds of token."""

    def __init__(self, folder: Path, passphrase: str) -> None:
        self._folder = folder
        self._passphrase = passphrase.encode()
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

    def rotate(self, kind: Kind, now: datetime, algorithm: Algorithm = "EdDSA") -> KeyRecord:
        """One step of a planned rotation: announce the next key of this algorithm, or make an announced one active.

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
        return active.kid, self._load(active.kid)

    def ring(self, kind: Kind) -> dict[str, VerifyKey]:
        """The public keys that verify a kind of token."""
        index = self._index()
        ring = index.rings.get(kind)
        if ring is None:
            ring = index.rings[kind] = {
                found.kid: VerifyKey(found.kid, found.algorithm, self._load(found.kid).public_key())
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
                found.kid: _secret_of(self._load(found.kid), kind)
                for found in index.records
                if found.kind == kind and found.state in PUBLISHED
            }
        return dict(secrets)

    def thumbprints(self, kind: Kind) -> dict[str, str]:
        """The thumbprint of each published key of a kind (RFC 7638): its kid, but for keys of before these were one.

        Each is opened for it; raises Misconfigured where that fails.
        """
        return {
            record.kid: thumbprint(self._load(record.kid).public_key())
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
        algorithm: Algorithm = "EdDSA",
    ) -> KeyRecord:
        is_edwards = algorithm == "EdDSA"
        key: PrivateKey = Ed25519PrivateKey.generate() if is_edwards else generate_private_key(SECP256R1())
        kid = thumbprint(key.public_key())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self._passphrase))
        _write_private(self._folder / f"{kid}.pem", pem)
        self._private[kid] = key
        return KeyRecord(
            kid=kid, kind=kind, state=state, created_at=_iso(now), since=_iso(now), algorithm=algorithm
        )

    def _load(self, kid: str) -> PrivateKey:
        if kid not in self._private:
            try:
                pem = (self._folder / f"{kid}.pem").read_bytes()
                key = load_pem_private_key(pem, self._passphrase)
            except OSError as error:
                raise Misconfigured(
                    f"THROUGHFARE_KEYS_FOLDER: {kid}.pem in {self._folder} cannot be read ({error.strerror})"
                ) from error
            except ValueError as error:
                raise Misconfigured(
                    f"THROUGHFARE_KEY_PASSPHRASE does not open the key {kid} in {self._folder}"
                ) from error
            opened = cast("PrivateKey", key)
            if len(kid) == _THUMBPRINT_CHARS and thumbprint(opened.public_key()) != kid:
                raise Misconfigured(f"THROUGHFARE_KEYS_FOLDER: {kid}.pem in {self._folder} is another key")
            self._private[kid] = opened
        return self._private[kid]

    def _write(self, records: list[KeyRecord]) -> None:
        content = json.dumps([asdict(record) for record in records], indent=2).encode()
        _write_private(self._folder / "keys.json", content)
        for record in records:  # after the index, so that a crash leaves no published key without its file
            if record.state not in PUBLISHED:
                self._private.pop(record.kid, None)
                (self._folder / f"{record.kid}.pem").unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


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


def _write_private(path: Path, content: bytes) -> None:
    """Write atomically, readable by the owner alone."""
    draft = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
