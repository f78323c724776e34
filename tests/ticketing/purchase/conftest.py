"""The shop that takes money with Stripe."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.stripe_stand_in import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn
from tests.ticketing.purchase.shop import Shop
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.identity import create_key
from ticketing.regions import Region


@pytest.fixture
def shop(
    settings: Settings,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
    stand_in: StripeStandIn,
) -> Iterator[Shop]:
    with_stripe = replace(
        settings,
        gateway="stripe",
        stripe_secret_key=SECRET_KEY,
        stripe_webhook_secrets=(WEBHOOK_SECRET,),
        stripe_api_address=stand_in.address,
    )
    app = create_app(with_stripe, clock=clock, regions=regions, connectors={"helsinki-tallinn": ferries})
    till = app.extensions["throughfare"].till
    stand_in.now = lambda: clock.now().timestamp()
    heard: list[dict[str, Any]] = []
    stand_in.events, stand_in.deliver = heard, None

    def key(role: Any, operator: str | None = None) -> str:
        return create_key(till.database, clock, role=role, operator=operator, label="test")[1]

    with lent(app):
        yield Shop(Api(app.test_client(), clock, key), stand_in, till, heard)
    stand_in._faults.clear()
    till.database.close()
