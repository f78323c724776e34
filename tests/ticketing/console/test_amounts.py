"""An amount is read as the reader's language writes it, wherever the console asks for one."""

from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.console.browser import Browser, Page
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from tests.ticketing.settlement.month import sell
from ticketing.console.amounts import read_amount
from ticketing.errors import InvalidRequest
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk

REGION = "helsinki-tallinn"


@pytest.mark.parametrize(
    ("given", "minor"),
    [
        ("0,50", 50),
        ("0.50", 50),
        ("2,9", 290),
        ("3", 300),
        ("500", 50000),
        ("-0,5", -50),
        ("\u22121,00", -100),
        ("1 784,96", 178496),
        ("1\u202f784,96 EUR", 178496),
        ("1,784.96", 178496),
        ("1.784,96 €", 178496),
        ("EUR 12", 1200),
        ("0", 0),
    ],
)
def test_an_amount_is_read_with_the_marks_of_any_of_our_languages(given: str, minor: int) -> None:
    assert read_amount("amount", given, "EUR", "fi").minor == minor


@pytest.mark.parametrize("given", ["much", "1,234", "1.2.3", "--1", "1e3", "", "12,50 SEK", "9" * 20])
def test_what_may_be_two_amounts_or_none_is_refused_in_the_language_of_the_reader(given: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_amount("amount", given, "EUR", "fi")

    assert refused.value.faults[0].message == "tarvitaan summa, esimerkiksi 12,50"


@pytest.fixture
def desks(api: Api, desk: StaffDesk, visitor: Visitor, quick_hashes: None) -> tuple[Browser, Browser, Page]:
    """Anna of finance, who reads Finnish, Heli of HSL, and the page of a line that Heli disputes."""
    office: Any = api.client.application.extensions["throughfare"].office
    sell(office.database, "ticket-one", {"hsl": 4200, "tlt": 100}, region=REGION)
    anna = _signed_in(desk, visitor, "anna", "finance")
    closed = anna.press(anna.open("/console/months/2026-09/close"), "Close September 2026")
    heli = _signed_in(desk, visitor, "heli", "operator_finance", "hsl")
    why = heli.follow(heli.open(f"{closed.response.url.path}/statements/hsl"), "Why?")
    case = heli.press(why, "Dispute this line", reason="too little")
    anna.client.headers["Accept-Language"] = "fi"
    return anna, heli, anna.open(str(case.response.url.path))


def _signed_in(
    desk: StaffDesk, visitor: Visitor, name: str, role: str, operator: str | None = None
) -> Browser:
    first = staff.add(desk, f"{name}@example.org", name.title(), role=role, operator=operator)[1]
    browser = visitor()
    browser.sign_in(f"{name}@example.org", first, "a password that is long")
    return browser


def test_the_answer_takes_the_amount_of_its_own_example_and_shows_it_as_money(
    desks: tuple[Browser, Browser, Page],
) -> None:
    anna, _, page = desks
    assert "42,00 EUR" in page.text  # the line that it is about

    look = anna.press(page, "Vastaa", text="olet oikeassa", verdict="corrected", amount="0,50", against="tlt")
    assert (look.status, "Oikaisun määrä 0,50 EUR" in look.text) == (200, True)
    assert "Maksaja Tallinna" in look.text

    back = anna.press(look, "Ei nyt")
    kept = back.form("Vastaa").fields
    assert (kept["text"], kept["verdict"], kept["amount"], kept["against"]) == (
        "olet oikeassa",
        "corrected",
        "0,50",
        "tlt",
    )
    done = anna.press(anna.press(back, "Vastaa"), "Vastaa")
    assert "HSL sai 0,50 EUR, maksajana Tallinna" in done.text
    assert [fault for seen in anna.seen for fault in faults_of(seen)] == []


def test_a_negative_amount_names_the_one_who_gets_it(desks: tuple[Browser, Browser, Page]) -> None:
    anna, _, page = desks

    look = anna.press(page, "Vastaa", text="liikaa", verdict="corrected", amount="-1", against="tlt")
    assert "-1,00 EUR" in look.text.replace("\u2212", "-")
    assert "Maksaja" not in look.text
    assert "Saaja Tallinna" in look.text

    done = anna.press(look, "Vastaa")
    assert "HSL antoi takaisin 1,00 EUR, saajana Tallinna" in done.text


def test_an_amount_that_is_none_is_refused_in_the_language_of_the_page(
    desks: tuple[Browser, Browser, Page],
) -> None:
    anna, _, page = desks

    wrong = anna.press(page, "Vastaa", text="jaa", verdict="corrected", amount="paljon")

    assert (wrong.status, "tarvitaan summa, esimerkiksi 12,50" in wrong.text) == (422, True)


def test_a_filter_takes_whole_and_short_amounts_and_find_passes_them_on_in_the_language(
    desks: tuple[Browser, Browser, Page],
) -> None:
    anna, _, page = desks
    line = anna.follow(page, "Riitautettu rivi")
    lines = f"{str(line.response.url.path).partition('/statements')[0]}/lines"

    for given in ("42", "42,0", "42.00"):
        shown = anna.open(lines, params={"least": given, "most": given})
        assert "tarvitaan summa" not in shown.text
        assert "1 riviä" in shown.text
    found = anna.press(anna.open("/console/find"), "Etsi", wanted="42,00")
    filtered = anna.follow(found, "42,00")
    assert filtered.form("Rajaa").fields["least"] == "42,00"
