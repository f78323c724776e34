"""Watch the pools of guarantees: where one has paid out more than its guarantor stands for, none is sold any more, and people are told."""

from tariffs.money import Money
from ticketing.books import accounts
from ticketing.claims import ClaimsDesk
from ticketing.db.rights import guarantees
from ticketing.db.sale import gateway_events


def watch_pools(desk: ClaimsDesk) -> int:
    """Stop or allow the sale of each region's guarantees by the balance of its pool; answers for how many it is stopped.

    The case `guarantee_pool_low` is the switch: it is opened again while the pool is low, and put away once it is not.
    """
    now, stopped = desk.clock.now(), 0
    for name, region in desk.regions.items():
        terms, currency = region.data.guarantee, region.data.currency
        if terms is None:
            continue
        account = accounts.guarantee_pool(currency).id
        with desk.database.read() as tx:
            balance = guarantees.pool_balance(tx, name, account)
            is_told = gateway_events.find_raised(tx, gateway_events.POOL_LOW, name) is not None
        is_low = balance < -terms.reserve_minor
        stopped += is_low
        if is_low == is_told:
            continue
        with desk.database.write() as tx:
            if is_low:
                paid, reserve = Money(-balance, currency), Money(terms.reserve_minor, currency)
                detail = (
                    f"the pool of {name} has paid {paid} more than it had, and its reserve is {reserve}: no guarantee is "
                    "sold until its balance is above that; those that are sold are paid"
                )
                gateway_events.raise_alert(tx, gateway_events.POOL_LOW, name, detail, now, again=True)
            else:
                gateway_events.resolve_alert_of(tx, gateway_events.POOL_LOW, name, "worker", now)
    return stopped
