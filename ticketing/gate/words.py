"""Write the words of a decision in the reader's language. Pure."""

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
