"""Build each room of the service with what it needs: one place that knows them all, for the web, the worker and commands.

Nothing of the web is imported here, so that a command does not load Flask.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import structlog

from operators.port import Connector
from operators.transport import Limits, open_wire
from tariffs.eligibility import issuers
from ticketing import disruption, telemetry
from ticketing.claims import ClaimsDesk, check_rights
from ticketing.clock import Clock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import is_served
from ticketing.db.sale.orders import has_orders_of
from ticketing.db.watching import watch as watch_transactions
from ticketing.db.writable import takes_writes
from ticketing.errors import Fault, Misconfigured
from ticketing.gate.operators import load_gates
from ticketing.gate.rules import category_names, clocks_of, gate_rules, names_of
from ticketing.gate.service import Gatehouse
from ticketing.identity import (
    AccessTokens,
    Counters,
    Once,
    OrderTokens,
    Pace,
    Principal,
    PrivacyDesk,
    ProofDesk,
    Reception,
    authenticate,
)
from ticketing.identity.mac_secrets import MacSecrets
from ticketing.identity.oidc import Provider
from ticketing.identity.passkeys import RelyingParty
from ticketing.identity.passwords import words_of
from ticketing.identity.principal import STAFF_ROLES
from ticketing.identity.proofs import read_issuers, trusted_issuers
from ticketing.identity.push_key import PushKey
from ticketing.identity.staff import StaffDesk
from ticketing.impact import ImpactDesk
from ticketing.incidents.desk import IncidentDesk
from ticketing.notices import PostOffice
from ticketing.notices.channels import Channel
from ticketing.notices.mail import FolderMail, MailServer, NoMail, SmtpMail
from ticketing.notices.web_push import WebPush
from ticketing.notices.webhook import Webhooks
from ticketing.offers import OfferTokens
from ticketing.payments import CardForm, DemoGateway, PaymentGateway, card_form
from ticketing.publishing import PublishingDesk
from ticketing.purchase import trial
from ticketing.purchase.service import Till
from ticketing.quote.offered import Shelf
from ticketing.quote.service import Desk
from ticketing.regions import (
    Connectors,
    LiveBoard,
    LiveDesk,
    Region,
    Sailings,
    Served,
    Watch,
    load_served,
    open_connectors,
)
from ticketing.regions.earlier import EarlierRegions
from ticketing.rerouting import ReroutingDesk
from ticketing.search.service import Planner
from ticketing.settlement.service import Office
from ticketing.tickets import known_keys
from ticketing.tickets.issue import Press
from ticketing.tickets.keys import FILES, KeyStore, key_store

_log = structlog.get_logger(__name__)
# A page of incidents of a partner: twenty signed records of the longest.
_PARTNERS_PAGE_BYTES = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Each room with what it needs, built once a process."""

    clock: Clock
    planner: Planner
    desk: Desk
    till: Till
    gatehouse: Gatehouse
    office: Office
    connectors: Connectors
    live: LiveDesk
    watcher: disruption.Watcher
    claims: ClaimsDesk
    rerouting: ReroutingDesk
    publishing: PublishingDesk
    impact: ImpactDesk
    once: Once
    order_tokens: OrderTokens
    authenticate: Callable[[str], Principal]
    reception: Reception
    proofs: ProofDesk
    privacy: PrivacyDesk
    provider: Provider | None
    party: RelyingParty
    post_office: PostOffice
    incidents: IncidentDesk
    counters: Counters
    readiness: Callable[[], dict[str, Any]]
    sick_regions: Mapping[str, str]
    warnings: tuple[str, ...]
    is_sandbox: bool
    is_https: bool
    staff_desk: StaffDesk
    second_factor: bool = False
    card_form: CardForm | None = None
    pace: Pace = field(default_factory=Pace)


def announce(rooms: Rooms) -> None:
    """Say in the log which stand-ins are in use, and what the environment lacks or holds in vain."""
    for stand_in in rooms.warnings:
        _log.warning("stand-in in use", what=stand_in)
    for gap in rooms.connectors.gaps:
        _log.warning("setting needs a look", what=gap)


