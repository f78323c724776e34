"""What an account brings to a price: what was proven of its owner, and the passes that are held."""

from datetime import datetime
from typing import Any

from tariffs.party import ProvenClaim
from tariffs.passes import HeldPass, PassProduct
from ticketing.db import Transaction, held_passes, people, uses
from ticketing.db.tickets import Ticket
from ticketing.quote.brought import Brought
from ticketing.quote.service import Desk
from ticketing.regions.travellers import COUNTED, ridden, scope_from_json, scope_to_json


def bring(desk: Desk, person_id: str) -> Brought:
    """Read what an account brings now; whether it holds is judged against the day of travel."""
    now = desk.clock.now()
    with desk.database.read() as tx:
        proven = people.list_entitlements(tx, person_id)
        passes = tuple(_held(tx, found) for found in held_passes.list_passes_of(tx, person_id, now))
        paid = tuple(ridden(held_passes.list_rides_of(tx, person_id, now - COUNTED)))
    claims = tuple(ProvenClaim(one.claim, _day(one.valid_until), one.proof) for one in proven)
    return Brought(person_id, claims, passes, paid)


def pass_document(product: PassProduct, held: HeldPass) -> dict[str, Any]:
    """What a pass ticket keeps of its product, so that it means the same when the product has changed."""
    return {
        "product": product.id,
        "version": product.version,
        "kind": product.kind,
        "names": dict(product.names),
        "scope": scope_to_json(product.scope),
        "uses": product.uses,
        "valid_from": held.valid_from.isoformat(),
        "valid_until": held.valid_until.isoformat(),
    }


def _held(tx: Transaction, found: Ticket) -> HeldPass:
    document = found.document["pass"]
    left = document["uses"]
    if left is not None:
        ridden = sum(1 for use in uses.list_uses(tx, found.jti) if use.kind in {"ride", "in"})
        left = max(0, left - held_passes.count_uses(tx, found.jti) - ridden)
    start, until = (datetime.fromisoformat(document[name]) for name in ("valid_from", "valid_until"))
    return HeldPass(found.jti, document["product"], scope_from_json(document["scope"]), start, until, left)


def _day(text: str) -> Any:
    return datetime.fromisoformat(text).date()
