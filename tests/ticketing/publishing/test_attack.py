"""An attacker who knows everybody else's rides, and all files of a month, can neither rebuild a withheld number nor find one person."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.ticketing.publishing.counted import MONTH, REGION, SHIP, NoNoise, SeededNoise, desk_of, ride
from ticketing.db import Database
from ticketing.publishing import make
from ticketing.publishing.datasets import RIDERSHIP, RIDERSHIP_WEEKS
from ticketing.publishing.privacy import Noise, protect
from ticketing.regions import Region

RUNS = 4_000
HOURS, MONTHS, _ = (part.rule for part in RIDERSHIP.parts)
(WEEKS,) = (part.rule for part in RIDERSHIP_WEEKS.parts)
# The rides of everybody else, which the attacker knows: a quiet hour beside two busy ones.
QUIET, BUSY, BUSIER = ("quiet",), ("busy",), ("busier",)


@dataclass(frozen=True)
class Seen:
    """The published numbers of one stop group: its hours, its month, its week."""

    hours: tuple[int | None, ...]
    month: int | None
    week: int | None

    @property
    def by_difference(self) -> int | None:
        """The quiet hour as the rest of the month: the total without the hours that are shown."""
        _, *rest = self.hours
        return None if self.month is None else self.month - sum(one or 0 for one in rest)


def publish(quiet: int, noise: Noise) -> Seen:
    """Publish a month of a stop group in whose quiet hour so many people rode."""
    counts = {QUIET: quiet, BUSY: 40, BUSIER: 120}
    total = {("all",): sum(counts.values())}
    hours = protect(list(counts), counts, HOURS, noise)
    (month,) = protect([("all",)], total, MONTHS, noise)
    (week,) = protect([("all",)], total, WEEKS, noise)
    return Seen(tuple(cell.count for cell in hours), month.count, week.count)


def guesses(noise_of: Callable[[int], Noise], attack: Callable[[Seen], int | None]) -> float:
    """The part of withheld numbers that an attack names exactly; the truth is drawn anew each time from 0 to 9."""
    truths, right, withheld = random.Random(5), 0, 0
    for run in range(RUNS):
        truth = truths.randrange(10)
        seen = publish(truth, noise_of(run))
        if seen.hours[0] is None:
            withheld += 1
            right += attack(seen) == truth
    return right / withheld


def by_all_files(seen: Seen) -> int:
    """Weigh the totals of every file by how precise they are, and take the nearest possible number."""
    rest = sum(one or 0 for one in seen.hours[1:])
    told = [(seen.month, 1 / MONTHS.scale**2), (seen.week, 1 / WEEKS.scale**2)]
    known = [(total - rest, weight) for total, weight in told if total is not None]
    value = sum(total * weight for total, weight in known) / sum(weight for _, weight in known)
    return min(max(round(value), 0), 9)


def test_the_attack_works_where_totals_carry_no_noise() -> None:
    """The control: with thresholds alone the difference names the withheld number up to the rounding."""

    def near(seen: Seen) -> int | None:
        return seen.by_difference

    exact = guesses(lambda _: NoNoise(), near)

    assert exact > 0.18


@pytest.mark.parametrize("attack", [lambda seen: seen.by_difference, by_all_files])
def test_a_withheld_number_is_not_rebuilt_from_totals(attack: Callable[[Seen], int | None]) -> None:
    """A blind guess is right once in ten times; differences over every file hardly more often."""
    assert guesses(SeededNoise, attack) < 0.16


@pytest.mark.parametrize("least", range(0, 31, 5))
def test_one_ride_more_or_less_is_not_told_from_every_file_together(least: int) -> None:
    """The ratio of hits to false alarms stays below e to the power of the privacy that all three files spend together."""
    spent = HOURS.epsilon + MONTHS.epsilon + WEEKS.epsilon
    draws = [(publish(8, SeededNoise(run)), publish(7, SeededNoise(run + RUNS))) for run in range(RUNS)]

    def alarm(seen: Seen) -> bool:
        return (seen.by_difference or 0) >= least and (seen.hours[0] or 0) >= min(least, 10)

    hits = sum(alarm(there) for there, _ in draws) / RUNS
    false_alarms = sum(alarm(away) for _, away in draws) / RUNS

    slack = 3 * math.sqrt(max(hits, 1 / RUNS) / RUNS)
    assert hits <= math.exp(spent) * false_alarms + slack
    # No alarm does well: hits and false alarms are nearly as frequent.
    assert hits - false_alarms < 0.2


def test_a_neighbour_month_and_repeats_tell_nothing_of_a_withheld_number(
    database: Database, regions: dict[str, Region]
) -> None:
    """Asking a hundred times is asking once, and another month has its own rides: nothing can be averaged."""
    for number in range(7):
        ride(database, f"t{number}", SHIP)
    desk = desk_of(database, regions, SeededNoise(11), "2026-11-12T00:00:00+00:00")

    answers = {make(desk, REGION, "ridership", MONTH)[0].content for _ in range(100)}
    before = make(desk, REGION, "ridership", "2026-09")[0].content

    assert len(answers) == 1
    (content,) = answers
    assert len(content.splitlines()) - 1 == (len(before.splitlines()) - 1) // 30 * 31
    hour = next(
        line for line in content.decode().splitlines() if line.startswith("eckero:TLL-A,2026-10-13,06,")
    )
    assert hour.rpartition(",")[2] in {"", "10", "15"}
