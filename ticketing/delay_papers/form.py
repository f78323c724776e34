"""Fill in the form of a claim from what is known: section by section, by the numbers of the common form for rail. Pure.

Implementing Regulation (EU) 2024/949, annex. Sections 1 and 2 are as in the annex; order and numbers of those behind them follow
two public copies of the form, and nobody here has held them against the annex (level B). The passenger fills in no line that
the ticket, the evidence or the claim knows; means of payment stay empty.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from tariffs.money import Money
from tariffs.words import spoken
from ticketing.db.rights.claims import Claim
from ticketing.db.sale.orders import Refund
from ticketing.db.ticket.tickets import Ticket, control_code_of
from ticketing.delay_papers.proven import Proven, RealTime
from ticketing.delay_papers.words import word
from ticketing.frozen import Leg
from ticketing.rights import Facts

LEVEL: Literal["B"] = "B"
RAIL = "rail"
NUMBERS = (
    *("1", "2", "2.1", "2.2", "2.3", "3", "3.1"),
    *("3.2", "3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.2.5", "3.2.6", "3.2.7", "3.2.8"),
    *("3.3", "3.3.1", "3.3.2", "3.3.3", "3.3.4", "4", "5", "5.1", "5.1.1", "5.1.2"),
    *("5.2", "5.3", "5.3.1", "5.3.2", "5.4", "5.5", "6", "attachments", "declaration"),
)
# They name the sections below them, and nothing is filled in there.
HEADINGS = frozenset({"3", "3.2", "3.3", "5", "5.1", "5.3"})
_DAY, _TIME = "%d.%m.%Y", "%H:%M"
_FIRST_BAND, _SECOND_BAND = 60, 120


@dataclass(frozen=True, slots=True)
class Choice:
    """A box of a section, by the name of its words, and whether it is ticked."""

    name: str
    ticked: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """The content of a section: lines of text (none: the passenger fills it in), or boxes."""

    lines: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is known of a passenger's leg: by the ticket, the evidence, and the claim where there is one.

    `facts` are those by which the law is asked, `decision` says in words what it grants. `is_used`: a gate has seen the ticket on
    the leg; `is_missed`: holders were told that the next leg is missed by it. `refund` has given the leg back.
    """

    order_id: str
    ticket: Ticket
    at: int
    rider: str
    issuer: str
    regime: str | None
    proven: Proven
    facts: Facts | None
    decision: str | None
    claim: Claim | None
    refund: Refund | None
    is_used: bool
    is_missed: bool
    now: datetime

    @property
    def leg(self) -> Leg:
        """The leg as its ticket has it."""
        return self.ticket.document.legs[self.at]

    @property
    def is_rail(self) -> bool:
        """True where the common form is for this ride."""
        return self.regime == RAIL

    @property
    def is_not_carried(self) -> bool:
        """True where the run did not carry the holder, by what is proven or by what the claim was decided from."""
        by_claim = self.claim is not None and self.facts is not None and self.facts.cancelled
        return self.proven.cancelled or self.proven.skipped or by_claim

    @property
    def minutes(self) -> int | None:
        """The delay at the destination: by the claim, where a person may have ruled on it, else by the evidence."""
        if self.claim is not None and self.facts is not None and self.facts.arrival_delay_minutes is not None:
            return self.facts.arrival_delay_minutes
        return self.proven.arrival.minutes if self.proven.arrival else None


def fill(known: Known, language: str) -> Mapping[str, Entry]:
    """Fill in every section, in the order of the form."""
    filled = {
        **_earlier(known, language),
        **_planned(known, language),
        **_real(known),
        "1": Entry(choices=_reasons(known)),
        "4": Entry(choices=_wanted(known)),
        "5.4": Entry(choices=(Choice("money"), Choice("vouchers"))),
        "6": Entry(tuple(_more(known, language))),
        "attachments": Entry(tuple(_attached(known, language))),
    }
    return {number: filled.get(number, Entry()) for number in NUMBERS}


def _reasons(known: Known) -> tuple[Choice, ...]:
    late = known.proven.departure, known.proven.arrival
    is_late = any(one.minutes > 0 for one in late if one) or (known.minutes or 0) > 0
    return (
        Choice("delay", is_late and not known.is_not_carried),
        Choice("cancellation", known.is_not_carried),
        Choice("missed_connection", known.is_missed),
    )


