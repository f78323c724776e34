"""Read what an account brings to a price: what was proven of its owner, and the passes that are held; a guest brings an order's."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tariffs.caps import Standing, standings
from tariffs.passes import HeldPass, PassProduct
from ticketing.db.sale import held_passes
from ticketing.db.ticket import tickets
from ticketing.errors import Conflict, NotFound
from ticketing.frozen import SoldPass
from ticketing.quote.brought import Brought, KeptPass
from ticketing.quote.held import claims_of, is_held, kept, paid_by
from ticketing.quote.service import Desk


def bring(desk: Desk, person_id: str) -> Brought:
    """Read what an account brings now; whether it holds is judged against the day of travel."""
    now = desk.clock.now()
    with desk.database.read() as tx:
        claims, paid = claims_of(tx, person_id), paid_by(tx, person_id, now)
        bought = held_passes.list_passes_of(tx, person_id)
        passes = tuple(kept(tx, one) for one in bought if is_held(one, now))
    seasons = [one.document.season for one in bought if one.document.season is not None]
    names = frozenset(one.holder for one in seasons if one.holder is not None)
    return Brought(person_id, claims, passes, paid, names)


def caps_of(desk: Desk, person_id: str) -> list[Standing]:
    """Tell where the caps of every region stand in the window of now, by the owner's rides on valid tickets."""
    now = desk.clock.now()
    with desk.database.read() as tx:
        ridden = paid_by(tx, person_id, now)
    found: list[Standing] = []
    for region in desk.regions.values():
        here = [tap for tap in ridden if tap.operator in region.data.operators]
        found += standings(here, region.book.caps, now)
    return found


def freed_by(
    desk: Desk, order_id: str, passengers: Sequence[str] = (), legs: Sequence[int] = ()
) -> dict[str, int]:
    """Count the uses of each pass that an exchange of an order would free: of these passengers and legs, or of all."""
    with desk.database.read() as tx:
        found = held_passes.list_unridden_uses(tx, order_id)
    return Counter(
        use.ticket_jti
        for use in found
        if (not passengers or use.passenger_ref in passengers) and (not legs or use.leg in legs)
    )


def name_holder(desk: Desk, person_id: str, ticket: str, holder: str) -> KeptPass:
    """Say whom of an account a pass is for that was bought for its owner: once, and for good.

    Raises NotFound for a pass that the account has not, Conflict for one that has a name, or serves the whole party.
    """
    with desk.database.write() as tx:
        held = held_passes.find_pass_of(tx, person_id, ticket)
        if held is None or held.document.season is None:
            raise NotFound("this account has no such pass")
        season = held.document.season
        if season.is_shared:
            raise Conflict("a carnet serves the whole party and has no holder")
        if season.holder not in {None, holder}:
            raise Conflict(f"this pass is for {season.holder!r} already")
        held_passes.name_holder(tx, held, holder)
        return replace(kept(tx, held), holder=holder)


def bring_orders(desk: Desk, order_ids: Iterable[str]) -> dict[str, tuple[KeptPass, ...]]:
    """Read the valid passes of some orders, whose bearer has shown their secrets; an order without any is left out."""
    now = desk.clock.now()
    found: dict[str, tuple[KeptPass, ...]] = {}
    with desk.database.read() as tx:
        for order_id in dict.fromkeys(order_ids):
            passes = tuple(kept(tx, one) for one in tickets.list_tickets(tx, order_id) if is_held(one, now))
            if passes:
                found[order_id] = passes
    return found


def sold_pass(product: PassProduct, held: HeldPass, holder: str | None = None) -> SoldPass:
    """Make what a pass ticket keeps of its product, so that it means the same when the product has changed.

    `holder` is whom of the account it is for; None is whoever buys it.
    """
    return SoldPass(
        product=product.id,
        version=product.version,
        kind=product.kind,
        scope=product.scope,
        uses=product.uses,
        valid_from=held.valid_from,
        valid_until=held.valid_until,
        names=dict(product.names),
        holder=holder,
    )
