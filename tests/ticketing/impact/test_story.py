"""Thirty-six people buy, the month is settled and published with real noise, and a city sees their corridor on the map, and nobody else's."""

import re
from datetime import UTC, datetime

from tests.api import Api, Bought
from tests.ticketing.impact.published import rows
from ticketing.publishing import make

TWELVE = [{"ref": f"p{number}"} for number in range(12)]


def test_a_month_of_sales_becomes_a_map_after_it_is_published(api: Api) -> None:
    for _ in range(3):
        bought = api.buy(passengers=TWELVE)
    api.buy(**{"from": {"place": "Pasila"}, "to": {"place": "Kopli"}})
    rooms = api.client.application.extensions["throughfare"]
    later = datetime(2026, 11, 20, 9, tzinfo=UTC)
    api.clock.set(later)
    for dataset in ("journeys", "connections"):
        make(rooms.publishing, "helsinki-tallinn", dataset, "2026-10")

    html = api.client.get("/map?lang=en").get_data(as_text=True)

    assert "2026-10" in html
    shown = {tuple(row[:2]): int(row[2]) for row in rows(html)[1:]}
    pair = zones_of(bought)
    assert 20 <= shown[pair] <= 60  # thirty-six with noise, in fives
    assert pair[::-1] not in shown  # one person
    assert re.search(r'class="flow journeys s\d"', html)


def zones_of(bought: Bought) -> tuple[str, str]:
    """The zones of a journey as the map names them: Tallinn has one, Pasila lies in the first of Helsinki's."""
    legs = bought.tickets[0]["legs"]
    assert (legs[0]["from"]["name"], legs[-1]["to"]["name"]) == ("Kopli", "Pasila")
    return "Tallinna ühistransport: Tallinn", "HSL: Vyöhyke A"
