"""A search says why in the language that is asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api
from ticketing.search import words

SAID = json.loads(Path(words.__file__).with_name("words.json").read_text(encoding="utf-8"))
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ANNA = [{"ref": "anna", "rider_category": "adult"}]
NOWHERE = {
    "en": "no departure within the range; the next leaves on 13.10.2026 at 15:31",
    "et": "selles ajavahemikus ei ole väljumist; järgmine väljub 13.10.2026 kell 15:31",
    "fi": "tällä aikavälillä ei ole lähtöä; seuraava lähtee 13.10.2026 klo 15:31",
    "sv": "ingen avgång inom tidsrymden; nästa går 13.10.2026 kl. 15:31",
}


def search(api: Api, language: str, **wish: Any) -> dict[str, Any]:
    asked = {"from": {"place": "Kopli"}, "to": {"place": "Hobujaama"}, "passengers": ANNA, **wish}
    answer = api.client.post("/v1/journeys", json=asked, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.json or {}


def test_every_sentence_is_said_in_every_language_with_the_same_values() -> None:
    sentences = [*SAID["why"].values(), *SAID["none"].values(), SAID["passed_over"], SAID["somebody"]]

    for said in sentences:
        assert sorted(said) == sorted(SAID["languages"])
        values = {name: text.count("{") for name, text in said.items()}
        assert len(set(values.values())) == 1, said


def test_every_reason_is_told_also_where_no_operator_is_known() -> None:
    assert words.why("unknown_fare", "sv").startswith("en operatör har inget pris")
    assert words.why("a_new_reason", "en") == "this way cannot be sold: a_new_reason"
    assert all("{" not in words.why(reason, "fi") for reason in SAID["why"])


@ONE
@pytest.mark.parametrize("language", sorted(NOWHERE))
def test_an_empty_search_says_when_the_next_one_leaves(api: Api, language: str) -> None:
    wish = {"to": {"place": "Pasila"}, "depart_at": "2026-10-13T13:10:00+03:00", "range_minutes": 110}
    found = search(api, language, **wish)

    assert (found["itineraries"], found["reason"]) == ([], NOWHERE[language])
