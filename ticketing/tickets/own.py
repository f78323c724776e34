"""Read the tickets that we have signed and stored ourselves; never one that somebody shows."""

import functools
from typing import Any

from throughfare_gate.strictjson import NotStrict
from throughfare_gate.tickets.claims import BadClaims, TicketClaims, parse
from throughfare_gate.tickets.strict import decode_base64url, json_object


def payload_of(token: str) -> dict[str, Any]:
    """The payload of a stored ticket; raises NotStrict. No signature is checked."""
    return json_object(decode_base64url(token.split(".")[1]))


@functools.lru_cache(maxsize=4096)
def of_own(token: str) -> TicketClaims:
    """The claims of a stored ticket; raises BadClaims. No signature is checked."""
    try:
        return parse(payload_of(token))
    except (IndexError, NotStrict) as error:
        raise BadClaims("token") from error
