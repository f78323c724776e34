"""Every type of problem has a page, and the `type` of a problem document is its address."""

import pytest

from tests.api import Api
from ticketing.api.description import problem_types

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a page has no database


@ON_SQLITE
def test_every_type_has_a_page_for_people_and_for_programs(api: Api) -> None:
    for name, kind in problem_types().items():
        page = api.client.get(f"/errors/{name}", headers={"Accept": "text/html,*/*;q=0.8"})
        document = api.get(f"/errors/{name}")

        assert (page.status_code, page.mimetype) == (200, "text/html"), name
        assert all(
            f"<h2>{part}</h2>" in page.text for part in ("What happened", "Whether a retry helps", "Example")
        )
        assert document.json == {
            "type": f"/errors/{name}",
            "code": name,
            "status": kind.status,
            "title": kind.title,
            "what": kind.what,
            "action": kind.action,
            "retry": kind.retry,
            "example": document.json["example"],
        }
        assert document.json["example"]["type"] == document.json["type"]
        assert "`" not in page.text
        assert {"no", "later", "after_a_change"} >= {kind.retry}


@ON_SQLITE
def test_the_type_of_a_problem_is_the_address_of_its_page(api: Api) -> None:
    refused = [
        api.get("/v1/orders/none"),
        api.get("/v1/quotes/none"),
        api.get("/v1/orders"),
        api.client.post("/v1/journeys", data=b"{", content_type="application/json"),
        api.post("/v1/journeys", {}),
        api.post("/v1/orders", {"quote_id": api.quote()["id"]}, once=None),
    ]

    for answer in refused:
        told = answer.json or {}
        page = api.get(told["type"]).json
        assert (page["code"], page["status"], page["title"]) == (
            told["code"],
            answer.status_code,
            told["title"],
        )
    assert len({(answer.json or {})["type"] for answer in refused}) == len(refused)


@ON_SQLITE
def test_the_list_of_types_leads_to_each_page(api: Api) -> None:
    page = api.client.get("/errors/", headers={"Accept": "text/html"})

    assert [name for name in problem_types() if f'href="/errors/{name}"' not in page.text] == []
    assert [one["code"] for one in api.get("/errors/").json["types"]] == sorted(
        problem_types(), key=lambda name: (problem_types()[name].status, name)
    )
    assert api.get("/errors/no_such_type").status_code == 404
