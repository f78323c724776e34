"""Anybody reads the files over HTTP, and the worker publishes a month by itself once it has settled."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.claims.coast import REGION, Coast

MONTH = "2026-10"
AFTER = datetime(2026, 11, 12, tzinfo=UTC)


@pytest.fixture
def published(api: Api) -> Api:
    """A ferry that people rode and that was late, and the worker after the month has settled."""
    coast = Coast(api)
    bought = api.buy()
    coast.board(bought, ("anna", "mari"))
    coast.delay(bought, 75)
    coast.wait(bought)
    coast.work(1, publishing=True)
    api.clock.set(AFTER)
    coast.work(2, publishing=True)
    return api


def package(api: Api) -> dict[str, Any]:
    return api.get(f"/open/{REGION}/datapackage.json").json or {}


def test_the_worker_publishes_every_dataset_of_a_settled_month(published: Api) -> None:
    paths = [one["path"] for one in package(published)["resources"]]

    assert {path.split("/")[0] for path in paths if "/" in path} == {
        "claims",
        "connections",
        "journeys",
        "punctuality",
        "ridership",
        "ridership-weeks",
    }
    assert all(f"/{MONTH}/" in path for path in paths if "/" in path)
    for path in paths:
        answer = published.get(f"/open/{REGION}/{path}")
        assert answer.status_code == 200, path
        assert answer.content_type == "text/csv; charset=utf-8; header=present"


def test_each_table_has_the_columns_keys_and_kinds_that_its_description_says(published: Api) -> None:
    for one in package(published)["resources"]:
        text = published.get(f"/open/{REGION}/{one['path']}").get_data(as_text=True)
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        fields = one["schema"]["fields"]
        assert list(rows[0]) == [field["name"] for field in fields]
        keys = [tuple(row[name] for name in one["schema"]["primaryKey"]) for row in rows]
        assert len(set(keys)) == len(keys)
        for field in fields:
            if field["type"] == "integer":
                numbers = {row[field["name"]] for row in rows} - {""}
                assert all(int(number) % 5 == 0 and int(number) >= 10 for number in numbers)


def test_a_table_says_how_it_is_protected(published: Api) -> None:
    hours = next(one for one in package(published)["resources"] if one["path"].endswith("/hours.csv"))

    assert hours["privacy"] == {
        "mechanism": "discrete Laplace noise on every cell of a fixed domain (OpenDP make_laplace)",
        "unit": "one ride",
        "neighbours": "one such unit becomes another one",
        "epsilon": 1.0,
        "sensitivity": 2,
        "scale": 2.0,
        "withheld_below": 10,
        "rounded_to": 5,
    }
    assert hours["description"].startswith("One count is one boarding")


def test_a_cache_asks_again_by_its_tag(published: Api) -> None:
    path = f"/open/{REGION}/ridership/{MONTH}/hours.csv"
    first = published.client.get(path)
    tag = first.headers["ETag"]

    again = published.client.get(path, headers={"If-None-Match": tag})
    later = published.client.get(path)

    assert (again.status_code, again.data) == (304, b"")
    assert later.data == first.data
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    assert first.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "path",
    [
        f"{REGION}/ridership/2026-09/hours.csv",
        f"{REGION}/ridership/{MONTH}/minutes.csv",
        f"{REGION}/tickets.csv",
        f"{REGION}/../secrets",
        "oresund/datapackage.json",
        "nowhere/datapackage.json",
    ],
)
def test_what_is_not_published_is_not_found(api: Api, path: str) -> None:
    assert api.get(f"/open/{path}").status_code == 404


def test_nothing_is_published_before_the_month_has_settled(api: Api) -> None:
    api.clock.set(AFTER - timedelta(days=2))
    Coast(api).work(1, publishing=True)

    assert {one["path"] for one in package(api)["resources"]} == {"stop_groups.csv", "zones.csv"}


def test_the_worker_goes_on_without_the_library(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketing.publishing.is_installed", lambda: False)
    api.clock.set(AFTER)
    Coast(api).work(1, publishing=True)

    assert {one["path"] for one in package(api)["resources"]} == {"stop_groups.csv", "zones.csv"}


def test_the_address_of_a_region_answers_the_list_of_its_tables(api: Api) -> None:
    listed = api.client.get(f"/open/{REGION}/")

    assert (listed.status_code, listed.json) == (200, package(api))
    assert api.client.get("/open/nowhere/").status_code == 404
    early = api.client.get(f"/open/{REGION}/ridership/{MONTH}/hours.csv")
    assert early.status_code == 404
    assert f"ridership/{MONTH}/hours.csv is not published" in early.json["detail"]
