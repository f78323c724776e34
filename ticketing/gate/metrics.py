"""Measure how long a copy could work: the double-use window of each operator, from the facts, and publish it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from throughfare_gate.moments import written
from ticketing.db.gate import devices, refunded_rides, scan_facts
from ticketing.db.gate.refunded_rides import RefundedRide
from ticketing.db.gate.scan_facts import ScanFact
from ticketing.db.ticket import status_changes, uses
from ticketing.db.ticket.uses import DoubleUse
from ticketing.gate.house import Gatehouse

WINDOW = timedelta(hours=24)
_PER = 100_000
# Of each kind the newest so many are measured.
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Spread:
    """A measure's spread in seconds; None where nothing was measured."""

    count: int
    p50: int | None
    p95: int | None
    most: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateMetrics:
    """One operator's last 24 hours. `window` is the sum of upload lag and bundle age: how long a copy works.

    A revocation takes until the first signed list has it, until the first gate of anybody has fetched that, and until
    each gate of this operator has. `refunded_rides` were told after their money had gone back.
    """

    operator: str
    bundle_age: Spread
    upload_lag: Spread
    window: Spread
    double_use_gap: Spread
    detection: Spread
    revocation_published: Spread
    revocation_first_gate: Spread
    revocation_lag: Spread
    rides: int
    double_uses: int
    refunded_rides: int

    @property
    def double_uses_per_100_000(self) -> float | None:
        """Double uses for every 100,000 rides."""
        return round(self.double_uses * _PER / self.rides, 1) if self.rides else None


def measure(house: Gatehouse, operator: str) -> GateMetrics:
    """Measure an operator's last 24 hours, of at most its newest 20,000 uploaded scans."""
    now = house.clock.now()
    since = now - WINDOW
    with house.database.read() as tx:
        facts = scan_facts.list_newest(tx, operator, since, _MOST)
        doubles = uses.list_double_uses_of_operator(tx, operator, since)
        rides = uses.count_rides(tx, operator, since, now + timedelta(minutes=5))
        revoked = status_changes.lags_since(tx, since, _MOST)
        reached = status_changes.lags_of_gates(tx, operator, since, _MOST)
        given_back = refunded_rides.list_of_operator(tx, operator, since)
    ages = [_at(fact) - fact.bundle_version for fact in facts if fact.bundle_version is not None]
    lags = [max(0, int(fact.received_at.timestamp()) - _at(fact)) for fact in facts]
    windows = [
        lag + max(0, _at(fact) - fact.bundle_version)
        for fact, lag in zip(facts, lags, strict=True)
        if fact.bundle_version is not None
    ]
    return GateMetrics(
        operator=operator,
        bundle_age=spread(max(0, age) for age in ages),
        upload_lag=spread(lags),
        window=spread(windows),
        double_use_gap=spread(found.gap_seconds for found in doubles),
        detection=spread(_seconds(found.found_at - found.at) for found in doubles),
        revocation_published=spread(revoked.publication),
        revocation_first_gate=spread(revoked.first_gate),
        revocation_lag=spread(reached),
        rides=rides,
        double_uses=len(doubles),
        refunded_rides=len(given_back),
    )


def list_operators(house: Gatehouse) -> list[str]:
    """Every operator that has gates, by device or by what they have told."""
    with house.database.read() as tx:
        return sorted({*scan_facts.list_operators(tx), *devices.list_operators(tx)})


def report(house: Gatehouse, operator: str) -> dict[str, Any]:
    """The measures as a document, with the newest double uses: both gates by name."""
    figures = measure(house, operator)
    with house.database.read() as tx:
        doubles = uses.list_double_uses_of_operator(tx, operator, house.clock.now() - WINDOW)
        given_back = refunded_rides.list_of_operator(tx, operator, house.clock.now() - WINDOW)
    return {
        "operator": operator,
        "since": written(house.clock.now() - WINDOW),
        "measures": {name: _shown(value) for name, value in measures(figures).items()},
        "rides": figures.rides,
        "double_uses": figures.double_uses,
        "double_uses_per_100_000_rides": figures.double_uses_per_100_000,
        "newest": [_double(double) for double in doubles[:50]],
        "refunded_rides": figures.refunded_rides,
        "newest_refunded_rides": [_given_back(ride) for ride in given_back[:50]],
    }


def measures(figures: GateMetrics) -> dict[str, Spread]:
    """Each measure by the name under which it is published."""
    return {
        "gate_bundle_age_seconds": figures.bundle_age,
        "scan_upload_lag_seconds": figures.upload_lag,
        "double_use_window_seconds": figures.window,
        "double_use_gap_seconds": figures.double_use_gap,
        "double_use_detection_seconds": figures.detection,
        "revocation_published_seconds": figures.revocation_published,
        "revocation_first_gate_seconds": figures.revocation_first_gate,
        "revocation_lag_seconds": figures.revocation_lag,
    }


def spread(values: Iterable[int]) -> Spread:
    """The spread of whole seconds: nearest rank, so that each figure is one that occurred. Pure."""
    ranked = sorted(values)
    if not ranked:
        return Spread(0, None, None, None)
    return Spread(len(ranked), _rank(ranked, 50), _rank(ranked, 95), ranked[-1])


def _rank(ranked: Sequence[int], percent: int) -> int:
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]


def _at(fact: ScanFact) -> int:
    return fact.device_ts + fact.clock_offset


def _seconds(lasted: timedelta) -> int:
    return max(0, int(lasted.total_seconds()))


def _shown(value: Spread) -> dict[str, Any]:
    return {"count": value.count, "p50": value.p50, "p95": value.p95, "max": value.most}


def _given_back(found: RefundedRide) -> dict[str, Any]:
    return {
        "ticket": found.jti[:6],
        "leg": found.leg,
        "at": written(found.at),
        "refunded_at": written(found.refunded_at),
        "found_at": written(found.found_at),
    }


def _double(double: DoubleUse) -> dict[str, Any]:
    own = double.first_operator == double.operator
    return {
        "ticket": double.jti[:6],
        "leg": double.leg,
        "at": written(double.at),
        "first_gate": double.first_gate if own else "another operator",
        "second_gate": double.second_gate,
        "gap_seconds": double.gap_seconds,
        "found_at": written(double.found_at),
    }
