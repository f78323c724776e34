"""Identity: who calls, with which role, for which operator or order."""

from ticketing.db.people.passkeys import Passkey
from ticketing.db.people.people import Entitlement, Phone
from ticketing.identity.access_token import AccessTokens, Caller
from ticketing.identity.counters import Counters
from ticketing.identity.once import Answer, Call, Once, Remember
from ticketing.identity.order_token import OrderTokens
from ticketing.identity.pace import Pace
from ticketing.identity.people import Reception, SignedIn, authenticate_person
from ticketing.identity.principal import Principal, Role
from ticketing.identity.privacy import PrivacyDesk
from ticketing.identity.proofs import ProofDesk
from ticketing.identity.queue_ticket import QueuePlace, QueueTickets
from ticketing.identity.service import authenticate, create_key, list_keys, revoke_key, rotate_key

__all__ = [
    "AccessTokens",
    "Answer",
    "Call",
    "Caller",
    "Counters",
    "Entitlement",
    "Once",
    "OrderTokens",
    "Pace",
    "Passkey",
    "Phone",
    "Principal",
    "PrivacyDesk",
    "ProofDesk",
    "QueuePlace",
    "QueueTickets",
    "Reception",
    "Remember",
    "Role",
    "SignedIn",
    "authenticate",
    "authenticate_person",
    "create_key",
    "list_keys",
    "revoke_key",
    "rotate_key",
]
