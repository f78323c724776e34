"""Traces by OpenTelemetry: sent over real HTTP where they are asked for, without a person, and absent otherwise."""

import base64
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from operators import watching
from operators.fake import FakeOperator
from operators.transport import open_wire
from tests.api import Api
from ticketing import config, telemetry
from ticketing.app import create_app
from ticketing.cli.jobs import Items, Job, Tally
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.errors import Misconfigured
from ticketing.identity import create_key
from ticketing.regions import Region

CANARY = "Kanarianlintu"


@dataclass
class Collector:
    """A receiver of OTLP over HTTP; `address` is its setting."""

    address: str = ""
    received: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def spans(self) -> list[dict[str, Any]]:
        """Every span that has arrived, its attributes as a mapping."""
        spans = []
        for body in self.received:
            for resource in MessageToDict(ExportTraceServiceRequest.FromString(body))["resourceSpans"]:
                spans += [span for scope in resource["scopeSpans"] for span in scope["spans"]]
        return [
            {**span, "attributes": {one["key"]: one["value"] for one in span.get("attributes", [])}}
            for span in spans
        ]

    def named(self, name: str) -> list[dict[str, Any]]:
        """The spans of a name."""
        return [span for span in self.spans() if span["name"] == name]


@pytest.fixture
def collector() -> Iterator[Collector]:
    seen = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_traces = self.path == "/v1/traces"
            if is_traces:
                seen.received.append(body)
            else:
                seen.headers.append({name.lower(): value for name, value in self.headers.items()})
            answer = ExportTraceServiceResponse().SerializeToString() if is_traces else b"{}"
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf" if is_traces else "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield seen
    telemetry.end()
    server.shutdown()
    server.server_close()


@pytest.fixture
def traced(
    settings: Settings,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
    collector: Collector,
) -> Iterator[Api]:
    """The service with its traces on."""
    app = create_app(
        replace(settings, telemetry=collector.address),
        clock=clock,
        regions=regions,
        connectors={"helsinki-tallinn": ferries},
    )
    database = app.extensions["throughfare"].till.database
    yield Api(
        app.test_client(),
        clock,
        lambda role, operator=None: create_key(database, clock, role=role, operator=operator, label="test")[
            1
        ],
    )
    database.close()


def test_a_sale_is_one_span_a_request_with_its_transactions_and_the_gateways_calls(
    traced: Api, collector: Collector
) -> None:
    bought = traced.buy()

    telemetry.end()

    paid = collector.named("POST /v1/orders/<string:order_id>/payments")
    assert len(paid) == 1
    attributes = paid[0]["attributes"]
    assert attributes["http.response.status_code"] == {"intValue": "201"}
    assert attributes["http.route"] == {"stringValue": "/v1/orders/<string:order_id>/payments"}
    assert bought.order["id"].endswith(attributes["throughfare.order_id"]["stringValue"])
    assert attributes["throughfare.request_id"]["stringValue"] != "-"
    inside = [span for span in collector.spans() if span["traceId"] == paid[0]["traceId"]]
    names = {span["name"] for span in inside}
    assert {"transaction write", "gateway authorise", "gateway capture"} <= names
    writes = [span["attributes"] for span in inside if span["name"] == "transaction write"]
    assert all(one["throughfare.outcome"] == {"stringValue": "commit"} for one in writes)
    assert all(int(one["throughfare.statements"]["intValue"]) >= 1 for one in writes)


def test_nothing_of_a_person_is_in_a_trace(traced: Api, collector: Collector) -> None:
    gate = traced.key("gate", "tlt")
    bought = traced.buy()
    traced.scan(f"{bought.ticket_of('anna')['token']}{CANARY}", gate)
    traced.get(f"/v1/places?q={CANARY}")
    traced.get(f"/v1/orders/{CANARY}", bought.token)
    traced.get(f"/{CANARY}", CANARY)
    traced.post(
        "/v1/sign-in", {"email": f"{CANARY}@example.org", "password": CANARY, CANARY: CANARY}, once=CANARY
    )
    traced.client.open(f"/v1/places?q={CANARY}", method=CANARY.upper())
    traced.client.get("/v1/places?q=Kopli", headers={"User-Agent": CANARY, "traceparent": CANARY})

    telemetry.end()

    sent = b"".join(collector.received)
    assert len(collector.spans()) > 20
    assert CANARY.lower().encode() not in sent.lower()
    for secret in (bought.token, bought.ticket_of("anna")["token"], gate):
        assert secret.encode() not in sent


def test_a_call_to_an_operator_carries_the_trace_of_its_request(
    settings: Settings, collector: Collector
) -> None:
    telemetry.begin(replace(settings, telemetry=collector.address), "web")

    with telemetry.task("order", "0190a000-0000-7000-8000-000000000001"):
        open_wire(allow_private=True).call(
            "POST", f"{collector.address}/book/{CANARY}", changes=True, body={}
        )
    telemetry.end()

    call, task = collector.named("call POST")[0], collector.named("worker order")[0]
    assert call["parentSpanId"] == task["spanId"]
    assert task["attributes"]["throughfare.item"]["stringValue"].endswith("0001")
    assert call["attributes"]["server.address"] == {"stringValue": "127.0.0.1"}
    assert call["attributes"]["http.response.status_code"] == {"intValue": "200"}
    assert collector.headers[0]["traceparent"].split("-")[1] == _hex(call["traceId"])
    assert CANARY.encode() not in b"".join(collector.received)


def test_a_job_of_the_worker_is_told_when_it_has_done_something(
    settings: Settings, collector: Collector
) -> None:
    telemetry.begin(replace(settings, telemetry=collector.address), "worker")

    def fail(_: str) -> None:
        raise ValueError(CANARY)

    now = datetime.now(UTC)
    Job(name="busy", run=lambda: Tally(3)).go(now)
    Job(name="idle", run=Tally).go(now)
    Job(name="failing", run=lambda: Items("item").each(["x"], fail)).go(now)
    telemetry.end()

    assert {span["name"] for span in collector.spans()} == {
        "worker job busy",
        "worker job failing",
        "worker item",
    }
    assert collector.named("worker item")[0]["attributes"]["error.type"] == {"stringValue": "ValueError"}
    assert CANARY.encode() not in b"".join(collector.received)


def test_a_collector_that_is_away_costs_spans_and_nothing_else(
    settings: Settings, collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.begin(replace(settings, telemetry="http://127.0.0.1:9"), "worker")
    with telemetry.task("order", "x"):
        pass

    telemetry.end()

    assert collector.received == []
    assert "Traceback" not in capsys.readouterr().err


def test_nothing_of_it_is_imported_where_nobody_asks_for_it() -> None:
    script = (
        "import sys, ticketing.app, ticketing.cli.worker; from ticketing import config, telemetry\n"
        "assert telemetry.begin(config.from_environment({}), 'web') is None\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], check=False, timeout=120, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert watching.current() is None


def test_without_the_libraries_the_extra_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("opentelemetry", "ticketing.telemetry.traces"):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, "ticketing.telemetry.traces", raising=False)

    with pytest.raises(Misconfigured, match=r"pip install 'throughfare\[telemetry\]'"):
        telemetry.begin(replace(settings, telemetry="http://127.0.0.1:9"), "web")


def test_an_address_that_is_none_is_named() -> None:
    with pytest.raises(Misconfigured, match="THROUGHFARE_TELEMETRY is 'collector'"):
        config.from_environment({"THROUGHFARE_TELEMETRY": "collector"})


def _hex(encoded: str) -> str:
    return base64.b64decode(encoded).hex()
