"""The application factory: settings in, a Flask application out, with every room built once."""

import functools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_smorest import Api
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.middleware.proxy_fix import ProxyFix

from operators.port import Connector
from tariffs.eligibility import issuers
from ticketing import config, console, logs
from ticketing.api import (
    accounts,
    cors,
    demo_bank,
    devices,
    edge,
    finance,
    gates,
    gateway,
    guard,
    journeys,
    limits,
    metrics,
    operators,
    orders,
    passes,
    passkeys,
    problems,
    settlement,
    staff,
    tickets,
    wellknown,
)
from ticketing.api.context import Rooms
from ticketing.api.schemas.common import ProblemSchema
from ticketing.clock import Clock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import is_current
from ticketing.db.trouble import is_taken
from ticketing.errors import Misconfigured
from ticketing.gate.operators import load_gates
from ticketing.gate.rules import category_names, gate_rules
from ticketing.gate.service import Gatehouse
from ticketing.identity import (
    AccessTokens,
    Counters,
    Once,
    OrderTokens,
    PrivacyDesk,
    ProofDesk,
    Reception,
    authenticate,
)
from ticketing.identity.oidc import Provider
from ticketing.identity.passkeys import RelyingParty
from ticketing.identity.proofs import read_issuers, trusted_issuers
from ticketing.identity.staff import StaffDesk
from ticketing.payments import DemoGateway, PaymentGateway
from ticketing.purchase import trial
from ticketing.purchase.service import Till
from ticketing.quote.service import Desk
from ticketing.regions import LiveBoard, LiveDesk, Region, Sailings, Watch, load_regions, open_connectors
from ticketing.search.service import Planner
from ticketing.settlement.service import Office
from ticketing.tickets import known_keys
from ticketing.tickets.issue import Press
from ticketing.tickets.keys import KeyStore

_log = structlog.get_logger(__name__)

_BLUEPRINTS = (
    accounts,
    passkeys,
    passes,
    journeys,
    operators,
    orders,
    tickets,
    gates,
    devices,
    staff,
    metrics,
    settlement,
    finance,
)


class _Json(DefaultJSONProvider):
    """JSON in the order in which it was written, with letters as they are."""

    sort_keys = False
    ensure_ascii = False


@contextmanager
def _content_type(api: Api, content_type: str) -> Iterator[None]:
    """Describe responses as another type for a while."""
    described = vars(type(api)).get("DEFAULT_RESPONSE_CONTENT_TYPE", Api.DEFAULT_RESPONSE_CONTENT_TYPE)
    setattr(api, "DEFAULT_RESPONSE_CONTENT_TYPE", content_type)  # noqa: B010  the parent's constant is not typed
    yield
    setattr(api, "DEFAULT_RESPONSE_CONTENT_TYPE", described)  # noqa: B010


class _Api(Api):
    """flask-smorest with its errors written as problem documents, and the OpenAPI document when it is first asked for.

    Writing the document takes more than all else that builds an application, and few of its processes ever serve it.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Any] = []
        self._has_errors = False
        self._describing = threading.Lock()
        super().__init__(app)

    def register_blueprint(self, blueprint: Any) -> None:
        """Serve a blueprint; its part of the document is written later."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._undescribed.append(blueprint)

    def _openapi_json(self) -> Any:
        with self._describing:
            if not self._has_errors:
                self._describe_errors()
                self._has_errors = True
            while self._undescribed:
                room = self._undescribed.pop(0)
                room.register_views_in_doc(self, self._app, self.spec, name=room.name, parameters=None)
                self.spec.tag({"name": room.name, "description": room.description})
        return super()._openapi_json()

    def _register_responses(self) -> None:
        """Leave the responses that every view may give to the document's writing."""

    def _describe_errors(self) -> None:
        """Describe errors as they are sent: as problem documents (RFC 9457, section 3)."""
        with _content_type(self, "application/problem+json"):
            super()._register_responses()

    def handle_http_exception(self, error: Any) -> Any:
        """Answer as the rest of the service does."""
        return problems.http(error)


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
    rooms = build_rooms(settings, clock=clock, regions=regions, connectors=connectors)
    if announces:
        announce(rooms)
    app.extensions["throughfare"] = rooms
    app.config.update(_openapi(settings))
    app.json = _Json(app)
    behind_proxies(app, settings.trusted_proxies)
    edge.register(app, settings.gateway)
    cors.register(app, settings.web_origins)
    limits.register(app, rooms.counters, rooms.pace, enabled=settings.rate_limits)
    guard.register(app)
    problems.register(app, is_taken)
    api = _Api(app)
    for room in _BLUEPRINTS:
        api.register_blueprint(room.blueprint)
    app.register_blueprint(wellknown.blueprint)
    app.register_blueprint(gateway.blueprint)
    app.register_blueprint(demo_bank.blueprint)
    console.register(app, _console(settings, rooms))
    app.register_blueprint(
        get_swaggerui_blueprint("/docs", "/openapi.json", config={"app_name": "Throughfare"})
    )
    return app


def announce(rooms: Rooms) -> None:
    """Say in the log which stand-ins are in use, and what the environment lacks or holds in vain."""
    for stand_in in rooms.warnings:
        _log.warning("stand-in in use", what=stand_in)
    for gap in rooms.connectors.gaps:
        _log.warning("setting needs a look", what=gap)


def behind_proxies(app: Flask, count: int) -> None:
    """Believe the last `count` proxies which address and scheme their caller had; 0 believes no header at all."""
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]


