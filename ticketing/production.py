"""Refuse settings that are unsafe where real money moves: all at once, each by its name and with its remedy."""

import ipaddress
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ticketing.config import DEMO_PASSPHRASE, Settings
from ticketing.errors import Fault, Misconfigured

_SHORTEST_PASSPHRASE = 16
# Stripe's have 32 letters behind `whsec_`.
_SHORTEST_WEBHOOK_SECRET = 24
# With these libpq looks at the server's certificate; with `prefer`, its default, it goes on without TLS.
_PROVEN = ("verify-ca", "verify-full")
_LOCAL = ("localhost", ".localhost", ".local", ".internal", ".invalid")


def check(settings: Settings, *, names_database: bool) -> None:
    """Raise Misconfigured for a production that is none; `names_database` is true where the environment names it."""
    if settings.environment != "production":
        return
    refusals = [
        *_stand_ins(settings),
        *_secrets(settings),
        *_addresses(settings),
        *_plain_lines(settings),
        *_folders(settings),
    ]
    if not names_database:
        refusals.append(
            (
                "DATABASE_URL",
                "must be set in production: SQLite is for one machine, and only where it is asked for",
            )
        )
    if refusals:
        raise Misconfigured(
            "; ".join(f"THROUGHFARE_{name} {why}" for name, why in refusals),
            [Fault(f"THROUGHFARE_{name}", why) for name, why in refusals],
        )


def _stand_ins(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.gateway == "demo" and not settings.allow_demo_payments_in_production:
        yield (
            "GATEWAY",
            "=demo takes no money and is refused in production; ALLOW_DEMO_PAYMENTS_IN_PRODUCTION=yes allows it for fairs",
        )
    if settings.demo_clock_file:
        yield "DEMO_CLOCK_FILE", "pretends the time and is refused in production"
    if settings.messages_reach == "anywhere":
        yield (
            "MESSAGES_REACH",
            "=anywhere lets strangers reach private addresses and is refused in production",
        )
    if settings.second_factor != "required":
        yield "SECOND_FACTOR", "=optional lets a password alone approve payments and is refused in production"


def _secrets(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.key_passphrase == DEMO_PASSPHRASE:
        yield "KEY_PASSPHRASE", "must be set in production"
    elif len(settings.key_passphrase) < _SHORTEST_PASSPHRASE:
        yield (
            "KEY_PASSPHRASE",
            f"needs {_SHORTEST_PASSPHRASE} characters; `openssl rand -base64 24` makes one",
        )
    if any(len(secret) < _SHORTEST_WEBHOOK_SECRET for secret in settings.stripe_webhook_secrets):
        yield "STRIPE_WEBHOOK_SECRET", "is too short to be one of Stripe's: copy it from the webhook's page"


def _addresses(settings: Settings) -> Iterator[tuple[str, str]]:
    if not _is_public(settings.public_url):
        yield (
            "PUBLIC_URL",
            f"is {settings.public_url}; tickets, gates and mails need the https address at which everybody reaches it",
        )
    if settings.oidc is not None:
        for name, address in (
            ("OIDC_ISSUER", settings.oidc.issuer),
            ("OIDC_REDIRECT_URI", settings.oidc.redirect_uri),
        ):
            if not address.startswith("https://"):
                yield name, f"is {address}; only https proves whose page it is"
    for name, origins in (
        ("WEB_ORIGINS", settings.web_origins),
        ("PASSKEY_ORIGINS", settings.passkey_origins),
    ):
        for origin in origins:
            if origin.startswith("http://"):
                yield name, f"has {origin}; a page of this machine is no page of a production"


def _plain_lines(settings: Settings) -> Iterator[tuple[str, str]]:
    """Refuse a line to another machine that is not encrypted, or that falls back to one (ASVS V12.3.1)."""
    hosts, mode = _database_line(settings.database_url)
    for host in hosts:
        # A name without a dot may be a container of this machine, where the deployment says so itself.
        is_said = mode == "disable" and "." not in host and ":" not in host
        if not (_is_here(host) or mode in _PROVEN or is_said):
            why = (
                f"reaches {host} without proof of whose server it is: add sslmode=verify-full, "
                "or sslmode=disable for a container of this machine"
            )
            yield "DATABASE_URL", why
    traces = urlsplit(settings.telemetry)
    if traces.scheme == "http" and not _is_here(traces.hostname or ""):
        yield (
            "TELEMETRY",
            f"sends traces to {traces.hostname} as plain text: https, or a collector on this machine",
        )
    mail = urlsplit(settings.smtp_address)
    if mail.scheme == "smtp" and not _is_here(mail.hostname or ""):
        yield "SMTP_ADDRESS", f"sends mail to {mail.hostname} as plain text: smtp+starttls or smtps"


def _database_line(url: str) -> tuple[list[str], str]:
    """The hosts of a database, and its word about TLS; none for a file."""
    parts = urlsplit(url)
    if not parts.scheme.startswith("postgresql"):
        return [], ""
    asked = parse_qs(parts.query)
    named = [*parts.netloc.rpartition("@")[2].split(","), *",".join(asked.get("host", [])).split(",")]
    hosts = [urlsplit(f"//{name}").hostname or name if name[:1] != "/" else name for name in named if name]
    return hosts, asked.get("sslmode", [""])[0]


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine: a socket, or an address of loopback."""
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _folders(settings: Settings) -> Iterator[tuple[str, str]]:
    for name, folder in (
        ("KEYS_FOLDER", settings.keys_folder),
        ("SETTLEMENT_FOLDER", settings.settlement_folder),
        ("ANCHORS_FOLDER", settings.anchors_folder),
    ):
        if _is_open(folder):
            yield name, f"is {folder}, which others of this machine can write: chmod 700 {folder}"


def _is_public(address: str) -> bool:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "https" or host.endswith(_LOCAL):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host


def _is_open(folder: Path) -> bool:
    return folder.exists() and bool(folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH))
