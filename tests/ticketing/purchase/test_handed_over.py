"""A ferry's documents are kept and shown beside our code; another price or number of tickets is a case, not a refusal."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pypdf import PdfReader

from operators import registry
from operators.fault_plan import Fault, plan
from operators.port import Booking as Confirmed
from operators.port import Document
from operators.registry import Surroundings
from operators.simulators.maritime import MaritimeSimulator, Ship
from operators.table import ConnectorTable
from tariffs.money import Money
from tests.api import Api, Bought
from tests.ticketing.purchase.group_buyers import buy as buy_group
from tests.ticketing.purchase.group_buyers import code_of, shown
from ticketing.db.operators.connectors import DatabaseJournal
from ticketing.db.sale import booking_documents, bookings
from ticketing.purchase.gateway import alerts
from ticketing.purchase.handed_over import differences_of
from ticketing.tickets import barcode

REGION = "helsinki-tallinn"
ONE: dict[str, Any] = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}
PAGE = "<h1>Boarding</h1><script>alert(1)</script>"
# These tests do not depend on the database: one kind is enough.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Harbour:
    """The service whose ferry of the first offer speaks the maritime API with a simulator."""

    api: Api
    simulator: MaritimeSimulator
    operator: str

    @property
    def till(self) -> Any:
        return self.api.client.application.extensions["throughfare"].till

    def ticket(self, bought: Bought) -> dict[str, Any]:
        return self.api.get(f"/v1/orders/{bought.order['id']}/tickets", bought.token).json["tickets"][0]


@pytest.fixture
def harbour(api: Api) -> Iterator[Harbour]:
    legs = api.search(**ONE)["itineraries"][0]["legs"]
    operator = next(leg["operator"] for leg in legs if leg["mode"] == "ferry")
    till = api.client.application.extensions["throughfare"].till
    with MaritimeSimulator(api.clock.now, ship=Ship(html=PAGE)) as simulator:
        url = simulator.start()
        table = {
            "url": f"{url}/bookings/",
            "secret": "KEY",
            "maas_operator_id": "throughfare",
            "allow_private": True,
        }
        around = Surroundings(
            api.clock.now, DatabaseJournal(till.database, REGION), environ={"KEY": "sandbox"}
        )
        timetable = till.regions[REGION].data.timetables[operator]
        till.connectors[REGION][operator] = registry.connect(
            operator, ConnectorTable("maritime", table), timetable, around
        )
        yield Harbour(api, simulator, operator)


def test_a_ferrys_own_ticket_is_kept_and_shown_beside_ours(harbour: Harbour) -> None:
    bought = harbour.api.buy(**ONE)

    shown = harbour.ticket(bought)["operator_documents"]
    order = harbour.api.get(f"/v1/orders/{bought.order['id']}", bought.token).json

    assert [(one["operator"], one["leg"], one["kind"], one["encoding"]) for one in shown] == [
        (harbour.operator, 1, kind, "text") for kind in ("qr_code", "number", "html")
    ]
    assert [one["content"] for one in shown] == ["SIMULATED:B000001-1", "B000001-1", PAGE]
    assert {one["reference"] for one in shown} == {"B000001"}
    held = next(one for one in order["bookings"] if one["operator"] == harbour.operator)
    assert [one["kind"] for one in held["documents"]] == ["qr_code", "number", "html"]
    assert alerts.list_cases(harbour.till) == []


@ON_SQLITE
def test_the_printed_ticket_has_the_operators_code_and_number(harbour: Harbour) -> None:
    bought = harbour.api.buy(**ONE)
    jti = bought.tickets[0]["jti"]

    printed = harbour.api.get(f"/v1/orders/{bought.order['id']}/tickets/{jti}/print.pdf", bought.token)

    reader = PdfReader(io.BytesIO(printed.data))
    text = " ".join(page.extract_text() for page in reader.pages)
    assert "Ticket of the operator: B000001, B000001-1" in text
    assert "it is in the app" in text
    assert sum(len(page.images) for page in reader.pages) == 2


@ON_SQLITE
def test_an_operators_own_picture_is_printed_and_a_broken_one_is_not(harbour: Harbour) -> None:
    pictures = {"image/png": barcode.png("THEIRS"), "image/jpeg": b"no picture at all"}
    bought = harbour.api.buy(**ONE)
    with harbour.till.database.write() as tx:
        (held, *_) = [
            one for one in bookings.list_bookings(tx, bought.order["id"]) if one.operator == harbour.operator
        ]
        papers = [
            Document("TICKET", media_type, base64.b64encode(content).decode(), "base64")
            for media_type, content in pictures.items()
        ]
        booking_documents.forget_before(tx, harbour.api.clock.now().replace(year=2027))
        booking_documents.keep(tx, held.id, papers, harbour.api.clock.now())
    jti = bought.tickets[0]["jti"]

    printed = harbour.api.get(f"/v1/orders/{bought.order['id']}/tickets/{jti}/print.pdf", bought.token)

    assert printed.status_code == 200
    reader = PdfReader(io.BytesIO(printed.data))
    assert sum(len(page.images) for page in reader.pages) == 2


@ON_SQLITE
def test_another_price_than_agreed_is_a_case_and_the_passenger_travels(harbour: Harbour) -> None:
    harbour.simulator.ship.prices = {"adult": 1}

    bought = harbour.api.buy(**ONE)

    assert bought.order["state"] == "ticketed"
    (case,) = alerts.list_cases(harbour.till)
    assert (case.alert.kind, case.order_id, case.doings) == (
        "booking_differs",
        bought.order["id"],
        ("put_away",),
    )
    assert "0.01 EUR where" in case.alert.detail
    alerts.act(harbour.till, case.alert.id, "put_away", "mari")
    assert alerts.list_cases(harbour.till) == []


@ON_SQLITE
def test_the_price_that_was_agreed_is_no_case(harbour: Harbour) -> None:
    found = harbour.api.buy(**ONE)
    with harbour.till.database.read() as tx:
        held = next(
            one for one in bookings.list_bookings(tx, found.order["id"]) if one.operator == harbour.operator
        )
    harbour.simulator.ship.prices = {"adult": held.document["agreed"]["minor"]}

    harbour.api.buy(**ONE)

    assert alerts.list_cases(harbour.till) == []
    harbour.simulator.plan = plan([Fault("confirm", "price")])
    harbour.api.buy(**ONE)
    assert len(alerts.list_cases(harbour.till)) == 1


def test_differences_are_told_in_words() -> None:
    agreed = {"agreed": {"minor": 1900, "currency": "EUR"}}

    def told(price: Money | None, tickets: int | None) -> list[str]:
        return differences_of(agreed, Confirmed("k", "B1", price, (), tickets))

    assert told(Money(1900, "EUR"), 1) == told(None, None) == []
    assert told(Money(1900, "SEK"), 2) == [
        "19.00 SEK where 19.00 EUR was agreed",
        "2 tickets where 1 was agreed",
    ]
    assert differences_of({}, Confirmed("k", "B1", Money(5, "EUR"))) == []


@ON_SQLITE
@pytest.mark.parametrize(("language", "child"), [("en", "mari (child)"), ("fi", "mari (lapsi)")])
def test_a_groups_paper_lists_each_members_own_ticket(harbour: Harbour, language: str, child: str) -> None:
    bought = buy_group(harbour.api)
    code = code_of(harbour.api, bought)["jti"]
    own = {
        one["passenger"]: [
            paper["content"] for paper in one["operator_documents"] if paper["kind"] == "number"
        ]
        for one in shown(harbour.api, bought)["tickets"]
    }

    printed = harbour.api.client.get(
        f"/v1/orders/{bought.order['id']}/tickets/{code}/print.pdf",
        headers={"Authorization": f"Bearer {bought.token}", "Accept-Language": language},
    )

    reader = PdfReader(io.BytesIO(printed.data))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    numbers = {ref: found[0] for ref, found in own.items()}
    assert len(set(numbers.values())) == len(numbers) == 3
    for ref, number in numbers.items():
        line = text[text.index(f"{ref} (") :]
        assert line[: line.index(number)].count("(") == 1, line
    assert f"{child}: " in text
    assert sum(len(page.images) for page in reader.pages) == 1 + len(numbers)
