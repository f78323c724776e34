"""Tell why a refund is what it is: codes with values for programs, a sentence in the reader's language for people. Pure.

What was decided is frozen with its `because`, which proofs read again; so it stays, and is taken apart here, at the edge.
What cannot be taken apart is told as it stands, under the code `other`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tariffs.words import decimal
from ticketing.frozen import Leg
from ticketing.purchase import words

_MONEY = r"-?[\d.]+ [A-Z]{3}"
_LEGS = r"\d+(?:, \d+)*"
_LATE = r"(?:over )?\d+ min late at (?:departure|its destination), (?:more than \d+|\d+ or more|its operator promises \d+)"
_FAILURES = rf"(?:cancelled|{_LATE})(?:, (?:cancelled|{_LATE}))*"
_OF_WHAT = rf"(?: of (?P<worth>{_MONEY}), what leg (?P<legs>{_LEGS}) costs beyond the rest,)?"
_A_FEE = rf", less the fee of [^:]+: {_MONEY}"
_FEE = re.compile(rf", less the fee of (?P<operator>[^:]+): (?P<fee>{_MONEY})")
_CONDITIONS = (
    rf"(?P<percent>\d+) %{_OF_WHAT} by the conditions of (?P<operator>[^,]+), the strictest of (?:this ticket|these legs), "
    rf"(?:(?P<hours_before>\d+) hours before departure|after the first departure)(?P<fees>(?:{_A_FEE})*)"
)
_LEG = r"leg (?P<legs>\d+) of (?P<passenger>.+)"
# By code, what the decision has written; the first that fits holds.
_PARTS: tuple[tuple[str, str], ...] = (
    ("conditions", _CONDITIONS),
    ("counted_on", rf"(?P<amount>{_MONEY}) stay, because rides bought later count on it \(cap\)"),
    (
        "kept_for_others",
        rf"(?P<amount>{_MONEY}) stay, because (?P<people>.+), who stays?, would have paid (?P<needed>{_MONEY}) without the others",
    ),
    (
        "not_carried",
        rf"(?P<percent>100) %{_OF_WHAT} whatever the conditions say and without a fee: leg (?P<failed>{_LEGS}) is (?P<failure>{_FAILURES})",
    ),
    ("in_full", rf"(?P<amount>{_MONEY}) in full for leg (?P<legs>{_LEGS}): (?P<failure>{_FAILURES})"),
    (
        "released",
        rf"(?P<amount>{_MONEY}), kept before for those who stayed, who are not carried either",
    ),
    (
        "alone_gives",
        rf"leg (?P<legs>{_LEGS}) alone gives back (?P<amount>{_MONEY}), because it is (?P<failure>{_FAILURES})",
    ),
    ("gone", r"the ticket of (?P<passenger>.+) was refunded or cancelled before"),
    ("used", r"the ticket of (?P<passenger>.+) has been used and cannot be refunded"),
    ("leg_gone", rf"{_LEG} was given back before"),
    ("leg_used", rf"{_LEG} has been used and cannot be refunded"),
    ("rest_unpriced", r"what would be left of the ticket of (?P<passenger>.+) has no price: (?P<reason>.+)"),
    ("rest_dearer", rf"what would be left costs (?P<amount>{_MONEY}) more than was paid"),
    ("others_unpriced", r"what those who stay would have paid has no price: (?P<reason>.+)"),
)
_NOTHING = re.compile(r"the ticket of (?P<passenger>.+?) gives nothing back: (?P<rest>.+)", re.DOTALL)
_STAYS = re.compile(
    rf"(?P<rest>.+?); leg (?P<legs>{_LEGS}) stays, because together they would bring less: (?:(?P<together>{_MONEY}), )?.*",
    re.DOTALL,
)
_OTHERS_PAY = re.compile(
    rf"(?P<people>.+), who stays?, would have paid (?P<needed>{_MONEY}) without the others, and pay (?P<paid>{_MONEY}); .+"
)
_GIVE_TOO = "(?P<why>.+); give theirs back too"
_ALONE = re.compile(rf"(?P<passenger>.+?) would travel alone: {_GIVE_TOO}", re.DOTALL)
_NO_COMPANY = re.compile(rf"(?P<passenger>.+?) would travel without company: {_GIVE_TOO}", re.DOTALL)
_WHOLE = (("others_pay", _OTHERS_PAY), ("travels_alone", _ALONE), ("without_company", _NO_COMPANY))
_COMPILED = tuple((code, re.compile(pattern)) for code, pattern in _PARTS)
_FAILURE = re.compile(
    r"(?P<over>over )?(?P<minutes>\d+) min late at (?P<where>departure|its destination), "
    r"(?P<promised>its operator promises )?(?:more than )?(?P<limit>\d+)"
)
_AMOUNTS = ("worth", "amount", "needed", "paid", "together", "fee")
_NUMBERS = ("percent", "hours_before")
_PLACES = ("legs", "failed")
_WITHIN, _ONE = 0, 1


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its code, and values that a program reads; `legs` count from 0, as everywhere in the API."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """The reason as an answer shows it."""
        return {"code": self.code, "values": dict(self.values)}


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader: the language, the legs of the journey as its quote has them, and the names of operators."""

    language: str = words.LANGUAGES[0]
    legs: Sequence[Leg] = ()
    operators: Mapping[str, str] = field(default_factory=dict)


