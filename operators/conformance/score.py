"""Run the checks and count: points won of the points that apply, with every promise kept, broken or not declared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from operators.conformance.bench import Bench, Broken, NotApplicable
from operators.conformance.checks import CHECKS, POINTS, Area, Check
from operators.errors import OperatorError

Verdict = Literal["kept", "broken", "not_declared"]
# Idempotency and uncertainty must be complete, whatever the score (money depends on them).
REQUIRED: tuple[Area, ...] = ("idempotency", "uncertainty")
_TO_SELL, _TO_OFFER, _WHOLE = 90, 70, 100


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one promise."""

    area: Area
    promise: str
    verdict: Verdict
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """All results; `points` of `applicable`, areas that nothing is declared in leave both."""

    results: tuple[Result, ...]

    @property
    def percent(self) -> int:
        """The score, rounded down: 100 is everything."""
        won, applicable = Fraction(0), 0
        for area, points in POINTS.items():
            counted = [one for one in self.results if one.area == area and one.verdict != "not_declared"]
            if counted:
                applicable += points
                won += Fraction(points * sum(one.verdict == "kept" for one in counted), len(counted))
        return int(won * _WHOLE / applicable) if applicable else 0

    @property
    def may(self) -> Literal["sell", "offer", "nothing"]:
        """The roles that an operator with this score may take part in."""
        broken = {one.area for one in self.results if one.verdict == "broken"}
        if broken & set(REQUIRED) or self.percent < _TO_OFFER:
            return "nothing"
        return "sell" if self.percent >= _TO_SELL else "offer"

    def as_json(self) -> dict[str, Any]:
        """The score with every promise."""
        return {
            "percent": self.percent,
            "may": self.may,
            "promises": [
                {"area": one.area, "promise": one.promise, "verdict": one.verdict, "seen": one.seen}
                for one in self.results
            ],
        }


def run(
    bench: Bench,
    checks: Sequence[Check] = tuple(CHECKS),
    *,
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> Score:
    """Try every promise; one that fails in whatever way is broken, and the rest goes on. `tell` hears each before it is tried."""
    results = []
    for at, check in enumerate(checks):
        tell(f"{check.area}: {check.promise}", at, len(checks))
        results.append(_try(bench, check))
    return Score(tuple(results))


def _try(bench: Bench, check: Check) -> Result:
    try:
        check.run(bench)
    except NotApplicable:
        return Result(check.area, check.promise, "not_declared")
    except Broken as broken:
        return Result(check.area, check.promise, "broken", str(broken))
    except OperatorError as error:
        return Result(check.area, check.promise, "broken", f"{type(error).__name__}: {error.detail}")
    except Exception as error:  # noqa: BLE001  a connector that raises anything else breaks the port
        return Result(
            check.area, check.promise, "broken", f"{type(error).__name__} instead of an operator error"
        )
    return Result(check.area, check.promise, "kept")
