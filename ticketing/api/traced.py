"""Trace each request by its route, its status and its id, where a deployment traces at all."""

from flask import Flask, Response, g, request

from ticketing.telemetry import RequestTrace, Telemetry

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def register(app: Flask, traces: Telemetry) -> None:
    """Hook the traces into an application, after the edge, which gives a request its id."""

    @app.before_request
    def _begin() -> None:
        g.trace = traces.request(
            request.method if request.method in _METHODS else "other",
            request.url_rule.rule if request.url_rule else "none",
            request_id=g.get("request_id", "-"),
            order=str((request.view_args or {}).get("order_id", "")),
        )

    @app.after_request
    def _answer(response: Response) -> Response:
        trace: RequestTrace | None = g.get("trace")
        if trace is not None:
            trace.answered(response.status_code)
        return response

    @app.teardown_request
    def _end(_error: BaseException | None) -> None:
        trace: RequestTrace | None = g.pop("trace", None)
        if trace is not None:
            trace.end()
