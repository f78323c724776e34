"""One table deprecates a call: its answers say so, and so does the description."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.api import Api
from ticketing.api import deprecation
from ticketing.api.deprecation import CALLS, Deprecated
from ticketing.api.description.tables import operations

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a header has no database
GOES = Deprecated(
    since=datetime(2026, 12, 1, tzinfo=UTC),
    sunset=datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC),
    link="/docs/",
)


def test_every_answer_of_a_deprecated_call_says_since_when_and_until_when() -> None:
    app = Flask("test")
    deprecation.register(app, {"GET /v1/old/{name}": GOES})
    app.add_url_rule("/v1/old/<string:name>", view_func=lambda name: (name, 404 if name == "none" else 200))
    app.add_url_rule("/v1/new/<string:name>", "new", view_func=lambda name: name)
    client = app.test_client()

    for answer in (client.get("/v1/old/x"), client.get("/v1/old/none")):
        assert answer.headers["Deprecation"] == "@1796083200"  # RFC 9745, section 2.1: a date of RFC 9651
        assert (
            answer.headers["Sunset"] == "Wed, 30 Jun 2027 23:59:59 GMT"
        )  # RFC 8594, section 3: an HTTP date
        assert answer.headers["Link"] == '</docs/>; rel="deprecation"; type="text/html"'
    assert "Deprecation" not in client.get("/v1/new/x").headers


@ON_SQLITE
def test_the_description_says_it_too(api: Api) -> None:
    api.client.application.extensions["deprecated_calls"] = {"GET /v1/regions": GOES}

    operation = (api.get("/openapi.json").json or {})["paths"]["/v1/regions"]["get"]

    assert operation["deprecated"] is True
    assert "Deprecated since 2026-12-01; answered until 2027-06-30 at least." in operation["description"]
    assert {"Deprecation", "Sunset"} <= set(operation["responses"]["200"]["headers"])


def test_the_table_names_calls_that_there_are_and_leaves_half_a_year() -> None:
    assert set(CALLS) - set(operations()) == set()
    assert [call for call, one in CALLS.items() if one.sunset - one.since < timedelta(days=182)] == []
