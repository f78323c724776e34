"""From outside: the form of a claim is filled in with all that ticket, evidence and claim know, as JSON and on paper."""

import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from tests.api import Api, Bought
from tests.ticketing.claims.coast import REGION, Coast, ask
from tests.ticketing.purchase.refunding import refund
from ticketing.delay_papers.form import HEADINGS, NUMBERS
from ticketing.delay_papers.words import LANGUAGES, word

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# Nobody but the passenger knows these.
OWN = {"5.1.1", "5.1.2", "5.2", "5.3.1", "5.3.2", "5.4", "5.5", "declaration"}


def fetch(api: Api, bought: Bought, path: str, language: str = "en", **query: Any) -> Any:
    return api.client.get(
        f"/v1/orders/{bought.order['id']}/{path}",
        headers={"Authorization": f"Bearer {bought.token}", "Accept-Language": language},
        query_string=query,
    )


def claimed(api: Api, minutes: int = 75, regime: str | None = None) -> tuple[Coast, Bought, dict[str, Any]]:
    """A claim for a ferry that was late, by the law of the sea or by another one."""
    coast = Coast(api)
    bought = api.buy()
    if regime is not None:
        under(coast, bought, regime)
    coast.board(bought)
    coast.delay(bought, minutes)
    coast.wait(bought)
    claim = ask(api, bought, "anna", coast.ship(bought)[0])
    assert claim.status_code == 201, claim.json
    return coast, bought, claim.json


def under(coast: Coast, bought: Bought, regime: str) -> None:
    """Put the ferry under another law."""
    operators = coast.rooms.claims.regions[REGION].data.operators
    name = coast.run(bought)[0]
    rights = replace(operators[name].rights, regime=regime)
    operators[name] = replace(operators[name], rights=rights)


