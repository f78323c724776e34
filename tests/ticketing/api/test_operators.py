"""Service levels over HTTP: from calls that were made, on both databases, metrics for monitoring alone."""

from prometheus_client.parser import text_string_to_metric_families

from operators.figures import Slot
from tests.api import Api


def count(api: Api, outcome: str, seconds: float, times: int) -> None:
    """Let a process have made some calls."""
    figures = api.client.application.extensions["throughfare"].connectors.figures
    slot = Slot("helsinki-tallinn", "tallink", "confirm", api.clock.now().replace(minute=0))
    for _ in range(times):
        figures.record(slot, outcome, seconds)


def test_levels_come_from_the_calls_that_were_made(api: Api) -> None:
    count(api, "ok", 0.2, 97)
    count(api, "unknown", 9.0, 2)
    count(api, "unavailable", 0.01, 1)

    operators = api.get("/v1/operators").json["operators"]

    tallink = next(one for one in operators if one["id"] == "tallink")
    assert [one["id"] for one in operators] == ["tlt", "hsl", "tallink", "viking", "eckero"]
    assert (tallink["protocol"], tallink["needs_hold"], tallink["cancels"]) == ("maritime", True, "never")
    assert tallink["levels"]["day"]["confirm"] == {
        "calls": 100,
        "availability_percent": "99.00",
        "error_percent": "3.00",
        "unknown_outcomes": 2,
        "p50_ms": 250,
        "p95_ms": 250,
    }
    assert tallink["levels"]["month"] == tallink["levels"]["day"]


def test_an_unknown_region_is_named(api: Api) -> None:
    response = api.get("/v1/operators?region=atlantis")

    assert response.status_code == 422
    assert "helsinki-tallinn" in response.json["detail"]


def test_metrics_are_for_monitoring_alone(api: Api) -> None:
    count(api, "ok", 0.2, 3)

    assert api.get("/metrics").status_code == 401
    assert api.get("/metrics", api.key("gate", "hsl")).status_code == 403
    answer = api.get("/metrics", api.key("admin"))

    families = {found.name: found for found in text_string_to_metric_families(answer.text)}
    calls = [one for one in families["throughfare_operator_calls"].samples if one.labels["outcome"] == "ok"]
    assert [(one.labels["operator"], one.labels["call"], one.value) for one in calls] == [
        ("tallink", "confirm", 3)
    ]
    buckets = families["throughfare_operator_call_seconds"].samples
    assert {one.labels.get("le"): one.value for one in buckets if one.name.endswith("_bucket")}["0.25"] == 3
