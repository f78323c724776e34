"""Keep the contacts of an order: optional, apart from identity, opened by the order's token, deleted after the journey."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from operators.addresses import AddressRefused, check_url
from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.notices import contacts, outbox, webhooks
from ticketing.db.notices.contacts import Contact, ContactKind
from ticketing.errors import Conflict, InvalidRequest
from ticketing.identity.people import fold_email
from ticketing.identity.recovery import reachable
from ticketing.notices.post_office import PostOffice
from ticketing.notices.web_push import point_of, secret_of
from ticketing.notices.webhook import new_secret

MOST_CONTACTS = 3
_LONGEST_URL = 500
# What tells one contact of a kind from another.
_NAMED_BY: dict[str, str] = {"email": "address", "webpush": "endpoint", "webhook": "url"}
# What a contact names instead of an address: the webhook of an app's backend.
_BACKEND = "webhook"
# What a contact names that stays as it is.
_STAYS = "id"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A contact as its buyer names it: `address` has the fields of its kind."""

    kind: ContactKind
    language: str
    address: Mapping[str, str]


def kind_of(text: str) -> ContactKind:
    """Read a kind of contact; raises InvalidRequest for a stranger."""
    if text not in _NAMED_BY:
        raise InvalidRequest.at("kind", f"one of {', '.join(_NAMED_BY)}")
    return cast("ContactKind", text)


def digest_of(kind: ContactKind, document: Mapping[str, str]) -> str:
    """Name a contact by its kind and address: equal for equal contacts, of any order."""
    return hashlib.sha256(f"{kind}:{_name_of(kind, document)}".encode()).hexdigest()


def replace_contacts(
    office: PostOffice, order_id: str, wanted: Sequence[Wanted]
) -> list[tuple[Contact, str]]:
    """Make these the contacts of an order; answers each, with the new secret of a webhook that is new.

    Messages that wait for a contact that goes are dropped. Raises InvalidRequest for an address that can be none.
    """
    if len(wanted) > MOST_CONTACTS:
        raise InvalidRequest.at("contacts", f"an order has at most {MOST_CONTACTS} contacts")
    now = office.clock.now()
    checked = [_read(office, wish, f"contacts[{at}]") for at, wish in enumerate(wanted)]
    with office.database.write() as tx:
        known = {wish.digest: wish for wish in contacts.list_contacts(tx, order_id)}
        contacts_by_digest: dict[str, tuple[Contact, str]] = {}
        for at, (wish, document) in enumerate(checked):
            place = f"contacts[{at}]"
            if document is None:
                stays = _staying(known, wish, place)
                contacts_by_digest[stays.digest] = (stays, "")
                continue
            backend = document.get(_BACKEND)
            if backend is not None and digest_of(wish.kind, document) not in known:
                _check_backend(tx, backend, f"{place}.webhook", now)
            contact, secret = _written(order_id, wish, document, known, now)
            contacts_by_digest[contact.digest] = (contact, secret)
        contacts.replace_contacts(tx, order_id, [contact for contact, _ in contacts_by_digest.values()])
        outbox.drop_of_order(tx, order_id, now, contacts_by_digest.keys())
    return list(contacts_by_digest.values())


def _staying(known: Mapping[str, Contact], wish: Wanted, place: str) -> Contact:
    """Find the contact that stays, with the language that is wanted now; raises InvalidRequest for one that the order lacks."""
    for contact in known.values():
        if (contact.id, contact.kind) == (wish.address[_STAYS], wish.kind):
            return replace(contact, language=wish.language)
    raise InvalidRequest.at(f"{place}.id", f"is no {wish.kind} contact of this order")


def _written(
    order_id: str, wish: Wanted, document: dict[str, str], known: Mapping[str, Contact], now: datetime
) -> tuple[Contact, str]:
    """Make a contact of its address, and a secret for a webhook that is new; one that is known keeps its id."""
    digest = digest_of(wish.kind, document)
    backend = document.get(_BACKEND)
    is_new = wish.kind == "webhook" and digest not in known and backend is None
    secret = new_secret() if is_new else ""
    # A webhook keeps its secret; a browser that subscribes again has new keys.
    kept = known[digest].document if digest in known and wish.kind == "webhook" else document
    contact = Contact(
        id=known[digest].id if digest in known else new_id(),
        order_id=order_id,
        kind=wish.kind,
        digest=digest,
        language=wish.language,
        document={**kept, "secret": secret} if secret else kept,
        created_at=now,
        webhook_id=backend,
    )
    return contact, secret


def list_contacts(office: PostOffice, order_id: str) -> list[Contact]:
    """List the contacts of an order."""
    with office.database.read() as tx:
        return contacts.list_contacts(tx, order_id)


def hint(contact: Contact) -> str:
    """Write a contact so that its owner knows it again, and nobody else learns it."""
    shown = _name_of(contact.kind, contact.document)
    if contact.kind == "email":
        local, _, domain = shown.rpartition("@")
        return f"{local[:1]}…@{domain}"
    return shown.split("/")[2] if shown.count("/") > 1 else shown


def _name_of(kind: ContactKind, document: Mapping[str, str]) -> str:
    return document[_BACKEND] if _BACKEND in document else document[_NAMED_BY[kind]]


def _check_backend(tx: Transaction, webhook_id: str, path: str, now: datetime) -> None:
    """Refuse a webhook that is no app's, or that is off: nobody would be told. Raises InvalidRequest naming the contact."""
    webhook = webhooks.find_webhook(tx, webhook_id)
    if webhook is None or webhook.role != "app":
        raise InvalidRequest.at(path, "there is no app with a webhook of this id")
    if webhook_id not in webhooks.find_active(tx, [webhook_id], now):
        raise InvalidRequest.at(path, "this webhook is off: its app has to turn it on first")


def _read(office: PostOffice, wanted: Wanted, path: str) -> tuple[Wanted, dict[str, str] | None]:
    """Read a contact; None for one that stays, whose address nobody says again."""
    return (wanted, None) if _STAYS in wanted.address else _checked(office, wanted, path)


def _checked(office: PostOffice, wanted: Wanted, path: str) -> tuple[Wanted, dict[str, str]]:
    """Read a contact in the one form of its kind."""
    address: dict[str, Any] = dict(wanted.address)
    if wanted.kind == "email":
        if not office.sends_mail:
            raise Conflict("this service sends no mail")
        try:
            return wanted, {"address": reachable(fold_email(address["address"]))}
        except InvalidRequest:
            raise InvalidRequest.at(
                f"{path}.address", "must be an e-mail address that mail reaches"
            ) from None
    if _BACKEND in address:
        return wanted, {_BACKEND: address[_BACKEND]}
    name = _NAMED_BY[wanted.kind]
    if len(address[name]) > _LONGEST_URL:
        raise InvalidRequest.at(f"{path}.{name}", f"at most {_LONGEST_URL} characters")
    try:
        check_url(address[name], allow_private=office.reaches_private)
    except AddressRefused as error:
        raise InvalidRequest.at(f"{path}.{name}", str(error)) from None
    if wanted.kind == "webhook":
        return wanted, {"url": address["url"]}
    for field, read in (("p256dh", point_of), ("auth", secret_of)):
        try:
            read(address[field])
        except ValueError as error:
            raise InvalidRequest.at(f"{path}.{field}", str(error)) from None
    return wanted, {field: address[field] for field in ("endpoint", "p256dh", "auth")}
