"""The map of impacts over HTTP: published numbers in pictures and tables, in four languages, and nothing that is withheld."""

import re

import pytest

from tests.api import Api
from tests.ticketing.impact.published import JOURNEYS, MONTH, publish, rows
from ticketing.db import Database

ON_SQLITE = pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # it reads files of the one table
LAYERS = ("journeys", "saved", "connections", "co2", "access")
LANGUAGES = ("en", "et", "fi", "sv")


def page(api: Api, layer: str = "journeys", **more: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in {"layer": layer, "lang": "en", **more}.items())
    answer = api.client.get(f"/map?{query}")
    assert answer.status_code == 200, answer.data
    return answer.get_data(as_text=True)


@pytest.fixture
def told(api: Api, database: Database) -> Api:
    publish(database)
    return api


def test_journeys_of_each_corridor_stand_in_the_table_and_as_a_line(told: Api) -> None:
    html = page(told)

    assert rows(html)[1:3] == [
        ["Tallinna ühistransport: Tallinn", "Tallinna ühistransport: Tallinn", "300"],
        ["Tallinna ühistransport: Tallinn", "HSL: Vyöhyke A", "120"],
    ]
    assert html.count('class="flow journeys') == 4 + 3  # three widths in the legend
    assert html.count('class="within journeys s5"') == 1


@ON_SQLITE
@pytest.mark.parametrize("layer", LAYERS)
def test_an_operator_that_has_left_since_is_shown_by_its_id(api: Api, database: Database, layer: str) -> None:
    publish(
        database,
        {("gone:A", "hsl:A"): 40, ("hsl:A", "hsl:gone"): 60},
        {("gone", "hsl", "kept"): 20, ("gone", "hsl", "missed"): None, ("gone", "hsl", "not_known"): 10},
    )

    html = page(api, layer)

    assert layer in {"saved", "access"} or "gone" in html


@ON_SQLITE
@pytest.mark.parametrize("layer", LAYERS)
def test_nothing_that_is_withheld_is_in_the_page(told: Api, layer: str) -> None:
    html = page(told, layer)

    if layer != "access":
        assert "Vyöhyke D" not in re.sub(r'<circle class="zone".*?</circle>|<text.*?</text>', "", html)
        assert "Eckerö" not in re.sub(r'<circle class="zone".*?</circle>', "", html)
    assert "style=" not in html
    assert "<script" not in html


@ON_SQLITE
def test_savings_are_published_journeys_times_todays_difference(told: Api) -> None:
    html = page(told, "saved")

    assert ["Tallinna ühistransport: Tallinn", "HSL: Vyöhyke A", "120", "€264.00"] in rows(html)
    assert "Together: <strong>€605.00</strong>" in html


@ON_SQLITE
def test_a_missed_connection_that_is_withheld_says_so(told: Api) -> None:
    html = page(told, "connections")

    assert rows(html)[1:] == [["Tallinna ühistransport", "Tallink", "115", "withheld", "15"]]


@ON_SQLITE
def test_emissions_say_at_least_and_stand_beside_the_car(told: Api) -> None:
    by_ends = {tuple(row[:2]): row[2:] for row in rows(page(told, "co2"))}

    here = ("HSL: Vyöhyke A", "Tallinna ühistransport: Tallinn")
    assert by_ends[here] == ["95", "2.2 t", "at least 2.3 t"]
    city = ("Tallinna ühistransport: Tallinn",) * 2
    assert by_ends[city] == ["300", "not known", "not known"]


@ON_SQLITE
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_speaks_every_language(told: Api, layer: str, language: str) -> None:
    html = page(told, layer, lang=language)

    assert f'<html lang="{language}">' in html
    assert "{" not in html


@ON_SQLITE
def test_a_region_without_a_published_month_shows_that_and_its_accessibility(api: Api) -> None:
    assert "No month of this region is published yet." in page(api)
    assert rows(page(api, "access"))[0] == ["Zone", "Accessible", "Not accessible", "Not known"]


@ON_SQLITE
def test_who_paid_is_named_and_made_up_where_it_is(told: Api) -> None:
    html = page(told)

    assert "Made-up project (demonstration)" in html
    assert "€1,000,000.00" in html


@ON_SQLITE
@pytest.mark.parametrize("query", ["layer=people", "region=atlantis", "month=2026-9", "month=2026-08"])
def test_an_unknown_region_layer_or_month_is_not_found(told: Api, query: str) -> None:
    assert told.client.get(f"/map?{query}").status_code == 404


@ON_SQLITE
def test_the_newest_published_month_is_shown_and_an_older_one_has_its_address(
    told: Api, database: Database
) -> None:
    publish(database, {**JOURNEYS, ("hsl:A", "tlt:tallinn"): 85}, None, month="2026-08")

    assert MONTH in page(told)
    assert "85" in [cell for row in rows(page(told, month="2026-08")) for cell in row]
    assert "The connections of this month are not published." in page(told, "connections", month="2026-08")


@ON_SQLITE
def test_the_policy_allows_no_script_and_its_style_is_served(told: Api) -> None:
    answer = told.client.get("/map")

    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert told.client.get("/web/map.css").mimetype == "text/css"


@ON_SQLITE
def test_nobody_waits_for_a_search_of_somebody_else(told: Api) -> None:
    desk = told.client.application.extensions["throughfare"].impact

    with desk._lock:
        saved, counted = page(told, "saved"), page(told)

    assert "Load the page again in a moment." in saved
    assert "Vyöhyke A</th>" not in saved
    assert "120" in [cell for row in rows(counted) for cell in row]
    assert "Load the page again" not in page(told, "saved")


@ON_SQLITE
def test_a_month_that_is_withheld_as_a_whole_says_so(api: Api, database: Database) -> None:
    nothing = {("tlt:tallinn", "hsl:A"): None, ("hsl:A", "tlt:tallinn"): None}
    publish(database, nothing, {("tlt", "tallink", "kept"): None})
    words = {"en": "is withheld", "et": "on varjatud", "fi": "jätetty julkaisematta", "sv": "hålls tillbaka"}

    for layer in ("journeys", "saved", "connections", "co2"):
        assert 'role="status">Every number of this month is withheld' in page(api, layer), layer
    assert "Every number of this month" not in page(api, "access")
    for language, said in words.items():
        assert said in page(api, lang=language)
