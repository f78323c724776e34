"""Papers call travellers by the scheme's categories in the reader's language, whatever an operator's fare calls them."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import Region
from ticketing.regions.load import check_region

HOME = Path("regions/helsinki-tallinn")
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OVER: dict[str, Any] = {
    "from": {"stop_id": "eckero:TLL-A"},
    "to": {"stop_id": "eckero:HEL-LT2"},
    "depart_at": "2026-10-13T05:30:00+03:00",
    "passengers": [{"ref": "anna", "rider_category": "adult"}, {"ref": "dog", "place": "dog"}],
}
# Invented for this test: a dog sails for the price of an infant.
KINDS = """
[place_kinds.dog]
eckero = "infant"
"""


@pytest.fixture(scope="module")
def kennel(tmp_path_factory: pytest.TempPathFactory) -> Region:
    folder = tmp_path_factory.mktemp("kennel") / "helsinki-tallinn"
    shutil.copytree(HOME, folder)
    toml = folder / "region.toml"
    text = toml.read_text(encoding="utf-8").replace("car = 120", "car = 120, dog = 5")
    toml.write_text(text + KINDS, encoding="utf-8")
    stops = folder / "feeds" / "eckero" / "stops.txt"
    stops.write_text(
        stops.read_text(encoding="utf-8").replace("Tallinn A-terminal", "Šnelli Ţigani"), encoding="utf-8"
    )
    region, findings = check_region(folder)
    assert region is not None, findings
    return region


@pytest.fixture
def quay(settings: Settings, clock: FixedClock, kennel: Region) -> Iterator[Api]:
    deck = FakeOperator("eckero", clock.now, {"foot": 100, "dog": 5})
    places = {"helsinki-tallinn": {"eckero": deck}}
    app = create_app(settings, clock=clock, regions={"helsinki-tallinn": kennel}, connectors=places)
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


def paper(api: Api, path: str, token: str, language: str) -> str:
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
    answer = api.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.json
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@ONE
@pytest.mark.parametrize(
    ("language", "person", "fare", "dog"),
    [
        ("en", "Traveller dog:", "foot passenger (dog):", "Traveller: dog"),
        ("et", "Reisija koer:", "foot passenger (koer):", "Reisija: koer"),
        ("fi", "Matkustaja koira:", "foot passenger (koira):", "Matkustaja: koira"),
        ("sv", "Resenär hund:", "foot passenger (hund):", "Resenär: hund"),
    ],
)
def test_a_dog_is_a_dog_on_every_paper_also_where_its_fare_is_an_infants(
    quay: Api, language: str, person: str, fare: str, dog: str
) -> None:
    bought = quay.buy(**OVER)
    base = f"/v1/orders/{bought.order['id']}"

    told = paper(quay, f"{base}/receipt.pdf", bought.token, language)
    printed = paper(
        quay, f"{base}/tickets/{bought.ticket_of('dog')['jti']}/print.pdf", bought.token, language
    )

    assert person in told
    assert fare in told
    assert "infant" not in told
    assert dog in printed


@ONE
def test_a_carnet_is_nobodys_and_its_receipt_names_the_category_alone(quay: Api) -> None:
    quote = quay.post("/v1/passes/quotes", {"product": "tll-30d"}, once=None).json or {}
    order = quay.post("/v1/orders", {"quote_id": quote["id"]}).json or {}
    path, token = f"/v1/orders/{order['id']}", order["access_token"]
    quay.post(f"{path}/payments", {"method": "demo_ok"}, token)

    told = paper(quay, f"{path}/receipt.pdf", token, "et")

    assert "Reisija täiskasvanu: 30" in told
    assert "holder" not in told


@ONE
@pytest.mark.parametrize(
    ("language", "ticket"),
    [
        ("en", "Ticket Kertalippu AB (adult), changes included: 3"),
        ("et", "Pilet Kertalippu AB (täiskasvanu) koos ümberistumistega: 3"),
        ("fi", "Lippu Kertalippu AB (aikuinen), vaihdot sisältyvät: 3"),
        ("sv", "Biljett Kertalippu AB (vuxen), byten ingår: 3"),
    ],
)
def test_the_first_ticket_of_an_operator_is_no_change(api: Api, language: str, ticket: str) -> None:
    bought = api.buy()

    told = paper(api, f"/v1/orders/{bought.order['id']}/receipt.pdf", bought.token, language)

    assert ticket in told


@ONE
def test_names_with_letters_of_neighbours_can_be_read(quay: Api) -> None:
    bought = quay.buy(**OVER)

    told = paper(quay, f"/v1/orders/{bought.order['id']}/receipt.pdf", bought.token, "et")

    assert "Šnelli Tigani" in told
