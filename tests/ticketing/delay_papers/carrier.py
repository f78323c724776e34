"""A holder who wants papers of a late ferry, and whoever reads them: what these tests have in common."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import zxingcpp
from PIL import Image
from pypdf import PageObject

from tests.api import Api, Bought
from tests.ticketing.claims.coast import REGION, Coast
from ticketing.db.disruption import observations
from ticketing.db.disruption.observations import Observation

JWKS = "/.well-known/delay-confirmation-jwks.json"


def listed(api: Api, bought: Bought, language: str = "en") -> list[dict[str, Any]]:
    """The legs of an order that can be confirmed."""
    answer = api.client.get(
        f"/v1/orders/{bought.order['id']}/delay-confirmations",
        headers={"Authorization": f"Bearer {bought.token}", "Accept-Language": language},
    )
    assert answer.status_code == 200, answer.json
    return list((answer.json or {})["legs"])


def confirmation(api: Api, bought: Bought, leg: int, language: str = "en", **query: str) -> Any:
    """Ask for the confirmation of a leg, as the order's holder."""
    return api.client.get(
        f"/v1/orders/{bought.order['id']}/delay-confirmations/{leg}",
        headers={"Authorization": f"Bearer {bought.token}", "Accept-Language": language},
        query_string={"passenger": "anna", **query},
    )


def checked(api: Api, token: str) -> dict[str, Any]:
    """Check a token, as anybody may."""
    answer = api.post("/v1/delay-confirmations/check", {"token": token}, once=None)
    assert answer.status_code == 200, answer.json
    return answer.json or {}


def code_on(page: PageObject) -> str:
    """Read the code of a printed page as a scanner does."""
    image = Image.open(io.BytesIO(page.images[0].data)).convert("L")
    (code,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.AllMatrix)
    return code.text


def feed_saw_arrival(coast: Coast, bought: Bought, minutes: int) -> None:
    """Have a feed see the ferry arrive so many minutes late."""
    _, ship = coast.ship(bought)
    operator, trip, day = coast.run(bought)
    planned = datetime.fromisoformat(ship["arrival"]).astimezone(UTC)
    at = planned + timedelta(minutes=minutes)
    fact = Observation(
        region=REGION,
        operator=operator,
        trip_id=trip,
        service_date=day,
        call=1,
        stop_id=ship["to"]["stop_id"],
        kind="arrived",
        event="arrival",
        planned_at=planned,
        at=at,
        source="gtfs_rt",
        told_at=at + timedelta(minutes=1),
        received_at=at + timedelta(minutes=1),
    )
    with coast.rooms.till.database.write() as tx:
        observations.put_observations(tx, [fact, replace(fact, raw_sha256="0" * 64)])


def day_of(coast: Coast, bought: Bought) -> date:
    """The service day of the ferry."""
    return coast.run(bought)[2]
