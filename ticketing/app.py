"""The application factory: settings in, a Flask application out, with every room built once."""

from collections.abc import Mapping

import structlog
from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix

from operators.port import Connector
from ticketing import atlas, config, console, logs, telemetry, web
from ticketing.api import (
    accounts,
    again,
    breaker,
    claims,
    conditional,
    cors,
    delay_papers,
    demo_bank,
    departures,
    deprecation,
    devices,
    docs_page,
    door,
    edge,
    error_pages,
    finance,
    gates,
    gateway,
    guard,
    http_metrics,
    incidents,
    journeys,
    letters,
    limits,
    metrics,
    notices,
    open_data,
    openapi,
    operators,
    options,
    orders,
    passes,
    passkeys,
    problems,
    settlement,
    shortcut,
    staff,
    status_page,
    step_up,
    tickets,
    traced,
    webhooks,
    wellknown,
)
from ticketing.clock import Clock
from ticketing.config import Settings
from ticketing.db.trouble import is_away, is_taken, is_torn, refused_for_one_person
from ticketing.identity import QueueTickets
from ticketing.regions import Region, levels
from ticketing.rooms import Rooms, announce, build_rooms

_log = structlog.get_logger(__name__)

_BLUEPRINTS = (
    notices,
    accounts,
    passkeys,
    passes,
    journeys,
    operators,
    departures,
    orders,
    claims,
    delay_papers,
    options,
    tickets,
    gates,
    devices,
    staff,
    step_up,
    metrics,
    settlement,
    finance,
    webhooks,
    letters,
    incidents,
)


class _Json(DefaultJSONProvider):
    """JSON in the order in which it was written, with letters as they are."""

    sort_keys = False
    ensure_ascii = False


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    regions: Mapping[str, Region] | None = None,
    connectors: Mapping[str, Mapping[str, Connector]] | None = None,
    announces: bool = True,
) -> Flask:
    """Build the service; settings come from the environment unless they are given, so do clock and regions.

    `connectors` stand in for those of the regions' operator tables in tests. `announces` says in the log which
    stand-ins are in use and what the environment lacks.

    Raises Misconfigured when the settings are unsafe or a region cannot be loaded.
    """
    settings = settings or config.from_environment()
    logs.configure(settings.log_format)
    app = Flask("throughfare", static_folder=None)
    traces = telemetry.begin(settings, "web")
    rooms = build_rooms(settings, clock=clock, regions=regions, connectors=connectors)
    if announces:
        announce(rooms)
    app.extensions["throughfare"] = rooms
    app.config.update(openapi.settings_of(settings))
    app.json = _Json(app)
    headers = edge.headers_of(settings.gateway, is_sandbox=settings.is_sandbox)
    if traces is None:  # a trace begins in Flask
        shortcut.register(app, rooms, headers)
    behind_proxies(app, settings.trusted_proxies)
    http_metrics.register(app)
    edge.register(app, settings.gateway, is_sandbox=settings.is_sandbox)
    if traces is not None:
        traced.register(app, traces)
    cors.register(app, settings.web_origins)
    commits = rooms.till.database.commits
    breaker.register(app, commits.waits_seconds, commits.refuses, settings.commit_seconds)
    limits.register(app, rooms.counters, rooms.pace, enabled=settings.rate_limits)
    guard.register(app)
    conditional.register(app)
    deprecation.register(app)
    again.register(app, is_torn)
    problems.register(app, is_taken, is_away, refused_for_one_person)
    api = openapi.DescribedApi(app)
    for room in _BLUEPRINTS:
        api.register_blueprint(room.blueprint)
    wellknown.register(app, rooms)
    app.register_blueprint(open_data.blueprint)
    app.register_blueprint(error_pages.blueprint)
    app.register_blueprint(status_page.blueprint)
    app.register_blueprint(gateway.blueprint)
    if settings.gateway == "demo":
        app.register_blueprint(demo_bank.blueprint)
    console.register(app, _console(settings, rooms))
    web.blueprint.register(app, rooms.card_form.origin if rooms.card_form else None)
    atlas.register(app, rooms.impact, web.blueprint.coasts)
    app.register_blueprint(docs_page.blueprint)
    tickets = QueueTickets(rooms.order_tokens.secrets)
    door.register(app, tickets, settings.orders_at_once, headers, settings.web_origins)
    return app


def behind_proxies(app: Flask, count: int) -> None:
    """Believe the last `count` proxies which address and scheme their caller had; 0 believes no header at all."""
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]


def _console(settings: Settings, rooms: Rooms) -> console.Console:
    """Settings of the pages for finance staff; their cookies ask for HTTPS wherever the service is reached by it."""
    return console.Console(
        office=rooms.office,
        till=rooms.till,
        desk=rooms.staff_desk,
        four_eyes=refused_for_one_person,
        second_factor=rooms.second_factor,
        counters=rooms.counters,
        regions=settings.regions,
        secure=settings.is_https,
        rate_limits=settings.rate_limits,
        warnings=rooms.warnings,
        status_of=problems.status_of,
        feeds=lambda region: levels.list_feeds(rooms.planner.board, region) if rooms.planner.board else [],
        live=rooms.live,
        claims=rooms.claims,
        incidents=rooms.incidents,
        gatehouse=rooms.gatehouse,
        post_office=rooms.post_office,
        planner=rooms.planner,
        impact=rooms.impact,
        coasts=web.blueprint.coasts,
    )
