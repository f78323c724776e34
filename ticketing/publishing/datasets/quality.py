"""Count arrivals on time, kept and missed connections, and claims with what became of them, month by month."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from ticketing import disruption
from ticketing.db import Transaction
from ticketing.db.disruption.observations import Event
from ticketing.db.publishing import facts
from ticketing.db.publishing.facts import HeldLeg
from ticketing.disruption import Evidence
from ticketing.publishing.datasets.dataset import Dataset, Part, Table
from ticketing.publishing.desk import Month
from ticketing.publishing.privacy import MICRO, Rule
from ticketing.publishing.privacy.protecting import Key
from ticketing.regions import Region

_THRESHOLD = 10
# A thing that becomes another one leaves a cell and enters one.
_EXCHANGED = 2
# Bands of lateness by their first minute beyond them.
_BANDS = ((5, "below_5"), (15, "5_to_14"), (60, "15_to_59"))
_LATENESS = ("below_5", "5_to_14", "15_to_59", "60_or_more", "cancelled", "not_known")
_CONNECTIONS = ("kept", "missed", "not_known")
_CLAIMS = ("granted", "refused", "open")
_CONTESTS = ("accepted", "not_accepted", "waiting")
_GRANTED = frozenset({"decided", "needs_account", "paying", "paid"})


def _rule(unit: str) -> Rule:
    return Rule(unit=unit, sensitivity=_EXCHANGED, epsilon_micro=MICRO, threshold=_THRESHOLD)


class _Seen:
    """Read what is proven of the ends of rides, each once."""

    def __init__(self, tx: Transaction, region: Region) -> None:
        self._tx, self._region = tx, region.data.id
        self._known: dict[tuple[object, ...], Evidence] = {}

    def arrival(self, leg: HeldLeg) -> Evidence:
        """The evidence of the arrival where a leg was sold to end."""
        return self._of(leg, leg.to_stop, "arrival", leg.arrives_at)

    def departure(self, leg: HeldLeg) -> Evidence:
        """The evidence of the departure where a leg was sold to begin."""
        return self._of(leg, leg.from_stop, "departure", leg.departs_at)

    def _of(self, leg: HeldLeg, stop: str, event: Event, at: datetime) -> Evidence:
        key = (leg.run, stop, event, at)
        if key not in self._known:
            told = disruption.delay_told(self._tx, self._region, leg.run, stop, event=event, planned_at=at)
            # One passenger's tap may decide about the changes of everybody on board: the noise hides one change, not all of them.
            self._known[key] = told if told.source != "gate" else replace(told, outcome="unknown", at=None)
        return self._known[key]


def lateness(evidence: Evidence) -> str:
    """Name the band of lateness of an arrival."""
    if evidence.outcome in {"cancelled", "skipped"}:
        return "cancelled"
    if evidence.delay_seconds is None:
        return "not_known"
    minutes = evidence.delay_seconds / timedelta(minutes=1).total_seconds()
    return next((band for most, band in _BANDS if minutes < most), "60_or_more")


def connection(arrival: Evidence, departure: Evidence) -> str:
    """Tell whether people who arrived could depart: missed where they came after it had left, or where either did not run."""
    if {arrival.outcome, departure.outcome} & {"cancelled", "skipped"}:
        return "missed"
    if arrival.at is None or departure.at is None:
        return "not_known"
    return "kept" if arrival.at <= departure.at else "missed"


def _punctuality(tx: Transaction, region: Region, month: Month) -> Mapping[str, Table]:
    seen = _Seen(tx, region)
    legs = facts.list_legs(tx, region.data.id, month.first, month.last)
    arrivals = {(leg.run, leg.to_stop): leg for leg in legs if leg.operator in region.data.operators}
    bands: Counter[Key] = Counter()
    bands.update((leg.operator, lateness(seen.arrival(leg))) for leg in arrivals.values())
    return {"arrivals": Table(list(itertools.product(region.data.operators, _LATENESS)), bands)}


def _connections(tx: Transaction, region: Region, month: Month) -> Mapping[str, Table]:
    seen = _Seen(tx, region)
    outcomes: Counter[Key] = Counter()
    for before, after in _changes(facts.list_legs(tx, region.data.id, month.first, month.last)):
        outcome = connection(seen.arrival(before), seen.departure(after))
        outcomes[before.operator, after.operator, outcome] += 1
    names = list(region.data.operators)
    return {"connections": Table(list(itertools.product(names, names, _CONNECTIONS)), outcomes)}


def _changes(legs: Sequence[HeldLeg]) -> Iterator[tuple[HeldLeg, HeldLeg]]:
    """Yield the planned changes of each ticket."""
    for before, after in itertools.pairwise(legs):
        if before.jti == after.jti:
            yield before, after


def _claims(tx: Transaction, region: Region, month: Month) -> Mapping[str, Table]:
    since = datetime.combine(month.first, time(0), UTC)
    until = datetime.combine(month.last + timedelta(days=1), time(0), UTC)
    opened = facts.list_claims(tx, region.data.id, since, until)
    outcomes: Counter[Key] = Counter()
    outcomes.update((one.operator, _outcome(one.state)) for one in opened)
    contests: Counter[Key] = Counter()
    contests.update((one.operator, one.contest) for one in opened if one.contest is not None)
    names = list(region.data.operators)
    return {
        "claims": Table(list(itertools.product(names, _CLAIMS)), outcomes),
        "contests": Table(list(itertools.product(names, _CONTESTS)), contests),
    }


def _outcome(state: str) -> str:
    if state in _GRANTED:
        return "granted"
    return "refused" if state == "refused" else "open"


PUNCTUALITY = Dataset(
    name="punctuality",
    title="Arrivals by operator and lateness",
    meaning=(
        "One count is one arrival of one departure at one stop where somebody held a ticket to alight, on a service day of this "
        "month. Its lateness in minutes is that of the best evidence (the operator's own word, then live data; no tap of a passenger) against "
        "the time that was sold. `not_known`: nobody has told. Departures without a ticket of this scheme are not counted."
    ),
    parts=(
        Part(
            name="arrivals",
            columns=("operator", "minutes_late"),
            number="arrivals",
            rule=_rule("one leg of one ticket"),
        ),
    ),
    read=_punctuality,
)
CONNECTIONS = Dataset(
    name="connections",
    title="Connections by operators, kept and missed",
    meaning=(
        "One count is one planned change of one person between two rides of one ticket, on service days of this month. It was missed where "
        "the first ride arrived after the second had left, or where one of them did not run, by the same evidence as punctuality; "
        "`not_known`: nobody has told of one of them."
    ),
    parts=(
        Part(
            name="connections",
            columns=("from_operator", "to_operator", "outcome"),
            number="changes",
            rule=_rule("one change of one ticket"),
        ),
    ),
    read=_connections,
)
CLAIMS = Dataset(
    name="claims",
    title="Claims for delays by operator and outcome, and contests of operators",
    meaning=(
        "One count is one claim for one leg of one ticket that was opened in this month (UTC), in the state in which it was when the file "
        "was made: `granted` (decided to be paid, or paid), `refused`, or `open`. One contest is the objection of an operator to such a "
        "claim: `accepted`, `not_accepted`, or `waiting` for a ruling."
    ),
    parts=(
        Part(name="claims", columns=("operator", "outcome"), number="claims", rule=_rule("one claim")),
        Part(name="contests", columns=("operator", "outcome"), number="contests", rule=_rule("one claim")),
    ),
    read=_claims,
)
