"""Tell people what happens to their orders and accounts: by mail, web push and webhooks, each message once.

The public module of the room: what happened is read from the orders' own history, written into the outbox, and
delivered by the worker.
"""

from ticketing.db.notices.contacts import Contact, ContactKind
from ticketing.db.notices.outbox import Notice
from ticketing.notices import backends
from ticketing.notices.contacts import MOST_CONTACTS, Wanted, hint, kind_of, list_contacts, replace_contacts
from ticketing.notices.event_types import MAY_TAKE
from ticketing.notices.events import list_behind, list_events, position_of
from ticketing.notices.links import new_link, open_link
from ticketing.notices.post_office import PostOffice
from ticketing.notices.resending import resend_tickets
from ticketing.notices.sending import HTTP, MAIL, deliver_due, forget_what_is_due
from ticketing.notices.text import LANGUAGES
from ticketing.notices.writing import NEW_FOR, replay_since, write_due, write_new

__all__ = [
    "HTTP",
    "LANGUAGES",
    "MAIL",
    "MAY_TAKE",
    "MOST_CONTACTS",
    "NEW_FOR",
    "Contact",
    "ContactKind",
    "Notice",
    "PostOffice",
    "Wanted",
    "backends",
    "deliver_due",
    "forget_what_is_due",
    "hint",
    "kind_of",
    "list_behind",
    "list_contacts",
    "list_events",
    "new_link",
    "open_link",
    "position_of",
    "replace_contacts",
    "replay_since",
    "resend_tickets",
    "write_due",
    "write_new",
]
