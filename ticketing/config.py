"""Typed settings from the environment; unsafe ones say so, and production refuses them."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from ticketing import secret_files, shipped, token_settings
from ticketing.clock import Clock, DemoClock, SystemClock
from ticketing.errors import Misconfigured

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(/[^\s]*)?")
# An Android app's origin is the hash of its signing certificate (WebAuthn on Android).
_APP = re.compile(r"android:apk-key-hash:[A-Za-z0-9_-]+")
# RFC 6454 as browsers write it; plain HTTP only where it never leaves the machine.
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?")
Environment = Literal["development", "production"]
_MOST_PROXIES = 9
_MOST_AT_ONCE = 64

DEMO_PASSPHRASE = "demo-passphrase-not-a-secret"  # noqa: S105  a stand-in that production refuses by name

NOBODYS_ADDRESS = "Throughfare <no-reply@throughfare.invalid>"
LIVE_ADDRESS = "https://api.stripe.com"
SCRIPT_ADDRESS = "https://js.stripe.com"


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """The settings of Stripe: its keys, the secrets of its webhook (the current one first), its name in metadata.

    `api_address` and `script_address`, where apps load the card form, may be other ones than Stripe's with a test key
    only: stand-ins for tests and the demo. Without a `publishable_key` the commuter's app takes no card.
    """

    secret_key: str
    webhook_secrets: tuple[str, ...] = ()
    api_address: str = LIVE_ADDRESS
    deployment: str = "throughfare"
    publishable_key: str = ""
    script_address: str = SCRIPT_ADDRESS

    @property
    def live(self) -> bool:
        """True where real money moves."""
        return "_live_" in self.secret_key

    def check(self, *, production: bool) -> None:
        """Raise Misconfigured for keys, versions or addresses that do not go together."""
        if not self.secret_key.startswith(("sk_", "rk_")):
            raise Misconfigured(
                "THROUGHFARE_STRIPE_SECRET_KEY must be a secret or restricted key (sk_… or rk_…)"
            )
        if not self.webhook_secrets:
            raise Misconfigured(
                "THROUGHFARE_STRIPE_WEBHOOK_SECRET is needed: reports cannot be verified without it"
            )
        if self.live and self.api_address != LIVE_ADDRESS:
            raise Misconfigured(
                "a live key goes only to Stripe: THROUGHFARE_STRIPE_API_ADDRESS must not be set"
            )
        if self.live and self.script_address != SCRIPT_ADDRESS:
            raise Misconfigured(
                "a live card form comes only from Stripe: THROUGHFARE_STRIPE_SCRIPT_ADDRESS must not be set"
            )
        mode = "pk_live_" if self.live else "pk_test_"
        if self.publishable_key and not self.publishable_key.startswith(mode):
            raise Misconfigured(
                f"THROUGHFARE_STRIPE_PUBLISHABLE_KEY must be the publishable key of the same mode ({mode}…)"
            )
        if production and not self.live:
            raise Misconfigured("THROUGHFARE_STRIPE_SECRET_KEY is a test key and is refused in production")


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An identity provider where people may sign in: its issuer, and our registration there.

    `acr` are the ways of signing in that are strong enough, any where none is named; `max_age_seconds` is how long ago
    somebody may have signed in there, 0 for any time.
    """

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    acr: tuple[str, ...] = ()
    max_age_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a deployment. `from_environment` reads them; tests build them directly."""

    database_url: str
    pooler: Literal["none", "transaction"] = "none"
    environment: Environment = "development"
    regions: tuple[str, ...] = ("helsinki-tallinn",)
    regions_folder: Path = Path("regions")
    keys_folder: Path = Path("var/keys")
    cache_folder: Path | None = None
    key_passphrase: str = DEMO_PASSPHRASE
    token: token_settings.TokenSettings | None = None
    issuer: str = "throughfare.eu"
    public_url: str = "http://127.0.0.1:8000"
    gateway: Literal["demo", "stripe"] = "demo"
    stripe_secret_key: str = ""
    stripe_webhook_secrets: tuple[str, ...] = ()
    stripe_api_address: str = ""
    stripe_publishable_key: str = ""
    stripe_script_address: str = ""
    oidc: OidcSettings | None = None
    passkey_origins: tuple[str, ...] = ()
    web_origins: tuple[str, ...] = ()
    proof_issuers: Path | None = None
    second_factor: Literal["optional", "required"] = "optional"
    rate_limits: bool = True
    orders_at_once: int = 3
    commit_seconds: int = 2
    trusted_proxies: int = 0
    open_bind: bool = False
    sale_channel: str | None = None
    allow_demo_payments_in_production: bool = False
    demo_clock_file: Path | None = None
    live_seconds: int = 0
    warm_up: bool = True
    settlement_folder: Path = Path("var/settlement")
    anchors_folder: Path = Path("var/settlement/anchors")
    smtp_address: str = ""
    mail_sender: str = NOBODYS_ADDRESS
    mail_folder: Path = Path("var/mail")
    messages_reach: Literal["public", "anywhere"] = "public"
    options_page: str = ""
    log_format: Literal["json", "console"] = "json"
    telemetry: str = ""

    @property
    def is_https(self) -> bool:
        """True where browsers reach this deployment over HTTPS alone."""
        return self.environment == "production" or self.public_url.startswith("https://")

    def clock(self) -> Clock:
        """The clock of this deployment."""
        return DemoClock(self.demo_clock_file) if self.demo_clock_file else SystemClock()

    def region_folder(self, name: str) -> Path:
        """The folder of a region's data; raises Misconfigured when it is not there."""
        folder = self.regions_folder / name
        if not (folder / "region.toml").is_file():
            there = ", ".join(sorted(path.parent.name for path in self.regions_folder.glob("*/region.toml")))
            raise Misconfigured(
                f"THROUGHFARE_REGIONS names {name!r}, and THROUGHFARE_REGIONS_FOLDER ({self.regions_folder}) has no "
                f"folder of that name with a region.toml; it has {there or 'no region at all'}"
            )
        return folder

    def stripe(self) -> StripeSettings:
        """Read the settings with which this deployment speaks to Stripe."""
        return StripeSettings(
            secret_key=self.stripe_secret_key,
            webhook_secrets=self.stripe_webhook_secrets,
            api_address=self.stripe_api_address or LIVE_ADDRESS,
            deployment=self.issuer,
            publishable_key=self.stripe_publishable_key,
            script_address=self.stripe_script_address or SCRIPT_ADDRESS,
        )

    @property
    def is_sandbox(self) -> bool:
        """True where no real money moves, so that nothing that is sold is real."""
        return self.gateway == "demo" or not self.stripe().live

    def warnings(self) -> list[str]:
        """Each stand-in that is in use, in words for the log and the health page."""
        stand_ins = []
        if self.gateway == "demo":
            stand_ins.append("demo payment gateway: no money moves")
        if self.gateway == "stripe" and not self.stripe().live:
            stand_ins.append("Stripe test key: no money moves")
        if self.stripe_api_address:
            stand_ins.append("another address in Stripe's place: payments are pretended")
        if self.stripe_script_address:
            stand_ins.append("another card form in Stripe's place: cards are pretended")
        if self.key_passphrase == DEMO_PASSPHRASE:
            stand_ins.append("demo key passphrase: the signing keys are not protected")
        if self.demo_clock_file:
            stand_ins.append("demo clock: the time is pretended")
        if not self.smtp_address and self.environment != "production":
            stand_ins.append(f"no mail server: mail is written to {self.mail_folder} and reaches nobody")
        return stand_ins


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read `THROUGHFARE_*`; raises Misconfigured for a value that cannot be, or that production refuses."""
    environ = secret_files.read(environ)
    settlement_folder = _folder(environ, "SETTLEMENT_FOLDER", Path("var/settlement"))
    settings = Settings(
        database_url=_text(environ, "DATABASE_URL", "sqlite:///var/throughfare.db"),
        pooler=cast("Literal['none', 'transaction']", _one_of(environ, "POOLER", ("none", "transaction"))),
        environment=cast("Environment", _one_of(environ, "ENVIRONMENT", ("development", "production"))),
        regions=_words(_text(environ, "REGIONS", "helsinki-tallinn")),
        regions_folder=_folder(environ, "REGIONS_FOLDER", shipped.regions_folder()),
        keys_folder=_folder(environ, "KEYS_FOLDER", Path("var/keys")),
        cache_folder=_folder(environ, "CACHE_FOLDER", Path("var/cache")),
        key_passphrase=_text(environ, "KEY_PASSPHRASE", DEMO_PASSPHRASE),
        token=token_settings.from_environment(environ),
        issuer=_text(environ, "ISSUER", "throughfare.eu"),
        public_url=_address(environ, "PUBLIC_URL", "http://127.0.0.1:8000"),
        gateway=cast("Literal['demo', 'stripe']", _one_of(environ, "GATEWAY", ("demo", "stripe"))),
        stripe_secret_key=environ.get("THROUGHFARE_STRIPE_SECRET_KEY", ""),
        stripe_webhook_secrets=_words(environ.get("THROUGHFARE_STRIPE_WEBHOOK_SECRET", "")),
        rate_limits=_one_of(environ, "RATE_LIMITS", ("on", "off")) == "on",
        orders_at_once=_count(environ, "ORDERS_AT_ONCE", 3),
        commit_seconds=_seconds(environ, "COMMIT_SECONDS", 2),
        trusted_proxies=_proxies(environ),
        open_bind=_one_of(environ, "OPEN_BIND", ("refused", "allowed")) == "allowed",
        sale_channel=environ.get("THROUGHFARE_SALE_CHANNEL") or None,
        oidc=_oidc(environ),
        web_origins=_origins(environ),
        passkey_origins=_passkey_origins(environ),
        proof_issuers=_optional_path(environ, "PROOF_ISSUERS"),
        second_factor=_second_factor(environ),
        stripe_api_address=_address(environ, "STRIPE_API_ADDRESS", ""),
        stripe_publishable_key=environ.get("THROUGHFARE_STRIPE_PUBLISHABLE_KEY", ""),
        stripe_script_address=_address(environ, "STRIPE_SCRIPT_ADDRESS", ""),
        allow_demo_payments_in_production=_allowed(environ, "ALLOW_DEMO_PAYMENTS_IN_PRODUCTION"),
        demo_clock_file=_clock_file(environ),
        live_seconds=_seconds(environ, "LIVE_SECONDS", 30),
        settlement_folder=settlement_folder,
        anchors_folder=_folder(environ, "ANCHORS_FOLDER", settlement_folder / "anchors"),
        smtp_address=environ.get("THROUGHFARE_SMTP_ADDRESS", ""),
        mail_sender=_sender(environ),
        mail_folder=_folder(environ, "MAIL_FOLDER", Path("var/mail")),
        messages_reach=cast(
            "Literal['public', 'anywhere']", _one_of(environ, "MESSAGES_REACH", ("public", "anywhere"))
        ),
        options_page=_address(environ, "OPTIONS_PAGE", ""),
        warm_up=_one_of(environ, "WARM_UP", ("on", "off")) == "on",
        telemetry=_address(environ, "TELEMETRY", ""),
        log_format=cast("Literal['json', 'console']", _one_of(environ, "LOG_FORMAT", ("json", "console"))),
    )
    from ticketing import production  # noqa: PLC0415  it judges what is built here

    production.check(settings, names_database="THROUGHFARE_DATABASE_URL" in environ)
    return settings


def _second_factor(environ: Mapping[str, str]) -> Literal["optional", "required"]:
    """Read whether staff need an authenticator app and keys an owner; in production they always do."""
    default = "required" if environ.get("THROUGHFARE_ENVIRONMENT") == "production" else "optional"
    allowed = (default, "optional" if default == "required" else "required")
    return cast("Literal['optional', 'required']", _one_of(environ, "SECOND_FACTOR", allowed))


def _sender(environ: Mapping[str, str]) -> str:
    """The address from which mail comes, which must be told where there is a mail server."""
    value = environ.get("THROUGHFARE_MAIL_SENDER", "")
    if not value:
        if environ.get("THROUGHFARE_SMTP_ADDRESS"):
            raise Misconfigured("THROUGHFARE_MAIL_SENDER is needed beside THROUGHFARE_SMTP_ADDRESS")
        return NOBODYS_ADDRESS
    address = value.rpartition("<")[2].rstrip(">")
    if any(ord(letter) < 32 for letter in value) or not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address):  # noqa: PLR2004  controls
        raise Misconfigured(
            f"THROUGHFARE_MAIL_SENDER is {value!r}; it is like Throughfare <tickets@example.eu>"
        )
    return value


def _text(environ: Mapping[str, str], name: str, default: str) -> str:
    """A value that may be absent and not empty: an empty folder would be the one where the command was typed."""
    value = environ.get(f"THROUGHFARE_{name}", default)
    if not value.strip(", "):
        raise Misconfigured(f"THROUGHFARE_{name} is empty; without it there is a default")
    return value


def _folder(environ: Mapping[str, str], name: str, default: Path) -> Path:
    """A folder that may still have to be made; a file of that name is none."""
    path = Path(_text(environ, name, str(default)))
    if path.exists() and not path.is_dir():
        raise Misconfigured(f"THROUGHFARE_{name}: {path} is no folder")
    return path


def _address(environ: Mapping[str, str], name: str, default: str) -> str:
    value = environ.get(f"THROUGHFARE_{name}", default).rstrip("/")
    if value != default and not _ADDRESS.fullmatch(value):
        raise Misconfigured(
            f"THROUGHFARE_{name} is {value!r}; an address is like https://throughfare.example"
        )
    return value


def _allowed(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "")
    if value not in {"", "no", "yes"}:
        raise Misconfigured(f"{name} is {value!r}; it may be yes or no")
    return value == "yes"


def _clock_file(environ: Mapping[str, str]) -> Path | None:
    """The file with the demo's shift of time; it may be absent, and nothing but a number of seconds stands in it."""
    path = _optional_path(environ, "DEMO_CLOCK_FILE")
    try:
        if path:
            DemoClock(path).now()
    except (OSError, ValueError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else "it must hold a number of seconds"
        raise Misconfigured(f"THROUGHFARE_DEMO_CLOCK_FILE: {path} cannot be used: {why}") from None
    return path


def _passkey_origins(environ: Mapping[str, str]) -> tuple[str, ...]:
    found = _words(environ.get("THROUGHFARE_PASSKEY_ORIGINS", ""))
    for origin in found:
        if not _ORIGIN.fullmatch(origin) and not _APP.fullmatch(origin):
            raise Misconfigured(
                f"THROUGHFARE_PASSKEY_ORIGINS has {origin!r}; "
                "an origin is like https://app.example or android:apk-key-hash:..."
            )
    return found


def _one_of(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = environ.get(f"THROUGHFARE_{name}", allowed[0])
    if value not in allowed:
        raise Misconfigured(f"THROUGHFARE_{name} is {value!r}; it may be {' or '.join(allowed)}")
    return value


def _oidc(environ: Mapping[str, str]) -> OidcSettings | None:
    """The identity provider, where one is named: all of its first four settings or none."""
    names = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI")
    values = [environ.get(f"THROUGHFARE_OIDC_{name}", "") for name in names]
    acr, age = tuple(environ.get("THROUGHFARE_OIDC_ACR", "").split()), _seconds(environ, "OIDC_MAX_AGE", 0)
    if not (any(values) or acr or age):
        return None
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if missing:
        raise Misconfigured(f"THROUGHFARE_OIDC_{missing[0]} is needed beside the other three")
    for name, value in (("ISSUER", values[0]), ("REDIRECT_URI", values[3])):
        if not _ADDRESS.fullmatch(value):
            raise Misconfigured(
                f"THROUGHFARE_OIDC_{name} is {value!r}; it is an address like https://login.example"
            )
    issuer, client_id, client_secret, redirect_uri = values
    return OidcSettings(issuer, client_id, client_secret, redirect_uri, acr=acr, max_age_seconds=age)


def _origins(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Origins of web pages, exactly as a browser says them: no star, no path, and HTTPS but on this machine."""
    found = _words(environ.get("THROUGHFARE_WEB_ORIGINS", ""))
    for origin in found:
        if not _ORIGIN.fullmatch(origin):
            raise Misconfigured(
                f"THROUGHFARE_WEB_ORIGINS has {origin!r}; an origin is like https://app.example, without a path"
            )
    return found


def _words(text: str) -> tuple[str, ...]:
    """Values separated by commas: while a secret changes, the new one comes before the old one."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _seconds(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(f"THROUGHFARE_{name}", str(default))
    if not value.isascii() or not value.isdigit() or len(value) > 5:  # noqa: PLR2004  a day has 86400
        raise Misconfigured(f"THROUGHFARE_{name} is {value!r}; it must be a number of seconds, 0 for never")
    return int(value)


def _count(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(f"THROUGHFARE_{name}", str(default))
    if not value.isascii() or not value.isdigit() or int(value) > _MOST_AT_ONCE:
        raise Misconfigured(
            f"THROUGHFARE_{name} is {value!r}; it must be a number up to {_MOST_AT_ONCE}, 0 for no limit"
        )
    return int(value)


def _proxies(environ: Mapping[str, str]) -> int:
    """Read the number of proxies in front, each of which adds to X-Forwarded-For; addresses before theirs may come from anybody."""
    value = environ.get("THROUGHFARE_TRUSTED_PROXIES", "0")
    if not value.isascii() or not value.isdigit() or int(value) > _MOST_PROXIES:
        raise Misconfigured(
            f"THROUGHFARE_TRUSTED_PROXIES is {value!r}; it must be the number of proxies in front, 0 to {_MOST_PROXIES}"
        )
    return int(value)


def _optional_path(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(f"THROUGHFARE_{name}")
    return Path(value) if value else None
