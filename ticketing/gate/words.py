"""What a passenger reads at the gate: kind, short, and nothing about a code that is not genuine. Pure."""

from ticketing.gate.decision import Decision

_WORDS = {
    "ok": "Welcome",
    "ok_attention": "Welcome",
    "wrong_audience": "Not valid with this operator",
    "wrong_issuer": "Not valid here",
    "not_yet_valid": "Not valid yet",
    "expired": "Expired",
    "revoked": "Cancelled, please ask the staff",
    "suspended": "Blocked, please ask the staff",
    "status_stale": "Please ask the staff",
    "proof_missing": "Please open the ticket in the app",
    "proof_invalid": "Please open the ticket in the app",
    "proof_expired": "Please refresh the ticket",
    "proof_replayed": "Please refresh the ticket",
    "wrong_leg": "Not valid here",
    "wrong_zone": "Not valid here",
    "wrong_class": "Not valid in this class",
    "product_not_accepted": "Not valid here",
    "outside_time_rule": "Not valid at this hour",
    "already_used": "Already used",
    "passback": "Please wait, or ask the staff",
    "uses_exhausted": "No trips left",
}


def passenger_sees(decision: Decision) -> str:
    """The words for a decision; forged and broken codes are told no more than this."""
    return _WORDS.get(decision.reason, "Not valid")
