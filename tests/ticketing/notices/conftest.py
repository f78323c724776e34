"""The service with a mail server, a receiver of webhooks and push, and its post office."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api, Bought
from tests.networks import lent
from tests.ticketing.notices.receivers import Mailbox, Receiver, mail_server, receiver
from ticketing import notices
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.identity import create_key
from ticketing.regions import LiveDesk, Region


@dataclass(frozen=True)
class Town:
    """The service, the places where its messages arrive, and its worker's jobs."""

    api: Api
    mailbox: Mailbox
    receiver: Receiver
    office: notices.PostOffice
    live: LiveDesk

    def work(self) -> int:
        """Let the worker write and deliver what is due; answers how many were delivered."""
        notices.write_due(self.office)
        return notices.deliver_due(self.office)

    def notify(self, bought: Bought, *contacts: dict[str, Any]) -> Any:
        """Say where messages about an order go."""
        head = {"Authorization": f"Bearer {bought.token}"}
        path = f"/v1/orders/{bought.order['id']}/notify"
        return self.api.client.put(path, json={"contacts": list(contacts)}, headers=head)


@pytest.fixture
def arrivals() -> Iterator[tuple[Mailbox, Receiver]]:
    with mail_server() as mailbox, receiver() as inbox:
        yield mailbox, inbox


@pytest.fixture
def town(
    settings: Settings,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
    arrivals: tuple[Mailbox, Receiver],
) -> Iterator[Town]:
    mailbox, inbox = arrivals
    told = replace(
        settings,
        smtp_address=mailbox.address,
        mail_sender="Throughfare <tickets@throughfare.example>",
        messages_reach="anywhere",
    )
    app = create_app(told, clock=clock, regions=regions, connectors={"helsinki-tallinn": ferries})
    rooms = app.extensions["throughfare"]

    def key(role: Any, operator: str | None = None) -> str:
        return create_key(rooms.till.database, clock, role=role, operator=operator, label="test")[1]

    with lent(app):
        yield Town(Api(app.test_client(), clock, key), mailbox, inbox, rooms.post_office, rooms.live)
    rooms.till.database.close()


def ferry_of(bought: Bought) -> tuple[int, str, str, date]:
    """The ferry's place among the legs, its operator, trip and day."""
    legs = bought.tickets[0]["legs"]
    at = next(place for place, leg in enumerate(legs) if leg["mode"] == "ferry")
    leg = legs[at]
    return at, leg["operator"], leg["trip_id"], date.fromisoformat(leg["departure"][:10])
