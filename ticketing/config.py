"""Typed settings from the environment; unsafe ones say so, and production refuses them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from ticketing.clock import Clock, DemoClock, SystemClock
from ticketing.errors import Misconfigured

Environment = Literal["development", "production"]

DEMO_PASSPHRASE = "demo-passphrase-not-a-secret"  # noqa: S105  a stand-in that production refuses by name


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a deployment decides. `from_environment` reads it; tests build it directly."""

    database_url: str
    environment: Environment = "development"
    regions: tuple[str, ...] = ("helsinki-tallinn",)
    regions_folder: Path = Path("regions")
    keys_folder: Path = Path("var/keys")
    key_passphrase: str = DEMO_PASSPHRASE
    issuer: str = "throughfare.eu"
    public_url: str = "http://127.0.0.1:8000"
    gateway: Literal["demo"] = "demo"
    allow_demo_payments_in_production: bool = False
    demo_clock_file: Path | None = None
    settlement_folder: Path = Path("var/settlement")
    log_format: Literal["json", "console"] = "json"

    def clock(self) -> Clock:
        """The clock of this deployment."""
        return DemoClock(self.demo_clock_file) if self.demo_clock_file else SystemClock()

    def warnings(self) -> list[str]:
        """Each stand-in that is in use, in words for the log and the health page."""
        found = []
        if self.gateway == "demo":
            found.append("demo payment gateway: no money moves")
        if self.key_passphrase == DEMO_PASSPHRASE:
            found.append("demo key passphrase: the signing keys are not protected")
        if self.demo_clock_file:
            found.append("demo clock: the time is pretended")
        return found


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read `THROUGHFARE_*`; raises Misconfigured for a value that cannot be, or that production refuses."""
    settings = Settings(
        database_url=environ.get("THROUGHFARE_DATABASE_URL", "sqlite:///var/throughfare.db"),
        environment=cast("Environment", _one_of(environ, "ENVIRONMENT", ("development", "production"))),
        regions=tuple(environ.get("THROUGHFARE_REGIONS", "helsinki-tallinn").split(",")),
        regions_folder=Path(environ.get("THROUGHFARE_REGIONS_FOLDER", "regions")),
        keys_folder=Path(environ.get("THROUGHFARE_KEYS_FOLDER", "var/keys")),
        key_passphrase=environ.get("THROUGHFARE_KEY_PASSPHRASE", DEMO_PASSPHRASE),
        issuer=environ.get("THROUGHFARE_ISSUER", "throughfare.eu"),
        public_url=environ.get("THROUGHFARE_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        gateway=cast("Literal['demo']", _one_of(environ, "GATEWAY", ("demo",))),
        allow_demo_payments_in_production=environ.get("ALLOW_DEMO_PAYMENTS_IN_PRODUCTION") == "yes",
        demo_clock_file=_optional_path(environ, "DEMO_CLOCK_FILE"),
        settlement_folder=Path(environ.get("THROUGHFARE_SETTLEMENT_FOLDER", "var/settlement")),
        log_format=cast("Literal['json', 'console']", _one_of(environ, "LOG_FORMAT", ("json", "console"))),
    )
    _refuse_unsafe_production(settings)
    return settings


def _refuse_unsafe_production(settings: Settings) -> None:
    """Production needs real money, protected keys and the real time (security checklist, line 43)."""
    if settings.environment != "production":
        return
    if settings.gateway == "demo" and not settings.allow_demo_payments_in_production:
        raise Misconfigured(
            "THROUGHFARE_GATEWAY=demo takes no money and is refused in production; "
            "ALLOW_DEMO_PAYMENTS_IN_PRODUCTION=yes allows it for fairs and training"
        )
    if settings.key_passphrase == DEMO_PASSPHRASE:
        raise Misconfigured("THROUGHFARE_KEY_PASSPHRASE must be set in production")
    if settings.demo_clock_file:
        raise Misconfigured("THROUGHFARE_DEMO_CLOCK_FILE pretends the time and is refused in production")


def _one_of(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = environ.get(f"THROUGHFARE_{name}", allowed[0])
    if value not in allowed:
        raise Misconfigured(f"THROUGHFARE_{name} is {value!r}; it may be {' or '.join(allowed)}")
    return value


def _optional_path(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(f"THROUGHFARE_{name}")
    return Path(value) if value else None
