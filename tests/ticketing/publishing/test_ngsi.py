"""A city's platform reads boardings as entities of NGSI-LD."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.claims.coast import REGION, Coast
from ticketing.publishing import make
from ticketing.publishing.ngsi import MOST

PATH = "/ngsi-ld/v1/entities"


class Loud:
    """Noise of one fixed sort: every hour has 20 people, as far as anybody can see."""

    def add(self, counts: list[int], rule: Any) -> list[int]:
        return [20 for _ in counts]


@pytest.fixture
def busy(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A published month in which each hour has a number."""
    api.clock.set(datetime(2026, 11, 12, tzinfo=UTC))
    desk = Coast(api).rooms.publishing
    monkeypatch.setattr(type(desk.noise), "add", Loud.add)
    make(desk, REGION, "ridership", "2026-10")
    return api


def test_entities_are_listed_by_type_and_read_by_id(busy: Api) -> None:
    answer = busy.client.get(f"{PATH}?type=ItemFlowObserved&limit=2&offset=1")
    listed = answer.json or []
    one = busy.client.get(f"{PATH}/{listed[0]['id']}").json

    assert len(listed) == 2
    assert int(answer.headers["NGSILD-Results-Count"]) % (31 * 24) == 0
    assert one == listed[0]
    assert (one["type"], one["itemType"]["value"], one["intensity"]["value"]) == (
        "ItemFlowObserved",
        "people",
        20,
    )
    assert one["location"]["value"]["type"] == "Point"
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in answer.headers["Link"]


def test_the_context_is_in_the_document_where_that_is_asked_for(busy: Api) -> None:
    answer = busy.client.get(
        f"{PATH}?type=ItemFlowObserved&limit=1", headers={"Accept": "application/ld+json"}
    )

    assert answer.content_type == "application/ld+json"
    assert "Link" not in answer.headers
    assert answer.get_json(force=True)[0]["@context"][1].endswith(".jsonld")


def test_withheld_hours_are_no_entities(api: Api) -> None:
    assert api.client.get(f"{PATH}?type=ItemFlowObserved").json == []
    assert api.client.get(f"{PATH}/urn:ngsi-ld:ItemFlowObserved:x").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "",
        "type=AnonymousCommuterId",
        f"type=ItemFlowObserved&limit={MOST + 1}",
        "type=ItemFlowObserved&limit=x",
    ],
)
def test_a_question_that_is_not_understood_is_refused(api: Api, query: str) -> None:
    assert api.client.get(f"{PATH}?{query}").status_code in {400, 422}
