"""Staff see how old live data are and how much of them fits, and a feed that does not fit says so loudly."""

from typing import Any

import pytest

from operators.port import Capabilities, Disruption, Disruptions, Matching
from tests.api import Api
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk
from ticketing.regions import ask_now

pytestmark = pytest.mark.usefixtures("quick_hashes")
REGION = "helsinki-tallinn"


class Feed:
    """An operator's feed of which little fits."""

    capabilities = Capabilities(needs_hold=False, disruptions=True)

    def __init__(self, api: Api) -> None:
        self.api = api

    def disruptions(self) -> Disruptions:
        now = self.api.clock.now()
        return Disruptions(
            as_of=now,
            items=(Disruption("ECK-TH-0600", now.date(), delay_seconds=60),),
            source="gtfs_rt",
            matching=Matching(5, {"unknown_trip": 3, "not_that_day": 1}),
        )


def test_a_feed_of_which_less_than_half_fits_says_so_on_its_page(
    api: Api, desk: StaffDesk, visitor: Visitor
) -> None:
    rooms: Any = api.client.application.extensions["throughfare"]
    before = rooms.live.connectors[REGION]["eckero"]
    rooms.live.connectors[REGION]["eckero"] = Feed(api)
    ask_now(rooms.live)
    rooms.live.connectors[REGION]["eckero"] = before
    first = staff.add(desk, "f@example.org", "Fia", role="finance", operator=None)[1]
    browser = visitor()
    browser.sign_in("f@example.org", first, "a password that is long")

    page = browser.open("/console/live")

    assert faults_of(page) == []
    assert "only 1 of 5 messages fit" in page.text
    assert "unknown trip: 3" in page.text
    (told,) = (one for one in (api.get("/v1/operators").json or {})["operators"] if one["id"] == "eckero")
    assert (told["live"]["under_way"], told["live"]["described"]) == (0, 0)
