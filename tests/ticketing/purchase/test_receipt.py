"""The receipt: VAT by Member State that adds up, the reason of the price, in the buyer's language."""

import io
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest

from operators.fake import FakeOperator
from tests.api import Api, Bought
from tests.networks import lent
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.purchase import words
from ticketing.regions import Region

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REGIONS = sorted(path.parent.name for path in Path("regions").glob("*/region.toml"))
# The service's own words; some are words of a language by chance, and count as such there.
KEYS = {
    *("decided", "pending", "confirmed", "failed", "captured", "refund", "exchange", "sale"),
    *("tram", "metro", "rail", "bus", "ferry", "XX", "taxable", "outside"),
}


@dataclass(frozen=True)
class Sold:
    """An order of a region's demo, of which one passenger has given theirs back."""

    api: Api
    bought: Bought
    region: Region

    def receipt(self, language: str) -> str:
        answer = self.api.client.get(
            f"/v1/orders/{self.bought.order['id']}/receipt.pdf",
            headers={"Authorization": f"Bearer {self.bought.token}", "Accept-Language": language},
        )
        assert answer.status_code == 200, answer.json
        return text_of(answer.data)

    def receipt_without_stops(self, language: str) -> str:
        """The receipt without the names of stops, which are their operators': one is called `Helsinki (rail)`."""
        text = " ".join(self.receipt(language).split())
        for leg in self.bought.tickets[0]["legs"]:
            text = text.replace(leg["from"]["name"], "").replace(leg["to"]["name"], "")
        return text


@pytest.fixture(params=REGIONS)
def sold(
    request: pytest.FixtureRequest, settings: Settings, every_region: dict[str, Region]
) -> Iterator[Sold]:
    """Every shipped region, with the journey of its demo."""
    name = request.param
    region = every_region[name]
    scene = tomllib.loads(Path("regions", name, "demo.toml").read_text(encoding="utf-8"))
    clock = FixedClock(datetime(2026, 10, 13, 2, 10, tzinfo=UTC))
    fakes = {
        one.id: FakeOperator(one.id, clock.now, {"foot": 1000})
        for one in region.operators.values()
        if one.connector is not None
    }
    app = create_app(settings, clock=clock, regions={name: region}, connectors={name: fakes})
    api = Api(app.test_client(), clock, lambda *_: "")
    who = [{key: scene[part][key] for key in ("ref", "rider_category")} for part in ("goes", "stays")]
    with lent(app):
        bought = api.buy(
            **{
                "from": {"place": scene["from"]},
                "to": {"place": scene["to"]},
                "depart_at": f"2026-10-13T{scene['leaves']}:00+0{3 if name.startswith('hel') else 2}:00",
                "passengers": who,
            }
        )
        refund = {"passengers": [scene["stays"]["ref"]]}
        answer = api.post(f"/v1/orders/{bought.order['id']}/refunds", refund, bought.token)
        assert answer.status_code == 201, answer.json
        yield Sold(api, bought, region)
    app.extensions["throughfare"].till.database.close()


@ONE
def test_a_receipt_of_every_region_has_no_key_and_no_word_of_another_language(sold: Sold) -> None:
    ids = {one.id for one in sold.region.book.agreements} | {"XX"}
    for language in words.LANGUAGES:
        text = sold.receipt_without_stops(language)
        own = " ".join(str(said[language]) for said in closed_words())
        others = {said["en"] for said in closed_words()} if language != "en" else set()
        foreign = {word for word in (KEYS | others | ids) if not has_word(own, word)}

        assert [word for word in sorted(foreign) if has_word(text, word)] == []


@ONE
def test_a_receipt_tells_local_hours_and_the_vat_of_what_came_back(sold: Sold) -> None:
    text = sold.receipt("en")

    zones = {"EE": "2026-10-13 05:10 (UTC+03:00)", "PT": "03:10 (UTC+01:00)"}
    states = sold.region.data.member_states
    assert next((zone for state, zone in zones.items() if state in states), "04:10 (UTC+02:00)") in text
    assert " UTC\n" not in text
    back = text.partition("VAT of what was given back")[2]
    gross = [int(cents.replace(".", "")) for cents in re.findall(r"(-\d+\.\d\d) [A-Z]{3} -?\d", back)]
    (given,) = re.findall(r"Given back: (\d+\.\d\d)", text)
    assert sum(gross) == -int(given.replace(".", ""))


def test_every_word_is_said_in_every_language_with_the_same_values() -> None:
    said = json.loads(words.FILE.read_text(encoding="utf-8"))

    assert said["languages"] == ["en", "et", "fi", "sv"]
    for section in ("receipt", "modes", "refund_states", "refunds", "parts"):
        for name, one in said[section].items():
            assert set(one) == set(said["languages"]), name
            assert all(one.values()), name
            assert len({frozenset(re.findall(r"{(\w+)}", text)) for text in one.values()}) == 1, name


def closed_words() -> list[dict[str, Any]]:
    said = json.loads(words.FILE.read_text(encoding="utf-8"))
    return [one for section in ("receipt", "modes", "refund_states") for one in said[section].values()]


def has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Receipt", "Total: 48.00 EUR", "Joint ticket", "24.00 %", "13.50 %")),
        (
            "et",
            (
                "Kviitung",
                "Kokku: 48,00 EUR",
                "Ühispilet",
                "24,00 %",
                "13,50 %",
                "32,00 EUR, eraldi ostes 34,20 EUR",
            ),
        ),
        (
            "fi",
            (
                "Kuitti",
                "Yhteensä: 48,00 EUR",
                "Yhteislippu",
                "24,00 %",
                "13,50 %",
                "Lippu Tunnipilet (aikuinen): 2,00 EUR",
            ),
        ),
        (
            "sv",
            (
                "Kvitto",
                "Totalt: 48,00 EUR",
                "Gemensam biljett",
                "24,00 %",
                "demobetalning, inga pengar flyttas",
            ),
        ),
    ],
)
def test_a_receipt_speaks_the_buyers_language(api: Api, language: str, words: tuple[str, ...]) -> None:
    bought = api.buy()

    answer = api.client.get(
        f"/v1/orders/{bought.order['id']}/receipt.pdf",
        headers={"Authorization": f"Bearer {bought.token}", "Accept-Language": language},
    )

    text = text_of(answer.data)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    for word in (*words, "EE", "FI"):
        assert word in text
    assert bool(re.search(r"\d\.\d\d (EUR|%)", text)) == (language == "en")
    assert "?" not in text


def test_an_order_that_is_not_paid_has_no_receipt_and_a_stranger_sees_none(api: Api) -> None:
    order, token = api.order()

    assert api.get(f"/v1/orders/{order['id']}/receipt.pdf", token).status_code == 409
    assert api.get(f"/v1/orders/{order['id']}/receipt.pdf", "other").status_code == 404
