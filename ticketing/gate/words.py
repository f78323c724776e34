"""Write the words of a decision in the reader's language. Pure."""

from typing import Any

from ticketing.gate import sentences
from ticketing.gate.decision import Decision


def passenger_sees(decision: Decision, language: str = "en") -> str:
    """The words for the passenger; forged and broken codes are told no more than that they are not valid."""
    return sentences.passenger(decision.reason, language)


def staff_sees(decision: Decision, language: str = "en") -> str:
    """The sentence for staff: why not, or where to look, or that the passenger is welcome."""
    if not decision.admit:
        return sentences.staff(decision.reason, decision.values, language)
    return attention(decision, language) or sentences.staff("ok", {}, language)


def attention(decision: Decision, language: str = "en") -> str | None:
    """What staff should look at although the ticket is good; None where there is nothing."""
    return sentences.attention(decision.notes, language)


def told(decision: Decision, language: str) -> dict[str, Any]:
    """Show a decision in an answer: the reason with its figures, the notes, and the words for both in a language."""
    return {
        "reason": decision.reason,
        "values": decision.values,
        "notes": [{"code": code, "values": values} for code, values in decision.notes],
        "attention": attention(decision, language),
        "passenger_sees": passenger_sees(decision, language),
        "staff_sees": staff_sees(decision, language),
    }
