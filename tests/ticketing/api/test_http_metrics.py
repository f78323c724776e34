"""Figures by route: a route is a rule of ours, orders are counted by state, and the shipped alerts name figures that exist."""

import json
import re
from pathlib import Path

from tests.api import Api

_NAMES = re.compile(r"\b(?:throughfare|worker_job|gate)_[a-z_]+")
# Prometheus makes these of a counter and of a histogram.
_ENDS = ("_total", "_bucket", "_count", "_sum")


def figures(api: Api) -> str:
    return api.client.get("/metrics", headers={"Authorization": f"Bearer {api.key('admin')}"}).get_data(
        as_text=True
    )


def test_requests_are_counted_by_rule_and_status_and_never_by_what_a_stranger_sent(api: Api) -> None:
    bought = api.buy()
    api.get("/v1/orders/of-a-stranger", "none")
    api.client.open("/somewhere/else", method="BREW")

    told = figures(api)

    assert re.search(
        r'throughfare_http_requests_total\{method="POST",route="/v1/orders",status="201"\} [1-9]', told
    )
    assert 'route="/v1/orders/<string:order_id>",status="404"' in told
    assert 'method="other",route="none"' in told
    assert "of-a-stranger" not in told
    assert bought.order["id"] not in told
    assert re.search(r'throughfare_orders\{state="\w+"\} 1', told)


def test_every_figure_of_the_shipped_alerts_and_dashboard_exists(api: Api) -> None:
    api.buy()
    told = figures(api)
    known = set(re.findall(r"^# TYPE (\S+)", told, re.MULTILINE))
    # Of operators and gates that have spoken, which none has here.
    known |= {"gate_double_uses", "throughfare_operator_breaker_open", "throughfare_live_age_seconds"}
    known |= {"worker_job_seconds_since_success", "worker_job_failing"}
    board = json.loads(Path("docs/monitoring/dashboard.json").read_text(encoding="utf-8"))
    asked = Path("docs/monitoring/alerts.yml").read_text(encoding="utf-8") + json.dumps(
        [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    )

    for name in set(_NAMES.findall(asked)):
        plain = next((name.removesuffix(end) for end in _ENDS if name.endswith(end)), name)
        assert plain in known or name in known or f"{plain}_total" in known, name


def test_every_alert_has_its_runbook() -> None:
    alerts = Path("docs/monitoring/alerts.yml").read_text(encoding="utf-8")
    books = Path("docs/runbooks.md").read_text(encoding="utf-8")
    named = re.findall(r"alert: (\w+)", alerts)

    assert len(named) == 11
    assert [name for name in named if f"\n## {name}\n" not in books] == []
    assert re.findall(r"runbooks\.md#(\w+)", alerts) == [name.lower() for name in named]