@pytest.fixture(autouse=True)
def _own_laws(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give back to every operator its law after the test."""
    operators = Coast(api).rooms.claims.regions[REGION].data.operators
    for name, operator in list(operators.items()):
        monkeypatch.setitem(operators, name, operator)


def ticked(form: dict[str, Any], number: str) -> list[str]:
    return [one["name"] for one in form["sections"][number]["choices"] if one["ticked"]]


def test_the_passenger_fills_in_nothing_that_ticket_evidence_and_claim_know(api: Api) -> None:
    coast, bought, claim = claimed(api)
    _, ship = coast.ship(bought)
    ticket = bought.ticket_of("anna")

    form = fetch(api, bought, f"claims/{claim['id']}/form").json

    sections = form["sections"]
    assert tuple(sections) == NUMBERS
    assert {number for number, one in sections.items() if one["for_passenger"]} == OWN
    leaves, arrives = (datetime.fromisoformat(ship[name]) for name in ("departure", "arrival"))
    real = arrives + timedelta(minutes=75)
    expected = {
        "3.1": ship["operator_name"],
        "3.2.1": f"{leaves:%d.%m.%Y}",
        "3.2.2": ship["from"]["name"],
        "3.2.3": ship["to"]["name"],
        "3.2.4": f"{leaves:%H:%M}",
        "3.2.5": f"{arrives:%H:%M}",
        "3.2.6": f"{ship['trip_id']}, {ship['line']}",
        "3.2.7": f"{ticket['control_code']}, {bought.order['id']}",
        "3.2.8": f"{ticket['price']['amount']} EUR",
        "3.3.1": f"{real:%d.%m.%Y}",
        "3.3.2": f"{leaves + timedelta(minutes=75):%H:%M}",
        "3.3.3": f"{real:%H:%M}",
        "3.3.4": f"{ship['trip_id']}, {ship['line']}",
    }
    assert {number: sections[number]["value"] for number in expected} == expected
    assert (ticked(form, "1"), ticked(form, "2"), ticked(form, "4")) == (["delay"], ["yes"], ["compensation"])
    assert claim["id"] in sections["2.3"]["value"]
    assert "1177/2010, 19(1)(a)" in sections["6"]["value"]
    assert "delay-confirmations" in sections["attachments"]["value"]
    assert (form["is_common_form"], form["regime"], form["claim"]) == (False, "sea", claim["id"])
    assert "is for rail" in form["heading"]
    assert form["layout"] == {
        "level": "B",
        "note": "The order of sections beyond 2 was not checked against the annex (level B).",
    }


@pytest.mark.parametrize(
    ("minutes", "band"), [(60, "compensation_60"), (119, "compensation_60"), (120, "compensation_120")]
)
@ONE
def test_by_rail_it_is_the_common_form_with_the_band_of_the_delay(api: Api, minutes: int, band: str) -> None:
    _, bought, claim = claimed(api, minutes, "rail")

    form = fetch(api, bought, f"claims/{claim['id']}/form").json

    assert (form["is_common_form"], form["regime"], ticked(form, "4")) == (True, "rail", [band])
    assert "2024/949" in form["heading"]


@ONE
def test_a_leg_without_a_claim_has_the_form_too_and_an_earlier_request_is_the_passengers_to_name(
    api: Api,
) -> None:
    coast = Coast(api)
    bought = api.buy()
    at, _ = coast.ship(bought)
    coast.delay(bought, 45)
    coast.wait(bought)

    form = fetch(api, bought, "claim-form", passenger="anna", leg=at).json

    assert (form["claim"], ticked(form, "1"), ticked(form, "2")) == (None, ["delay"], [])
    empty = {number for number, one in form["sections"].items() if one["for_passenger"]}
    assert empty == OWN | {"2", "2.1", "2.2", "2.3", "3.3.4"}  # no gate has seen the ticket on the ship
    assert fetch(api, bought, "claim-form", passenger="zoe", leg=0).status_code == 422
    assert fetch(api, bought, "claim-form", passenger="anna", leg=99).status_code == 422
    assert fetch(api, bought, "claims/none/form").status_code == 404


@ONE
def test_a_claim_is_shown_to_its_own_order_alone(api: Api) -> None:
    other = api.buy()
    _, mine, claim = claimed(api)

    answers = [fetch(api, one, f"claims/{claim['id']}/form").status_code for one in (other, mine)]

    assert answers == [404, 200]


@ONE
def test_a_forecast_fills_in_no_real_time(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    at, _ = coast.ship(bought)
    coast.delay(bought, 75)

    form = fetch(api, bought, "claim-form", passenger="anna", leg=at).json

    assert [form["sections"][one]["value"] for one in ("3.3.1", "3.3.2", "3.3.3")] == [None] * 3
    assert (ticked(form, "1"), ticked(form, "4")) == ([], [])


def test_of_a_cancelled_ship_whose_price_came_back_the_form_names_the_refund(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    at, _ = coast.ship(bought)
    coast.cancel(bought)
    before = fetch(api, bought, "claim-form", passenger="anna", leg=at).json
    given_back = refund(api, bought, passengers=["anna"]).json

    after = fetch(api, bought, "claim-form", passenger="anna", leg=at).json

    assert [ticked(before, one) for one in ("1", "2", "4")] == [["cancellation"], [], []]
    assert [ticked(after, one) for one in ("1", "2", "4")] == [["cancellation"], ["yes"], ["reimbursement"]]
    assert given_back["id"] in after["sections"]["2.3"]["value"]


@pytest.mark.parametrize("language", LANGUAGES)
@ONE
def test_on_paper_each_section_stands_once_in_the_passengers_language(api: Api, language: str) -> None:
    _, bought, claim = claimed(api)

    answer = fetch(api, bought, f"claims/{claim['id']}/form.pdf", language)

    text = " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages).split()
    )
    assert answer.content_type == "application/pdf"
    for number in NUMBERS:
        label = word("sections", number, language)
        heading = f"{number} {label}" if number[0].isdigit() else label
        assert text.count(heading) == 1, heading
    for name in ("title", "other", "layout"):
        assert word("form", name, language) in text
    assert "[X]" in text
    leg = fetch(api, bought, "claim-form.pdf", language, passenger="anna", leg=claim["leg"])
    assert leg.content_type == "application/pdf"


def test_every_word_is_there_in_every_language() -> None:
    missing = [number for number in NUMBERS for one in LANGUAGES if not word("sections", number, one)]

    assert missing == []
    assert set(NUMBERS) >= HEADINGS