def build_rooms(
    settings: Settings,
    *,
    clock: Clock | None = None,
    regions: Mapping[str, Region] | None = None,
    connectors: Mapping[str, Mapping[str, Connector]] | None = None,
) -> Rooms:
    """Build each room with what it needs."""
    database = Database(settings.database_url, is_pooled=settings.pooler == "transaction")
    traces = telemetry.active()
    if traces is not None:
        watch_transactions(database, traces.transaction)
    clock = clock or settings.clock()
    served = (
        load_served(settings, functools.partial(_has_orders, database))
        if regions is None
        else Served(dict(regions), {})
    )
    regions = served.regions
    _check_rights(regions, clock.now().date())
    opened = open_connectors(database, clock, regions)
    earlier = EarlierRegions(clock)
    watch = Watch(settings=settings, clock=clock, regions=regions, connectors=opened, earlier=earlier)
    watch.adopt()
    watcher = disruption.Watcher(database, clock, regions)
    board = LiveBoard(database, clock, regions, opened.regions)
    keys = key_store(settings)
    offer_tokens = OfferTokens(keys)
    proofs = _proofs(settings, database, clock, regions)
    order_tokens, access_tokens = _keys(settings, database, keys, clock)
    doors = load_gates(settings.regions_folder / name for name in settings.regions)
    rules = gate_rules(regions) | {code: product.rule for code, product in doors.products.items()}
    press = Press(keys, settings.issuer, settings.public_url, demo=settings.is_sandbox, bound=doors.bound)
    till = Till(
        database=database,
        clock=clock,
        gateway=_gateway(settings, database, clock),
        press=press,
        regions=regions,
        connectors=connectors or opened.regions,
        rules=rules,
    )
    gatehouse = Gatehouse(
        database=database,
        clock=clock,
        keys=keys,
        press=press,
        accept_demo=settings.is_sandbox,
        rules=rules,
        policies=doors.policies,
        zones=doors.zones,
        boarding=doors.boarding,
        sailings=Sailings(regions),
        categories=category_names(regions),
        names=names_of(regions),
        clocks=clocks_of(regions),
        continuations={name: region.book.continuations for name, region in regions.items()},
    )
    words = _words(settings, regions)
    reception = Reception(database, clock, access_tokens, words=words)
    push_key = PushKey.from_folder(settings.keys_folder)
    channels = _channels(settings, clock, push_key)
    publishing = PublishingDesk(
        database=database, clock=clock, regions=regions, public_url=settings.public_url
    )
    planner = Planner(
        clock=clock,
        regions=regions,
        offers=offer_tokens,
        watch=watch,
        board=board,
        sale_channel=settings.sale_channel,
        connectors=connectors or opened.regions,
    )
    return Rooms(
        clock=clock,
        planner=planner,
        desk=Desk(
            database=database,
            clock=clock,
            regions=regions,
            shelf=Shelf(offer_tokens, regions, earlier),
            sale_channel=settings.sale_channel,
            why_not=functools.partial(trial.why_not, press),
            connectors=connectors or opened.regions,
        ),
        till=till,
        gatehouse=gatehouse,
        post_office=PostOffice(
            database=database,
            clock=clock,
            till=till,
            gatehouse=gatehouse,
            reception=reception,
            order_tokens=order_tokens,
            channels=channels,
            push_key=push_key.public,
            issuer=settings.issuer,
            sends_mail=bool(settings.smtp_address) or settings.environment != "production",
            reaches_private=settings.messages_reach == "anywhere",
            public_url=settings.public_url if settings.public_url.startswith("https://") else "",
            options_page=settings.options_page,
        ),
        incidents=_incidents(settings, gatehouse, channels["email"], regions),
        connectors=opened,
        live=LiveDesk(
            database=database,
            clock=clock,
            regions=regions,
            connectors=opened.regions,
            pause_seconds=settings.live_seconds,
            watch=watch,
            listener=watcher.hear,
            forget_more=watcher.forget,
        ),
        watcher=watcher,
        claims=ClaimsDesk(database=database, clock=clock, regions=regions, till=till),
        rerouting=ReroutingDesk(
            database=database,
            clock=clock,
            till=till,
            continuations=gatehouse.continuations,
            other_ways={name: region.book.other_ways for name, region in regions.items()},
            planner=planner,
        ),
        publishing=publishing,
        impact=ImpactDesk(publishing=publishing, planner=planner),
        office=Office(
            database=database,
            clock=clock,
            keys=keys,
            regions_folder=settings.regions_folder,
            specimens=settings.environment != "production",
            files=settings.settlement_folder,
            anchors=settings.anchors_folder,
            regions=tuple(regions),
        ),
        once=Once(database, clock),
        order_tokens=order_tokens,
        authenticate=functools.partial(authenticate, database, clock, is_live=not settings.is_sandbox),
        reception=reception,
        proofs=proofs,
        privacy=PrivacyDesk(database, clock),
        provider=Provider(settings.oidc) if settings.oidc else None,
        party=RelyingParty.of(settings.public_url, settings.passkey_origins),
        counters=Counters(database),
        readiness=lambda: {
            "database": is_served(database),
            "writes": takes_writes(database),
            "regions": bool(regions),
        },
        sick_regions=served.sick,
        warnings=(*settings.warnings(), *opened.stand_ins),
        is_sandbox=settings.is_sandbox,
        is_https=settings.is_https,
        staff_desk=StaffDesk(database, clock, keys=keys, words=words),
        second_factor=settings.second_factor == "required",
        card_form=card_form(settings.stripe()) if settings.gateway == "stripe" else None,
    )


