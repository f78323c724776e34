"""The tokens of offers under the keys of this deployment, which rotate like those of tickets."""

from ticketing.offers.body import OfferBody, pack, unpack
from ticketing.offers.token import seal, unseal
from ticketing.tickets.keys import KeyStore


class OfferTokens:
    """Writes and reads the tokens of offers."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys

    def write(self, body: OfferBody) -> str:
        """The token of an offer; raises Misconfigured where there is no key."""
        return seal(pack(body), *self._keys.signer_secret("offer"))

    def read(self, token: str) -> OfferBody | None:
        """The offer of a token; None for one that this deployment has not made, or made with a key that is withdrawn."""
        content = unseal(token, self._keys.secrets("offer"))
        return None if content is None else unpack(content)