def _earlier(known: Known, language: str) -> dict[str, Entry]:
    """Name the claim that is open or paid here, or the refund of the leg: a carrier that reads the form pays nothing twice."""
    first = known.claim or known.refund
    if first is None:
        return {"2": Entry(choices=(Choice("yes"), Choice("no")))}
    if isinstance(first, Refund):
        at, reference = (
            first.created_at,
            word("more", "refund", language, issuer=known.issuer, refund=first.id),
        )
    else:
        state = word("states", first.state, language)
        at = first.opened_at
        reference = word("more", "claim", language, issuer=known.issuer, claim=first.id, state=state)
    return {
        "2": Entry(choices=(Choice("yes", ticked=True), Choice("no"))),
        "2.1": Entry((f"{at.astimezone(ZoneInfo(known.leg.time_zone)):{_DAY}}",)),
        "2.2": Entry((_carrier(known.leg),)),
        "2.3": Entry((reference,)),
    }


def _planned(known: Known, language: str) -> dict[str, Entry]:
    leg, ticket = known.leg, known.ticket
    leaves = leg.departure.astimezone(ZoneInfo(leg.time_zone))
    arrives = leg.arrival.astimezone(ZoneInfo(leg.arrival_time_zone))
    return {
        "3.1": Entry((_carrier(leg),)),
        "3.2.1": Entry((f"{leaves:{_DAY}}",)),
        "3.2.2": Entry((leg.start.name,)),
        "3.2.3": Entry((leg.end.name,)),
        "3.2.4": Entry((f"{leaves:{_TIME}}",)),
        "3.2.5": Entry((f"{arrives:{_TIME}}",)),
        "3.2.6": Entry((_run(leg),)),
        "3.2.7": Entry((f"{control_code_of(ticket.jti)}, {known.order_id}",)),
        "3.2.8": Entry((_money(Money(ticket.amount_minor, ticket.currency), language),)),
    }


def _real(known: Known) -> dict[str, Entry]:
    """Write the real times that are proven; of a run that did not go there are none."""
    leg = known.leg
    if known.is_not_carried:
        return {}
    departed, arrived = known.proven.departure, known.proven.arrival
    if known.minutes is not None and (arrived is None or arrived.minutes != known.minutes):
        arrived = RealTime(leg.arrival.astimezone(UTC) + timedelta(minutes=known.minutes), known.minutes)
    real: dict[str, Entry] = {}
    if departed is not None:
        real["3.3.2"] = Entry((f"{departed.at.astimezone(ZoneInfo(leg.time_zone)):{_TIME}}",))
    if arrived is not None:
        there = arrived.at.astimezone(ZoneInfo(leg.arrival_time_zone))
        real["3.3.1"], real["3.3.3"] = Entry((f"{there:{_DAY}}",)), Entry((f"{there:{_TIME}}",))
    if known.is_used:
        real["3.3.4"] = Entry((_run(leg),))
    return real


def _wanted(known: Known) -> tuple[Choice, ...]:
    """Tick the compensation that a delay calls for; between the money back and another way the passenger chooses."""
    minutes = 0 if known.is_not_carried or known.refund is not None else known.minutes or 0
    bands: tuple[Choice, ...]
    if known.is_rail:
        bands = (
            Choice("compensation_60", _FIRST_BAND <= minutes < _SECOND_BAND),
            Choice("compensation_120", minutes >= _SECOND_BAND),
            Choice("season"),
        )
    else:
        bands = (Choice("compensation", minutes > 0),)
    return (Choice("reimbursement", known.refund is not None), *bands, Choice("costs"))


def _more(known: Known, language: str) -> Iterator[str]:
    yield word("more", "passenger", language, passenger=known.ticket.passenger_ref, rider=known.rider)
    if known.facts is not None and known.facts.price.minor:
        yield word("more", "price", language, amount=_money(known.facts.price, language))
    if known.decision is not None:
        yield word("more", "decision", language, text=known.decision)
    if known.proven.cause != "unknown":
        yield word("confirmation", "cause", language, cause=word("causes", known.proven.cause, language))
    facts = (
        known.claim.evidence if known.claim is not None and known.claim.evidence else known.proven.evidence
    )
    if facts:
        yield word("confirmation", "evidence", language, facts=", ".join(_short(facts)))


def _attached(known: Known, language: str) -> Iterator[str]:
    yield word("more", "ticket", language, ticket=known.ticket.jti)
    if known.proven.state == "confirmed":
        path = f"/v1/orders/{known.order_id}/delay-confirmations/{known.at}/print.pdf"
        yield word("more", "confirmation", language, path=path)


def _carrier(leg: Leg) -> str:
    return leg.operator_name or leg.operator


def _run(leg: Leg) -> str:
    return f"{leg.trip_id}, {leg.line}"


def _money(amount: Money, language: str) -> str:
    return spoken(amount, language)


def _short(facts: Sequence[str]) -> list[str]:
    """Shorten the ids of facts to what a confirmation has of them."""
    return [name[:16] for name in facts]