def _incidents(
    settings: Settings, gatehouse: Gatehouse, mail: Channel, regions: Mapping[str, Region]
) -> IncidentDesk:
    """Build the desk that shares incidents with partners: the deployment's tools are those of its gates."""
    limits = Limits(reply_bytes=_PARTNERS_PAGE_BYTES)
    return IncidentDesk(
        database=gatehouse.database,
        clock=gatehouse.clock,
        keys=gatehouse.keys,
        issuer=settings.issuer,
        wire=open_wire(limits=limits, allow_private=settings.messages_reach == "anywhere"),
        mail=mail,
        zone=next(iter(clocks_of(regions).values()), "UTC"),
        operators=frozenset(name for region in regions.values() for name in region.data.operators),
        policies=gatehouse.policies,
    )


def _words(settings: Settings, regions: Mapping[str, Region]) -> frozenset[str]:
    """The words of this deployment that a password needs more than: its own names, its regions and their operators."""
    carriers = [one for region in regions.values() for one in region.operators.values()]
    theirs = [name for one in carriers for name in (one.id, one.name)]
    host = urlsplit(settings.public_url).hostname or ""
    return words_of(["throughfare", *STAFF_ROLES, host, settings.issuer, *regions, *theirs])


def _has_orders(database: Database, region: str) -> bool:
    with database.read() as tx:
        return has_orders_of(tx, region)


def _check_rights(regions: Mapping[str, Region], today: date) -> None:
    """Raise Misconfigured where an operator names a law of which there is no table."""
    for name, region in regions.items():
        faults = [Fault(found.place, found.message) for found in check_rights(region.operators, today)]
        if faults:
            raise Misconfigured(
                f"the region {name} has {len(faults)} faults; see `throughfare region check {name}`", faults
            )


def _keys(
    settings: Settings, database: Database, keys: KeyStore, clock: Clock
) -> tuple[OrderTokens, AccessTokens]:
    """Make the keys of this deployment where its database knows none; raises Misconfigured where one is missing here."""
    try:
        known_keys.check(database, keys)
        keys.create_missing(clock.now())
        tokens = (
            OrderTokens(MacSecrets.of("order", keys, settings.keys_folder / FILES["order"])),
            AccessTokens(
                MacSecrets.of("access", keys, settings.keys_folder / FILES["access"]), settings.issuer
            ),
        )
        known_keys.tell(database, keys, clock.now())
    except Misconfigured:
        database.close()
        raise
    return tokens


def _channels(settings: Settings, clock: Clock, push_key: PushKey) -> dict[str, Channel]:
    """Build the ways by which messages leave; raises Misconfigured for a mail server that can be none."""
    # Receivers answer by their status; some send a page with it.
    limits = Limits(reply_bytes=4_096, cuts_replies=True)
    wire = open_wire(limits=limits, allow_private=settings.messages_reach == "anywhere")
    if settings.smtp_address:
        server = MailServer.of(settings.smtp_address)
        mail: Channel = SmtpMail(clock, server, settings.mail_sender, settings.issuer)
    elif settings.environment == "production":
        mail = NoMail()
    else:
        mail = FolderMail(clock, settings.mail_folder, settings.mail_sender, settings.issuer)
    return {
        "email": mail,
        "webpush": WebPush(clock, wire, push_key, settings.public_url),
        "webhook": Webhooks(clock, wire),
    }


def _proofs(settings: Settings, database: Database, clock: Clock, regions: Mapping[str, Region]) -> ProofDesk:
    """Build the desk that judges proofs; who may prove what is data of the regions, and the issuers' keys are the deployment's."""
    trusted = trusted_issuers({name: issuers(region.book.eligibility) for name, region in regions.items()})
    return ProofDesk(database, clock, settings.issuer, read_issuers(settings.proof_issuers), trusted)


def _gateway(settings: Settings, database: Database, clock: Clock) -> PaymentGateway:
    """The payment gateway of this deployment; a configured one that cannot work stops the start."""
    if settings.gateway == "demo":
        return _traced(DemoGateway(database, clock, settings.public_url))
    from ticketing.payments.stripe_gateway import StripeGateway  # noqa: PLC0415  its SDK takes long to load

    stripe = settings.stripe()
    stripe.check(production=settings.environment == "production")
    return _traced(StripeGateway(stripe))


def _traced(gateway: PaymentGateway) -> PaymentGateway:
    traces = telemetry.active()
    return gateway if traces is None else traces.gateway(gateway)