def reasons(because: str) -> list[Reason]:
    """Take apart what a decision or a refusal has written."""
    found = list(_reasons(because))
    return [Reason("other", {"text": because})] if any(one.code == "other" for one in found) else found


def sentence(because: str, reader: Reader) -> str:
    """Say the same in the reader's language: rides counted from 1 and by their stops, operators by their names."""
    return "; ".join(
        words.reason(_sentence_of(one), _spoken(one, reader), reader.language) for one in reasons(because)
    )


def _reasons(text: str) -> Iterator[Reason]:
    whole = _of_the_whole(text)
    if whole:
        yield whole
        return
    if match := _NOTHING.fullmatch(text):
        yield Reason("nothing", {"passenger": match["passenger"]})
        yield from _reasons(match["rest"])
        return
    if match := _STAYS.fullmatch(text):
        yield from _reasons(match["rest"])
        yield Reason("stays", _values({name: match[name] for name in ("legs", "together")}))
        return
    for part in text.split("; "):
        yield from _part(part)


def _of_the_whole(text: str) -> Reason | None:
    for code, pattern in _WHOLE:
        found = pattern.fullmatch(text)
        if found:
            return Reason(code, _values(found.groupdict()))
    return None


def _part(text: str) -> Iterator[Reason]:
    for code, pattern in _COMPILED:
        match = pattern.fullmatch(text)
        if match:
            values = match.groupdict()
            fees = values.pop("fees", None) or ""
            yield Reason(code, _values(values))
            yield from (Reason("fee", _values(fee.groupdict())) for fee in _FEE.finditer(fees))
            return
    yield Reason("other", {"text": text})


def _values(found: Mapping[str, str | None]) -> Mapping[str, Any]:
    """The values of a reason as programs read them; what was not said is left out, but for the hours, which may be over."""
    return {
        name: _value(name, text) for name, text in found.items() if text is not None or name == "hours_before"
    }


def _value(name: str, text: str | None) -> Any:
    if text is None:
        return None
    if name in _AMOUNTS:
        amount, _, currency = text.partition(" ")
        return {"amount": amount, "currency": currency}
    if name in _PLACES:
        return [int(leg) for leg in text.split(", ")]
    if name == "failure":
        return _failures(text)
    return int(text) if name in _NUMBERS else text


def _failures(text: str) -> list[dict[str, object]]:
    """Why legs are not carried: cancelled, or how late against which limit."""
    cancelled: list[dict[str, object]] = [{"code": "cancelled"}] if "cancelled" in text else []
    return cancelled + [_late(found) for found in _FAILURE.finditer(text)]


def _late(found: re.Match[str]) -> dict[str, object]:
    where = "departure" if found["where"] == "departure" else "arrival"
    kind = "promised" if found["promised"] else "late"
    minutes, limit = int(found["minutes"]), int(found["limit"])
    return {"code": f"{kind}_{where}", "minutes": minutes, "limit": limit, "and_more": bool(found["over"])}


def _sentence_of(one: Reason) -> str:
    """Choose the sentence of a reason: of a part of a ticket it names the part."""
    if "worth" not in one.values:
        return one.code
    return {"conditions": "conditions_of_legs", "not_carried": "not_carried_legs"}.get(one.code, one.code)


def _spoken(reason: Reason, reader: Reader) -> dict[str, str]:
    """The values of a reason as people read them."""
    spoken = {name: _said(value, reader.language) for name, value in reason.values.items()}
    places = reason.values.get("failed") or reason.values.get("legs")
    if places:
        spoken["legs"] = rides(places, reader)
    if "operator" in reason.values:
        spoken["operator"] = reader.operators.get(reason.values["operator"], reason.values["operator"])
    if "failure" in reason.values:
        spoken["failure"] = ", ".join(_why(failure, reader.language) for failure in reason.values["failure"])
    if "hours_before" in reason.values:
        spoken["before"] = _before(reason.values["hours_before"], reader.language)
    return spoken


def _said(value: Any, language: str) -> str:
    """A value as people read it: an amount with the decimal sign of the language."""
    if isinstance(value, dict):
        return f"{decimal(value['amount'], language)} {value['currency']}"
    return str(value)


def rides(places: Sequence[int], reader: Reader) -> str:
    """Name rides by their numbers from 1, their stops and who runs them."""
    named = ", ".join(_ride(at, reader) for at in places)
    return words.part("leg_one" if len(places) == _ONE else "leg_many", reader.language, legs=named)


def _ride(at: int, reader: Reader) -> str:
    """A ride by its number from 1, its stops and who runs it."""
    if at >= len(reader.legs):
        return str(at + 1)
    leg = reader.legs[at]
    operator = reader.operators.get(leg.operator, leg.operator_name or leg.operator)
    return f"{at + 1} ({leg.start.name} - {leg.end.name}, {operator})"


def _why(failure: Mapping[str, Any], language: str) -> str:
    if failure["code"] == "cancelled":
        return words.part("cancelled", language)
    minutes = f"{failure['minutes']}{'+' if failure['and_more'] else ''}"
    return words.part(failure["code"], language, minutes=minutes, limit=failure["limit"])


def _before(hours: int | None, language: str) -> str:
    """Compute the time before the first departure; None is after it."""
    if hours is None:
        return words.part("departed", language)
    if hours == _WITHIN:
        return words.part("within_hour", language)
    return words.part("hours_one" if hours == _ONE else "hours", language, hours=hours)
