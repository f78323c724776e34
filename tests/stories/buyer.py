"""Buy a ticket with the Python client that was generated from the description; run by the client's own Python.

It writes the facts that the test judges, as JSON. It may import nothing but the client and the standard library.
"""

import json
import sys
import uuid
from datetime import datetime, timedelta
from http import HTTPStatus

from throughfare_client import AuthenticatedClient, Client
from throughfare_client.api.journeys import find_places, list_regions, search_journeys
from throughfare_client.api.orders import (
    get_order,
    list_tickets,
    pay_order,
    place_order,
    quote_offer,
    refund_tickets,
)
from throughfare_client.models import (
    Endpoint,
    JourneyRequest,
    OrderRequest,
    Passenger,
    PaymentRequest,
    Problem,
    QuoteRequest,
    RefundRequest,
)


def main(address: str, leaves: str) -> dict[str, object]:
    """Find places, search, freeze, order, pay, poll and give back."""
    guest = Client(base_url=address)
    region = list_regions.sync(client=guest).regions[0]
    start, end = (
        find_places.sync(client=guest, q=name).places[0].stop_ids[0] for name in ("Kopli", "Balti jaam")
    )
    search = JourneyRequest(
        from_=Endpoint(stop_id=start),
        to=Endpoint(stop_id=end),
        passengers=[Passenger(ref="anna"), Passenger(ref="mari", rider_category="child")],
        depart_at=datetime.fromisoformat(leaves),
    )
    found = search_journeys.sync(client=guest, body=search, accept_language="fi")
    offer = next(one.offer_id for one in found.itineraries if one.offer_id)
    quote = quote_offer.sync(client=guest, body=QuoteRequest(offer_id=offer))
    key = str(uuid.uuid4())
    body = OrderRequest(quote_id=quote.id)
    order = place_order.sync(client=guest, body=body, idempotency_key=key)
    again = place_order.sync(client=guest, body=body, idempotency_key=key)
    owner = AuthenticatedClient(base_url=address, token=order.access_token)
    declined = pay_order.sync_detailed(
        order.id,
        client=owner,
        body=PaymentRequest(method="demo_declined"),
        idempotency_key=str(uuid.uuid4()),
    )
    paid = pay_order.sync(
        order.id, client=owner, body=PaymentRequest(method="demo_ok"), idempotency_key=str(uuid.uuid4())
    )
    tickets = list_tickets.sync_detailed(order.id, client=owner)
    polled = list_tickets.sync_detailed(order.id, client=owner, if_none_match=tickets.headers["ETag"])
    stranger = get_order.sync(order.id, client=AuthenticatedClient(base_url=address, token="made-up"))
    refund = refund_tickets.sync(
        order.id,
        client=owner,
        body=RefundRequest(passengers=["mari"]),
        idempotency_key=str(uuid.uuid4()),
    )
    assert isinstance(declined.parsed, Problem)
    assert isinstance(stranger, Problem)
    late = timedelta(seconds=0)
    return {
        "region": region.id,
        "same_order": order.id == again.id,
        "declined": [declined.status_code, declined.parsed.code],
        "state": paid.state,
        "passengers": [ticket.passenger for ticket in tickets.parsed.tickets],
        "tokens": [ticket.token for ticket in tickets.parsed.tickets],
        "legs": [leg.operator for leg in tickets.parsed.tickets[0].legs],
        "polled": polled.status_code == HTTPStatus.NOT_MODIFIED,
        "stranger": [stranger.status, stranger.type_],
        "refunded": [line.passenger for line in refund.lines],
        "expires_later": tickets.parsed.tickets[0].expires_at - quote.created_at > late,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
