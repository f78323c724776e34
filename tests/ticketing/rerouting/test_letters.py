"""The letter about a cancelled ferry ends with a link that opens the order once; letters about ferries that one has left are not sent."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.spoiled import spoiled
from tests.ticketing.rerouting.harbour import ONE, REGION, Harbour, take
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import Region

PAGE = "https://app.example/options"


@pytest.fixture
def harbour(
    settings: Settings,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
    tmp_path: Path,
) -> Iterator[Harbour]:
    there = replace(settings, options_page=PAGE, mail_folder=tmp_path / "mail")
    app = create_app(there, clock=clock, regions=regions, connectors={REGION: ferries})
    with lent(app):
        yield Harbour(Api(app.test_client(), clock, lambda *_: ""), ferries)
    app.extensions["throughfare"].till.database.close()


def letters(harbour: Harbour, tmp_path: Path) -> list[str]:
    """Let the worker work; answers the texts of all letters about ferries, the first one first."""
    for _ in range(2):
        harbour.work()
    parts = [
        part
        for path in sorted((tmp_path / "mail").glob("*.eml"))
        for part in message_from_bytes(path.read_bytes()).walk()
        if part.get_content_type() == "text/plain"
    ]
    texts = [bytes(part.get_payload(decode=True)).decode() for part in parts]
    return [one for one in texts if "does not run" in one]


def asks_for_mail(harbour: Harbour, order_id: str, token: str) -> None:
    contact = {"kind": "email", "address": "anna@example.org", "language": "en"}
    headers = {"Authorization": f"Bearer {token}"}
    answer = harbour.api.client.put(
        f"/v1/orders/{order_id}/notify", json={"contacts": [contact]}, headers=headers
    )
    assert answer.status_code == 200, answer.json


def test_the_link_of_a_letter_opens_the_order_once_and_for_two_days(harbour: Harbour, tmp_path: Path) -> None:
    bought = harbour.api.buy(**ONE)
    asks_for_mail(harbour, bought.order["id"], bought.token)
    harbour.cancels(bought)

    (letter,) = letters(harbour, tmp_path)
    address, _, code = next(word for word in letter.split() if word.startswith(PAGE)).partition("#")
    opened, again, forged = (
        harbour.api.post("/v1/orders/link", {"code": one}, once=None) for one in (code, code, spoiled(code))
    )

    assert address == PAGE
    assert bought.token not in letter
    assert opened.json == {"order_id": bought.order["id"], "access_token": bought.token}
    assert (again.status_code, forged.status_code) == (401, 401)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_link_is_over_after_two_days(harbour: Harbour, tmp_path: Path) -> None:
    bought = harbour.api.buy(**ONE)
    asks_for_mail(harbour, bought.order["id"], bought.token)
    harbour.cancels(bought)
    (letter,) = letters(harbour, tmp_path)
    code = next(word for word in letter.split() if word.startswith(PAGE)).partition("#")[2]

    harbour.api.clock.advance(timedelta(hours=48))

    assert harbour.api.post("/v1/orders/link", {"code": code}, once=None).status_code == 401
    for nonsense in ("", "x", "a.b.c.d", "....", "a.b"):
        assert harbour.api.post("/v1/orders/link", {"code": nonsense}, once=None).status_code in {401, 422}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_has_moved_before_the_letter_leaves_hears_only_of_the_ferry_that_they_have(
    harbour: Harbour, tmp_path: Path
) -> None:
    bought = harbour.api.buy(**ONE)
    asks_for_mail(harbour, bought.order["id"], bought.token)
    harbour.cancels(bought)
    take(harbour.api, bought, harbour.options(bought)[0]["options"][0])

    assert letters(harbour, tmp_path) == []
    crossing, _ = harbour.ship(bought)
    new = harbour.ticket(bought)["legs"][crossing]
    harbour.cancels(bought, new)
    (letter,) = letters(harbour, tmp_path)
    assert new["departure"][11:16] in letter
