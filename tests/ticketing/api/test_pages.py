"""Every list is told in pages of one form: `after` and `limit` in, `next` out."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.identity.people_of import register
from ticketing.api.pages import Page, cut
from ticketing.errors import InvalidRequest

ON_SQLITE = pytest.mark.parametrize(
    "database_url", ["sqlite"], indirect=True
)  # the pages are cut above the database
# Lists that cannot grow: what bounds each.
BOUNDED = {
    "getContacts": "three contacts",
    "getReadersOfStatements": "the addresses of one setting",
    "getReadersOfTasks": "the addresses of one setting",
    "getStepsOfRun": "the steps of one run",
    "listClaimsOfOrder": "the rides of one order",
    "listConfirmableLegs": "the rides of one order",
    "listContestScores": "months and reasons",
    "listGuaranteeCases": "the connections of one order",
    "listMyCaps": "the caps of the regions",
    "listOptions": "the rides of one order",
    "listOrderEvents": "what happened to one order, with `since`",
    "listSharedIncidents": "twenty records, with `since` and `more`",
    "listRegions": "the regions of a deployment",
    "listTickets": "the passengers of one order",
    "findPlaces": "its `limit`",
}


@pytest.mark.parametrize(
    ("after", "limit", "told", "following"),
    [(None, 2, ["a", "b"], "b"), ("b", 2, ["c"], None), ("c", 2, [], None), (None, 3, ["a", "b", "c"], None)],
)
def test_a_page_ends_with_the_cursor_of_the_next_one(
    after: str | None, limit: int, told: list[str], following: str | None
) -> None:
    assert cut(["a", "b", "c"], Page(after=after, limit=limit), str) == (told, following)


def test_a_cursor_of_no_item_is_refused_by_name() -> None:
    with pytest.raises(InvalidRequest) as refused:
        cut(["a"], Page(after="x", limit=2), str)

    assert [fault.path for fault in refused.value.faults] == ["after"]


def lists(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], set[str]]]:
    """The calls that read a list, with the schema of their answer and the names of their parameters."""
    schemas = described["components"]["schemas"]
    for item in described["paths"].values():
        operation = item.get("get")
        answer = (
            (operation or {}).get("responses", {}).get("200", {}).get("content", {}).get("application/json")
        )
        if answer and "$ref" in answer["schema"]:
            schema = schemas[answer["schema"]["$ref"].rpartition("/")[2]]
            names = {one["name"] for one in operation.get("parameters", [])}
            if operation["operationId"].startswith(
                ("list", "find", "review", "getSteps", "getContacts", "getReaders")
            ):
                yield operation["operationId"], schema, names


@ON_SQLITE
def test_every_list_has_pages_or_a_bound(api: Api) -> None:
    told = list(lists(api.get("/openapi.json").json or {}))
    without = {
        call
        for call, schema, names in told
        if "next" not in schema["properties"] or not {"after", "limit"} <= names
    }

    assert len(told) >= 25
    assert without == set(BOUNDED)


@ON_SQLITE
def test_the_orders_of_an_account_are_read_page_by_page(api: Api, quick_hashes: None) -> None:
    anna = register(api)
    placed = [
        anna.post("/v1/orders", {"quote_id": api.quote()["id"]}).json["id"]  # type: ignore[index]
        for _ in range(3)
    ]

    def page(query: str) -> dict[str, Any]:
        return anna.get(f"/v1/me/orders{query}").json or {}

    first = page("?limit=2")
    second = page(f"?limit=2&after={first['next']}")

    assert [one["id"] for one in [*first["orders"], *second["orders"]]] == placed[::-1]
    assert (page("")["next"], second["next"]) == (None, None)
    assert len(page("")["orders"]) == 3


def test_the_journal_of_gates_goes_on_behind_a_page(api: Api) -> None:
    admin, gate = api.key("operator_admin", "tlt"), api.key("gate", "tlt")
    code = api.buy().ticket_of("anna")["control_code"]
    for place in range(3):
        body = {"code": code, "reason": f"the phone is empty {place}"}
        assert api.post("/v1/control-codes", body, gate, once=None).status_code == 200

    whole = api.get("/v1/operators/tlt/gate-journal", admin).json or {}
    read: list[str] = []
    after = ""
    while after is not None:
        page = (
            api.get(f"/v1/operators/tlt/gate-journal?limit=1{after and f'&after={after}'}", admin).json or {}
        )
        read += [entry["id"] for entry in page["entries"]]
        after = page["next"]

    assert read == [entry["id"] for entry in whole["entries"]]
    assert len(read) == 3
