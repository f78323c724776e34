"""List the events of an order from its own history, for those who poll: nothing is stored for it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from ticketing.purchase.till import OrderState


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an order: `id` never changes, `type` is like `order.ticketed` or `refund.confirmed`."""

    id: str
    type: str
    at: datetime
    data: dict[str, str]


def list_events(state: OrderState) -> list[Event]:
    """List the events of an order, oldest first: its states, its refunds, its payment disputes."""
    order_id = state.order.id
    found = [Event(one.id, f"order.{one.to_state}", one.at, {"order_id": order_id}) for one in state.events]
    found += [
        Event(
            f"{one.id}:{one.state}",
            f"refund.{one.state}",
            one.created_at,
            {"order_id": order_id, "refund_id": one.id},
        )
        for one in state.refunds
    ]
    return sorted(found, key=lambda one: (one.at, one.id))
