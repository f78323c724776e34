"""Hold the tools of telling people: where things are read, and the ways by which messages leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.gate.house import Gatehouse
from ticketing.identity import OrderTokens, Reception
from ticketing.notices.channels import Channel
from ticketing.notices.lanes import Paces
from ticketing.purchase.service import Till


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOffice:
    """The tools of telling people. `channels` by kind of contact: email, webpush, webhook.

    `push_key` is the public key that browsers subscribe with; `sends_mail` is false where a deployment
    has no mail; `public_url` is the service's address, empty where nobody else reaches it; `reaches_private` lets messages go to addresses that are not on the public internet; `paces` knows which receivers are quick.
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
    public_url: str = ""
