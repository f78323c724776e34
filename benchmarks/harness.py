"""Measure so that noise cancels: contenders in turn, in random order, round after round; ratios, not times."""

import os
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 31
_INCONCLUSIVE = 0.15
# Of each core, over the last minute: more is somebody else's.
_MOST_LOAD = 1.5


def why_busy() -> str | None:
    """Say why the figures of this machine are not to be kept; None on a quiet one. The benchmark itself is a load of one to two."""
    load, most = os.getloadavg()[0], _MOST_LOAD * (os.cpu_count() or 1)
    return f"The machine is at work (load {load:.1f}, at most {most:.1f})" if load > most else None


@dataclass(frozen=True, slots=True)
class Result:
    """One contender against the first of its race: microseconds a call, median ratio, its interquartile range."""

    race: str
    name: str
    microseconds: float
    ratio: float
    spread: float
    goal: str

    @property
    def verdict(self) -> str:
        """True where the rounds agree well enough to quote."""
        return "inconclusive" if self.spread > _INCONCLUSIVE else "ok"


def race(
    title: str,
    contenders: Mapping[str, Callable[[], object]],
    *,
    calls: int,
    rounds: int = ROUNDS,
    goals: Mapping[str, str] | None = None,
) -> list[Result]:
    """Run every contender `calls` times a round; the first is the measure of the others."""
    names = list(contenders)
    for contender in contenders.values():
        contender()
    times: dict[str, list[float]] = {name: [] for name in names}
    shuffler = random.Random(2026)
    for _ in range(rounds):
        for name in shuffler.sample(names, len(names)):
            contender = contenders[name]
            start = time.perf_counter()
            for _ in range(calls):
                contender()
            times[name].append((time.perf_counter() - start) / calls)
    return [
        result_of(title, name, times[name], times[names[0]], (goals or {}).get(name, "")) for name in names
    ]


def result_of(title: str, name: str, mine: list[float], measure: list[float], goal: str) -> Result:
    """One contender from its seconds a call in each round and those of the measure."""
    ratios = [own / other for own, other in zip(mine, measure, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Result(
        race=title,
        name=name,
        microseconds=statistics.median(mine) * 1e6,
        ratio=middle,
        spread=(high - low) / middle,
        goal=goal,
    )
