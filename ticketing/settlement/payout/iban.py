"""Bank accounts that can be paid to: IBAN and BIC checked by country before they are kept and before they are used."""

import tomllib
from pathlib import Path

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from ticketing.errors import InvalidRequest

_SEPA = tomllib.loads(Path(__file__).with_name("sepa_countries.toml").read_text(encoding="utf-8"))
_SEPA_COUNTRIES = frozenset(_SEPA["iban"])


def checked_iban(text: str, field: str = "iban") -> str:
    """The IBAN without spaces; raises InvalidRequest for a wrong country, length or checksum (ISO 13616)."""
    try:
        return str(IBAN(text).compact)
    except SchwiftyException as error:
        raise InvalidRequest.at(field, f"this is no IBAN: {error}") from None


def checked_bic(text: str, iban: str, field: str = "bic") -> str:
    """The BIC, which may be empty inside SEPA; raises InvalidRequest for one that is none or of another country."""
    if not text:
        return ""
    try:
        bic = BIC(text)
    except SchwiftyException as error:
        raise InvalidRequest.at(field, f"this is no BIC: {error}") from None
    if bic.country_code != iban[:2]:
        raise InvalidRequest.at(field, f"the BIC is of {bic.country_code}, the IBAN of {iban[:2]}")
    return str(bic.compact)


def is_in_sepa(iban: str) -> bool:
    """Tell whether a SEPA credit transfer reaches an account, by its country (`sepa_countries.toml`)."""
    return iban[:2] in _SEPA_COUNTRIES
