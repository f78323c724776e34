"""Variables of the environment that mean something here, and the nearest name to one that means nothing."""

import difflib
from collections.abc import Collection, Mapping

from ticketing.secret_files import SECRETS

# Everything that `config.from_environment` reads, and the folder of a gate's program on the same machine.
SETTINGS = (
    "ALLOW_DEMO_PAYMENTS_IN_PRODUCTION",
    *(f"{name}_FILE" for name in SECRETS),
    *(
        f"THROUGHFARE_{name}"
        for name in (
            "ANCHORS_FOLDER",
            "CACHE_FOLDER",
            "COMMIT_SECONDS",
            "DATABASE_URL",
            "DEMO_CLOCK_FILE",
            "ENVIRONMENT",
            "GATEWAY",
            "ISSUER",
            "KEYS",
            "KEYS_FOLDER",
            "KEY_PASSPHRASE",
            "LIVE_SECONDS",
            "LOG_FORMAT",
            "MAIL_FOLDER",
            "MAIL_SENDER",
            "MESSAGES_REACH",
            "OIDC_ACR",
            "OIDC_CLIENT_ID",
            "OIDC_CLIENT_SECRET",
            "OIDC_ISSUER",
            "OIDC_MAX_AGE",
            "OIDC_REDIRECT_URI",
            "OPEN_BIND",
            "OPTIONS_PAGE",
            "ORDERS_AT_ONCE",
            "PASSKEY_ORIGINS",
            "PKCS11_MODULE",
            "PKCS11_PIN",
            "PKCS11_TOKEN",
            "POOLER",
            "PROOF_ISSUERS",
            "PUBLIC_URL",
            "RATE_LIMITS",
            "REGIONS",
            "REGIONS_FOLDER",
            "SALE_CHANNEL",
            "SECOND_FACTOR",
            "SETTLEMENT_FOLDER",
            "SMTP_ADDRESS",
            "STRIPE_API_ADDRESS",
            "STRIPE_PUBLISHABLE_KEY",
            "STRIPE_SCRIPT_ADDRESS",
            "STRIPE_SECRET_KEY",
            "STRIPE_WEBHOOK_SECRET",
            "TELEMETRY",
            "TRUSTED_PROXIES",
            "WARM_UP",
            "WEB_ORIGINS",
        )
    ),
)
# A gate's folder, and the code of a person at the command line (`--by`).
_OF_OTHER_PROGRAMS = {"THROUGHFARE_GATE_FOLDER", "THROUGHFARE_CODE"}
_ALIKE = 0.75
# So near to a setting's name that no operator's variable is meant.
_MISSPELT = 0.9


def not_understood(environ: Mapping[str, str], operators: Collection[str]) -> list[str]:
    """Each `THROUGHFARE_*` variable that nothing reads, in words; `operators` are the names that connectors read."""
    known = [*SETTINGS, *operators]
    strangers = sorted(
        name for name in environ.keys() - set(known) - _OF_OTHER_PROGRAMS if name.startswith("THROUGHFARE_")
    )
    return [f"{name} is no setting and changes nothing{_nearest(name, known)}" for name in strangers]


def misspelt(environ: Mapping[str, str]) -> list[str]:
    """Each `THROUGHFARE_*` variable that is a setting's name but for a letter or two, for a start that has failed."""
    found = []
    for name in sorted(environ.keys() - set(SETTINGS) - _OF_OTHER_PROGRAMS):
        near = difflib.get_close_matches(name, SETTINGS, n=1, cutoff=_MISSPELT)
        if near and name.startswith("THROUGHFARE_"):
            found.append(f"{name} is set and is no setting; the nearest is {near[0]}")
    return found


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=_ALIKE)
    return f"; the nearest is {near[0]}" if near else ""
