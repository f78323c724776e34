"""Choose the words of a decision in the reader's language, operators and fare categories by the names that people know. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from throughfare_gate.gate import sentences
from throughfare_gate.gate.decision import Decision
from throughfare_gate.gate.model import Note, Values
from throughfare_gate.gate.usage import USES_LEFT

_ALTERNATIVE = " or "


@dataclass(frozen=True, slots=True)
class Names:
    """The names of operators, of fare categories by language, and of the stops of each operator, at which keys have gates.

    `here` are the stops of the operator whose gate speaks. A gate without a network knows the usual categories.
    """

    operators: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stops: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    here: Mapping[str, str] = field(default_factory=dict)

    def at(self, operator: str) -> "Names":
        """The same at a gate of an operator."""
        return replace(self, here=self.stops.get(operator, {}))

    def category(self, name: str, language: str) -> str:
        """A fare category; several that four letters cannot tell apart are named each."""
        return " / ".join(
            self.categories.get(one, {}).get(language) or sentences.category(one, language)
            for one in name.split(_ALTERNATIVE)
        )

    def spoken(self, values: Values, language: str) -> dict[str, Any]:
        """The values of a reason or note as people read them."""
        spoken = dict(values)
        if "operator" in values:
            spoken["operator"] = self._operator(values["operator"])
        if "operators" in values:
            spoken["operators"] = [self._operator(one) for one in values["operators"]]
        if "gate" in values:
            spoken["gate"] = self.here.get(str(values["gate"]), values["gate"])
        if "category" in values:
            spoken["category"] = self.category(str(values["category"]), language)
        return spoken

    def _operator(self, name: Any) -> str:
        return self.operators.get(str(name), str(name))


_USUAL = Names()


def passenger_sees(decision: Decision, language: str = "en") -> str:
    """The words for the passenger; forged and broken codes are told no more than that they are not valid."""
    return sentences.passenger(decision.reason, language, decision.values)


def staff_sees(decision: Decision, language: str = "en", names: Names = _USUAL) -> str:
    """The sentence for staff: why not, or where to look, or that the passenger is welcome."""
    if not decision.admit:
        return sentences.staff(decision.reason, names.spoken(decision.values, language), language)
    return _said(decision.notes, language, names) or sentences.staff("ok", {}, language)


def attention(decision: Decision, language: str = "en", names: Names = _USUAL) -> str | None:
    """Write the hint for staff about a ticket that is good; None where there is nothing to look at."""
    return _said([note for note in decision.notes if note[0] != USES_LEFT], language, names)


def _said(notes: Iterable[Note], language: str, names: Names) -> str | None:
    spoken = [(sentences.note_of(code, values), names.spoken(values, language)) for code, values in notes]
    return sentences.attention(spoken, language)


def told(decision: Decision, language: str, names: Names) -> dict[str, Any]:
    """Show a decision in an answer: the reason with its figures, the notes, and the words for both in a language."""
    return {
        "reason": decision.reason,
        "values": decision.values,
        "notes": [{"code": code, "values": values} for code, values in decision.notes],
        "attention": attention(decision, language, names),
        "passenger_sees": passenger_sees(decision, language),
        "staff_sees": staff_sees(decision, language, names),
    }
