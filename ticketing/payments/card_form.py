"""Stripe's card form as an app loads it: the script of the release that this service was tested with, and the key for it."""

from dataclasses import dataclass

from ticketing.config import StripeSettings

API_VERSION = "2026-10-28.endive"
# Stripe.js has the name of the API's release in its path.
_SCRIPT = f"{API_VERSION.partition('.')[2]}/stripe.js"


@dataclass(frozen=True, slots=True)
class CardForm:
    """The form in which a buyer types a card: `script` defines `Stripe(publishable_key)`; `origin` is where it comes from."""

    publishable_key: str
    origin: str

    @property
    def script(self) -> str:
        """The address of the script."""
        return f"{self.origin}/{_SCRIPT}"


def card_form(settings: StripeSettings) -> CardForm | None:
    """The card form of a deployment; None where it has no publishable key."""
    if not settings.publishable_key:
        return None
    return CardForm(settings.publishable_key, settings.script_address)
