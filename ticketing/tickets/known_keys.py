"""One issuer for a database: a process that lacks a key which the database knows does not start.

Two hosts that each made keys of their own would be two issuers: each refuses the other's tickets as forged and does not
know its orders. So the database knows every key by its thumbprint. Keys are made where it knows none, and nowhere else.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ticketing.db import Database, Transaction
from ticketing.db.migrate import is_served
from ticketing.db.people import known_keys
from ticketing.db.people.known_keys import KnownKey
from ticketing.errors import Conflict, Misconfigured, NotFound
from ticketing.tickets.keys import FILES, PUBLISHED, KeyStore

# Files beside the signing keys: whoever lacks one does not recognise orders or people of the other hosts.
SECRETS: Mapping[str, str] = {f"{kind}-token": file for kind, file in FILES.items()}
_GONE = ("removed", "compromised")


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key that lies in the folder of this process."""

    kid: str
    kind: str
    thumbprint: str
    state: str


def check(database: Database, keys: KeyStore) -> None:
    """Raise Misconfigured where this process lacks a key that the database knows, before it makes any of its own.

    What an old schema knows cannot be asked, so a process does not start on one either.
    """
    if not is_served(database):
        raise Misconfigured(
            "THROUGHFARE_DATABASE_URL: the schema is not the newest; run `throughfare db upgrade`"
        )
    with database.read() as tx:
        _refuse_strangers(keys.folder, known_keys.list_known(tx), held(keys))


def make_and_tell(database: Database, keys: KeyStore, now: datetime) -> None:
    """Check, make the signing keys that are missing, and write down what is held; raises Misconfigured."""
    check(database, keys)
    keys.create_missing(now)
    tell(database, keys, now)


def tell(database: Database, keys: KeyStore, now: datetime) -> None:
    """Write down which keys are held and what has become of them; raises Misconfigured where another host was first."""
    with database.write() as tx:
        known = {one.kid: one for one in known_keys.list_known(tx)}
        _refuse_strangers(keys.folder, known.values(), held(keys))
        for one in sorted(held(keys), key=lambda one: one.state == "active"):
            _tell_one(tx, keys.folder, known.get(one.kid), one, now)


def retire(database: Database, keys: KeyStore, name: str, now: datetime) -> None:
    """Delete the earlier file of a secret, whose tokens open nothing from now on.

    Raises NotFound for none, Conflict while no key of its kind has taken its place.
    """
    kind = name.removesuffix("-token")
    path = keys.folder / SECRETS.get(name, "")
    if name not in SECRETS or not path.is_file():
        raise NotFound(f"there is no file of {name} in {keys.folder}")
    if not any(one.kind == kind and one.state == "active" for one in keys.records()):
        raise Conflict(
            f"no {kind} key is active yet: `throughfare keys rotate {kind}`, and again after 48 hours"
        )
    with database.write() as tx:
        known_keys.set_state(tx, name, "removed", now)
    path.unlink()


def held(keys: KeyStore) -> list[HeldKey]:
    """Every key and secret of a folder; a key that is gone has no thumbprint any more."""
    kinds = {one.kind for one in keys.records()}
    prints = {kid: thumbprint for kind in kinds for kid, thumbprint in keys.thumbprints(kind).items()}
    keys_held = [HeldKey(one.kid, one.kind, prints.get(one.kid, ""), one.state) for one in keys.records()]
    for name, file in SECRETS.items():
        path = keys.folder / file
        if path.exists():
            # 256 random bits cannot be guessed from a plain hash.
            print_of = hashlib.sha256(b"throughfare " + name.encode() + b" " + path.read_bytes()).hexdigest()
            keys_held.append(HeldKey(name, name, print_of, "active"))
    return keys_held


def _tell_one(tx: Transaction, folder: Path, known: KnownKey | None, key: HeldKey, now: datetime) -> None:
    if known is not None:
        if known.state != key.state and known.state not in _GONE:
            known_keys.set_state(tx, key.kid, key.state, now)
        return
    if key.state in _GONE:
        return
    if known_keys.insert_known(
        tx,
        KnownKey(
            kid=key.kid,
            kind=key.kind,
            thumbprint=key.thumbprint,
            state=key.state,
            known_since=now,
            changed_at=now,
        ),
    ):
        return
    # Another process of this folder may have told it while we looked: a service and its worker start together.
    namesake = next((other for other in known_keys.list_known(tx) if other.kid == key.kid), None)
    if namesake is None or namesake.thumbprint != key.thumbprint:
        raise _another_issuer(folder, f"another host has made the {key.kind} key of this database")


def _refuse_strangers(folder: Path, known: Iterable[KnownKey], mine: Iterable[HeldKey]) -> None:
    """Raise Misconfigured for a key that is known and not here, is another one here, or is lost and used here."""
    here = {known_key.kid: known_key for known_key in mine}
    for known_key in known:
        key = here.get(known_key.kid)
        if known_key.state == "compromised" and key is not None and key.state in PUBLISHED:
            raise _another_issuer(
                folder, f"the {known_key.kind} key {known_key.kid} is compromised and is still used there"
            )
        if known_key.state in _GONE:
            continue
        if key is None:
            raise _another_issuer(
                folder, f"the database knows the {known_key.kind} key {known_key.kid}, which is not there"
            )
        if key.state in PUBLISHED and key.thumbprint != known_key.thumbprint:
            raise _another_issuer(
                folder,
                f"the {known_key.kind} key {known_key.kid} there is another one than the database knows",
            )


def _another_issuer(folder: Path, why: str) -> Misconfigured:
    return Misconfigured(
        f"THROUGHFARE_KEYS_FOLDER: {why}; with {folder} this process would be another issuer, whose tickets every other "
        "one refuses. Copy the keys folder from a host that serves this database, or from its backup (docs/operate.md)"
    )
