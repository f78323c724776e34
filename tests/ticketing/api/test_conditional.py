"""Apps poll orders and tickets by `ETag`: 304 until something is another one."""

import pytest
from flask import Response

from tests.api import Api

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a header has no database


@ON_SQLITE
def test_an_order_and_its_tickets_are_sent_again_only_when_they_have_changed(api: Api) -> None:
    bought = api.buy()
    order = f"/v1/orders/{bought.order['id']}"

    def poll(path: str, tag: str = "", language: str = "en") -> Response:
        headers = {"Authorization": f"Bearer {bought.token}", "Accept-Language": language}
        answer: Response = api.client.get(
            path, headers={**headers, **({"If-None-Match": tag} if tag else {})}
        )
        return answer

    tags = {path: poll(path).headers["ETag"] for path in (order, f"{order}/tickets")}
    held = {path: poll(path, tag) for path, tag in tags.items()}
    api.post(f"{order}/refunds", {"passengers": ["mari"]}, bought.token)
    changed = {path: poll(path, tag) for path, tag in tags.items()}

    for path, answer in held.items():
        assert (answer.status_code, answer.data) == (304, b""), path
        assert answer.headers["ETag"] == tags[path]
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert {"Accept-Language", "Authorization"} <= set(answer.vary)
    assert [answer.status_code for answer in changed.values()] == [200, 200]
    assert {answer.headers["ETag"] for answer in changed.values()} & set(tags.values()) == set()


@ON_SQLITE
def test_a_weak_tag_of_a_cache_on_the_way_counts_too(api: Api) -> None:
    bought = api.buy()
    path = f"/v1/orders/{bought.order['id']}/tickets"
    tag = api.get(path, bought.token).headers["ETag"]

    answer = api.client.get(
        path, headers={"Authorization": f"Bearer {bought.token}", "If-None-Match": f"W/{tag}"}
    )

    assert answer.status_code == 304


@ON_SQLITE
def test_a_refusal_has_no_tag(api: Api) -> None:
    order, _ = api.order()

    refused = api.get(f"/v1/orders/{order['id']}/tickets", "made-up")

    assert (refused.status_code, refused.headers.get("ETag")) == (404, None)
    assert refused.headers["Cache-Control"] == "no-store"


@ON_SQLITE
def test_the_description_names_tags_and_304(api: Api) -> None:
    paths = (api.get("/openapi.json").json or {})["paths"]

    for path in ("", "/tickets", "/events", "/options"):
        operation = paths[f"/v1/orders/{{order_id}}{path}"]["get"]
        assert "304" in operation["responses"], path
        assert "ETag" in operation["responses"]["200"]["headers"], path
        assert "If-None-Match" in {parameter["name"] for parameter in operation["parameters"]}, path


@ON_SQLITE
def test_the_description_itself_is_sent_once(api: Api) -> None:
    first = api.get("/openapi.json")
    again = api.client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
