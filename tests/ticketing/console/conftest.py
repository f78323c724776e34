"""Staff at their browsers, against the application itself."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser
from ticketing.identity.staff import StaffDesk
from ticketing.incidents.desk import IncidentDesk

Visitor = Callable[..., Browser]


@pytest.fixture
def desk(api: Api) -> StaffDesk:
    return StaffDesk(api.client.application.extensions["throughfare"].office.database, api.clock)


@pytest.fixture
def visitor(api: Api) -> Iterator[Visitor]:
    """A browser at an address of its own, over HTTPS as a browser sees it."""
    made = []

    def new(address: str = "192.0.2.1") -> Browser:
        transport = httpx.WSGITransport(api.client.application, remote_addr=address)
        browser = Browser("https://throughfare.example", transport)
        made.append(browser)
        return browser

    yield new
    for browser in made:
        browser.client.close()


@pytest.fixture
def incidents(api: Api) -> IncidentDesk:
    desk: IncidentDesk = api.client.application.extensions["throughfare"].incidents
    return desk
