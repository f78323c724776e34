"""Hold the tools of telling people: where things are read, and the ways by which messages leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.notices.outbox import Notice
from ticketing.gate.house import Gatehouse
from ticketing.identity import OrderTokens, Reception
from ticketing.notices.channels import Channel, Delivery
from ticketing.notices.lanes import Paces
from ticketing.notices.together import Together
from ticketing.purchase.service import Till


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOffice:
    """The tools of telling people. `channels` by kind of contact: email, webpush, webhook.

    `push_key` is the public key that browsers subscribe with; `sends_mail` is false where a deployment
    has no mail; `public_url` is the service's address, empty where nobody else reaches it, `options_page` that of the page on which holders choose how they go on; `reaches_private` lets messages go to addresses that are not on the public internet; `paces` knows which receivers are quick, `settling` writes down what becomes of messages.
    """

    database: Database
    clock: Clock
    till: Till
    gatehouse: Gatehouse
    reception: Reception
    order_tokens: OrderTokens
    channels: Mapping[str, Channel]
    push_key: str
    issuer: str
    sends_mail: bool
    reaches_private: bool = False
    paces: Paces = field(default_factory=Paces)
    settling: Together[tuple[Notice, Delivery]] = field(default_factory=Together)
    public_url: str = ""
    options_page: str = ""

    def options_url(self, order_id: str) -> str:
        """Name where the holder of an order's token reads how they can go on: a path where the service's address is not known."""
        return f"{self.public_url}/v1/orders/{order_id}/options"