def build_rooms(
    settings: Settings,
    *,
    clock: Clock | None = None,
    regions: Mapping[str, Region] | None = None,
    connectors: Mapping[str, Mapping[str, Connector]] | None = None,
) -> Rooms:
    """Build each room with what it needs."""
    database, clock = Database(settings.database_url), clock or settings.clock()
    regions = load_regions(settings) if regions is None else dict(regions)
    opened = open_connectors(database, clock, regions)
    watch = Watch(settings, clock, regions, opened)
    watch.adopt()
    board = LiveBoard(database, clock, regions, opened.regions)
    keys = KeyStore(settings.keys_folder, settings.key_passphrase)
    proofs = _proofs(settings, database, clock, regions)
    order_tokens, access_tokens = _keys(settings, database, keys, clock)
    doors = load_gates(settings.regions_folder / name for name in settings.regions)
    rules = gate_rules(regions) | {code: product.rule for code, product in doors.products.items()}
    press = Press(
        keys, settings.issuer, settings.public_url, demo=settings.gateway == "demo", bound=doors.bound
    )
    return Rooms(
        clock=clock,
        planner=Planner(
            database,
            clock,
            regions,
            watch=watch,
            board=board,
            sale_channel=settings.sale_channel,
            connectors=connectors or opened.regions,
        ),
        desk=Desk(database, clock, regions, settings.sale_channel, functools.partial(trial.why_not, press)),
        till=Till(
            database,
            clock,
            _gateway(settings, database, clock),
            press,
            regions,
            connectors or opened.regions,
            rules,
        ),
        gatehouse=Gatehouse(
            database,
            clock,
            keys,
            press,
            accept_demo=settings.gateway == "demo",
            rules=rules,
            policies=doors.policies,
            zones=doors.zones,
            boarding=doors.boarding,
            sailings=Sailings(regions),
            categories=category_names(regions),
        ),
        connectors=opened,
        live=LiveDesk(database, clock, regions, opened.regions, settings.live_seconds, watch),
        office=Office(
            database,
            clock,
            keys,
            settings.regions_folder,
            specimens=settings.environment != "production",
            files=settings.settlement_folder,
            anchors=settings.anchors_folder,
            regions=tuple(regions),
        ),
        once=Once(database, clock),
        order_tokens=order_tokens,
        authenticate=functools.partial(authenticate, database, clock),
        reception=Reception(database, clock, access_tokens),
        proofs=proofs,
        privacy=PrivacyDesk(database, clock),
        provider=Provider(settings.oidc) if settings.oidc else None,
        party=RelyingParty.of(settings.public_url, settings.passkey_origins),
        counters=Counters(database),
        readiness=lambda: {"database": is_current(database), "regions": bool(regions)},
        warnings=(*settings.warnings(), *opened.stand_ins),
    )


def _keys(
    settings: Settings, database: Database, keys: KeyStore, clock: Clock
) -> tuple[OrderTokens, AccessTokens]:
    """Make the keys of this deployment where its database knows none; raises Misconfigured where one is missing here."""
    try:
        known_keys.check(database, keys)
        keys.create_missing(clock.now())
        made = (
            OrderTokens.from_folder(settings.keys_folder),
            AccessTokens.from_folder(settings.keys_folder, settings.issuer),
        )
        known_keys.tell(database, keys, clock.now())
    except Misconfigured:
        database.close()
        raise
    return made


def _console(settings: Settings, rooms: Rooms) -> console.Console:
    """What the pages of finance staff need; their cookies ask for HTTPS wherever the service is reached by it."""
    return console.Console(
        office=rooms.office,
        till=rooms.till,
        desk=StaffDesk(rooms.office.database, rooms.clock),
        counters=rooms.counters,
        regions=settings.regions,
        secure=settings.environment == "production" or settings.public_url.startswith("https://"),
        rate_limits=settings.rate_limits,
        warnings=rooms.warnings,
        status_of=problems.status_of,
    )


def _proofs(settings: Settings, database: Database, clock: Clock, regions: Mapping[str, Region]) -> ProofDesk:
    """Who may prove what is data of the regions; the issuers' keys are the deployment's."""
    trusted = trusted_issuers({name: issuers(region.book.eligibility) for name, region in regions.items()})
    return ProofDesk(database, clock, settings.issuer, read_issuers(settings.proof_issuers), trusted)


def _gateway(settings: Settings, database: Database, clock: Clock) -> PaymentGateway:
    """The payment gateway of this deployment; a configured one that cannot work stops the start."""
    if settings.gateway == "demo":
        return DemoGateway(database, clock, settings.public_url)
    from ticketing.payments.stripe_gateway import StripeGateway  # noqa: PLC0415  its SDK takes long to load

    stripe = settings.stripe()
    stripe.check(production=settings.environment == "production")
    return StripeGateway(stripe)


def _openapi(settings: Settings) -> dict[str, Any]:
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "API_TITLE": "Throughfare",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "OPENAPI_JSON_PATH": "openapi.json",
        "API_SPEC_OPTIONS": {
            "info": {
                "description": "One ticket for people who commute across a border. "
                + " ".join(f"Stand-in: {warning}." for warning in settings.warnings()),
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "components": {
                "securitySchemes": {
                    "orderToken": {
                        **bearer,
                        "description": "the `access_token` of the answer that placed the order",
                    },
                    "accessToken": {
                        **bearer,
                        "description": "the `access_token` of somebody who has signed in",
                    },
                    "apiKey": {**bearer, "description": "a key of a gate or of finance staff"},
                }
            },
        },
    }
