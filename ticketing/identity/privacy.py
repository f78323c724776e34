"""Serve the rights of a person over their data: all of it in one document, gone on request, and forgotten when it is due.

Tickets, orders and books hold no personal data: erasing an account leaves them under its bare id, a pseudonym.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from throughfare_gate.moments import written
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.disruption import assistance
from ticketing.db.notices import contacts, outbox
from ticketing.db.people import audit_trail, passkeys, people, rate_counts
from ticketing.db.rights import claims, payouts
from ticketing.db.sale import booking_documents, idempotency, offers, order_holders, orders
from ticketing.db.sale.orders import Order, Refund
from ticketing.db.ticket import group_codes, tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import NotFound
from ticketing.frozen import SoldPass, write_line, write_quote
from ticketing.identity.access_token import Caller

_SESSIONS_KEPT = timedelta(days=90)
_SIGN_INS_KEPT = timedelta(hours=1)
_ANSWERS_KEPT = timedelta(hours=24)
_OFFERS_KEPT = timedelta(hours=1)
# As long as claims about a journey may come.
_DOCUMENTS_KEPT = timedelta(days=400)
# As long as a transfer may come back from the bank.
_ACCOUNTS_KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class PrivacyDesk:
    """The tools for the rights of data subjects."""

    database: Database
    clock: Clock


def _holder(season: SoldPass | None) -> dict[str, str]:
    """Find the person of the account that a pass is for, where somebody is named."""
    return {"holder": season.holder} if season is not None and season.holder else {}


def export(desk: PrivacyDesk, caller: Caller) -> dict[str, Any]:
    """Export all data that are kept of a person, as one JSON document (GDPR, articles 15 and 20). Raises NotFound."""
    with desk.database.read() as tx:
        person = people.find_person(tx, caller.person_id)
        if person is None or person.erased_at is not None:
            raise NotFound("there is no such account")
        mine = orders.list_orders_of(tx, caller.person_id)
        return {
            "account": {
                "id": person.id,
                "email": person.email,
                "language": person.language,
                "created_at": written(person.created_at),
                "has_password": person.password_hash is not None,
                "signs_in_at": [issuer for issuer, _ in people.list_identities(tx, person.id)],
            },
            "devices": [
                {
                    "id": one.id,
                    "label": one.label,
                    "since": written(one.created_at),
                    "used_at": written(one.used_at),
                }
                for one in people.list_sessions(tx, person.id)
            ],
            "phones": [
                {"id": one.id, "label": one.label, "public_key": one.jwk, "since": written(one.created_at)}
                for one in people.list_phones(tx, person.id)
            ],
            "passkeys": [
                {
                    "id": one.id,
                    "label": one.label,
                    "public_key": one.public_key,
                    "since": written(one.created_at),
                }
                for one in passkeys.list_passkeys(tx, person.id)
            ],
            "entitlements": [
                {
                    "claim": one.claim,
                    "issuer": one.issuer,
                    "valid_until": one.valid_until,
                    "proof_hash": one.proof,
                }
                for one in people.list_entitlements(tx, person.id)
            ],
            "orders": [_order(tx, order) for order in mine],
        }


def _claims(tx: Transaction, order_id: str) -> list[dict[str, object]]:
    """The claims of an order with what decided them."""
    return [
        {
            "leg": claim.leg,
            "state": claim.state,
            "opened_at": written(claim.opened_at),
            "facts": claims.stored(claim.facts),
            "decision": claims.stored(claim.decision),
            "accounts": _accounts(tx, claim.id),
        }
        for claim in claims.list_of_order(tx, order_id)
    ]


def _accounts(tx: Transaction, claim_id: str) -> list[dict[str, object]]:
    """The accounts that were given for a claim and are kept still."""
    return [
        {"holder": one.holder, "iban": one.iban, "given_at": written(one.given_at)}
        for one in payouts.list_accounts(tx, claim_id)
        if one.iban
    ]


def _order(tx: Transaction, order: Order) -> dict[str, object]:
    """One order with everything that belongs to it."""
    return {
        "id": order.id,
        "state": order.state,
        "created_at": written(order.created_at),
        "total_minor": order.total_minor,
        "currency": order.currency,
        "quote": write_quote(offers.get_quote(tx, order.quote_id).document),
        "payments": [
            {
                "gateway": one.gateway,
                "method": one.method,
                "state": one.state,
                "amount_minor": one.amount_minor,
            }
            for one in orders.list_payments(tx, order.id)
        ],
        "refunds": [_refund(one) for one in orders.list_refunds(tx, order.id)],
        "claims": _claims(tx, order.id),
        "group_codes": [
            {
                "jti": one.jti,
                "token": None if one.status == "revoked" else one.token,
                "status": one.status,
                "issued_at": written(one.issued_at),
                "tickets": group_codes.members_of(tx, one.jti),
            }
            for one in (group_codes.list_codes(tx, order.id) if order.code else ())
        ],
        "needs_assistance": bool(assistance.list_needed(tx, [order.id])),
        "contacts": [_contact(one) for one in contacts.list_contacts(tx, order.id)],
        "tickets": [_ticket(tx, order, one) for one in tickets.list_tickets(tx, order.id)],
    }


def _refund(given: Refund) -> dict[str, object]:
    return {
        "state": given.state,
        "amount_minor": given.amount_minor,
        "lines": [write_line(line) for line in given.document.lines],
    }


def _contact(contact: contacts.Contact) -> dict[str, object]:
    return {
        "kind": contact.kind,
        "language": contact.language,
        # A webhook's secret is its receiver's.
        "address": {name: value for name, value in contact.document.items() if name != "secret"},
    }


def _ticket(tx: Transaction, order: Order, ticket: Ticket) -> dict[str, object]:
    # Two codes for one ride would be one too many: what is in a group has no token to show, nor has what is revoked.
    is_hidden = ticket.status == "revoked" or (order.code and group_codes.find_live_of(tx, ticket.jti))
    return {
        "jti": ticket.jti,
        "status": ticket.status,
        "token": None if is_hidden else ticket.token,
        **_holder(ticket.document.season),
        "uses": [
            {"leg": use.leg, "operator": use.operator, "gate": use.gate, "at": written(use.at)}
            for use in tickets.list_uses(tx, ticket.jti)
        ],
    }


def erase(desk: PrivacyDesk, caller: Caller) -> None:
    """Forget a person (GDPR, article 17); what law and other people's money need stays under a pseudonym."""
    now = desk.clock.now()
    with desk.database.write() as tx:
        for order in orders.list_orders_of(tx, caller.person_id):
            contacts.replace_contacts(tx, order.id, [])
            outbox.drop_of_order(tx, order.id, now)
            assistance.forget_needed(tx, order.id)
        people.erase_person(tx, caller.person_id, now)
        audit_trail.note(tx, caller.person_id, "person_erased", caller.person_id, at=now)


def forget_what_is_due(desk: PrivacyDesk) -> dict[str, int]:
    """Delete what has been kept long enough; answers how many of each kind (docs/privacy.md has the table)."""
    now = desk.clock.now()
    with desk.database.write() as tx:
        return {
            **people.forget_old(tx, now - _SIGN_INS_KEPT, now - _SESSIONS_KEPT, now.date().isoformat()),
            "counters": rate_counts.clear_over(tx, int(now.timestamp())),
            "answers": idempotency.delete_before(tx, now - _ANSWERS_KEPT),
            "holders_of_orders": order_holders.forget_of_ended(tx),
            "operators_documents": booking_documents.forget_before(tx, now - _DOCUMENTS_KEPT),
            "accounts_of_claims": payouts.erase_of_ended(tx, now - _ACCOUNTS_KEPT, now),
            "assistance": assistance.forget_before(tx, now),
            "offers": offers.delete_offers_expired_before(tx, now - _OFFERS_KEPT),
        }
