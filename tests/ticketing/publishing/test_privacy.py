"""The noise is what the rules promise, and a number below the threshold is never seen."""

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.ticketing.publishing.counted import NoNoise, SeededNoise
from ticketing.errors import Conflict, Misconfigured
from ticketing.publishing.datasets import DATASETS
from ticketing.publishing.privacy import (
    MICRO,
    Contribution,
    Needed,
    OpenDpNoise,
    Rule,
    clamp_weekly,
    protect,
    refusal,
)
from ticketing.publishing.privacy import noise as noise_module
from ticketing.publishing.privacy.protecting import published

RULE = Rule(unit="one ride", sensitivity=2, epsilon_micro=MICRO, threshold=10)
RUNS = 10_000


def of_noise(value: int, scale: float) -> float:
    """The probability of at most this noise, by the discrete Laplace distribution."""
    ratio = math.exp(-1 / scale)
    if value < 0:
        return ratio**-value / (1 + ratio)
    return 1 - ratio ** (value + 1) / (1 + ratio)


@pytest.mark.parametrize("rule", [part.rule for dataset in DATASETS.values() for part in dataset.parts])
def test_every_rule_spends_what_the_library_proves(rule: Rule) -> None:
    proven = noise_module._measurement(rule.scale).map(rule.sensitivity)

    assert proven == pytest.approx(rule.epsilon, abs=1e-6)


def test_a_rule_that_promises_more_than_its_noise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    strong = noise_module._measurement(2.0)
    monkeypatch.setattr(noise_module, "_measurement", lambda _: strong)

    with pytest.raises(Misconfigured, match="spends"):
        OpenDpNoise().add([1], Rule(unit="x", sensitivity=8, epsilon_micro=MICRO, threshold=10))


@pytest.mark.parametrize("noise", [OpenDpNoise(), SeededNoise(7)])
@pytest.mark.parametrize("sensitivity", [2, 8])
def test_the_noise_is_discrete_laplace(noise: OpenDpNoise, sensitivity: int) -> None:
    """Kolmogorov and Smirnov: of 10,000 draws the distance stays below that of one run in a million."""
    rule = Rule(unit="x", sensitivity=sensitivity, epsilon_micro=MICRO, threshold=10)
    drawn = Counter(value - 100 for value in noise.add([100] * RUNS, rule))
    below, farthest = 0, 0.0
    for value in range(min(drawn), max(drawn) + 1):
        below += drawn[value]
        farthest = max(farthest, abs(below / RUNS - of_noise(value, rule.scale)))

    assert farthest < 2.7 / math.sqrt(RUNS)


@pytest.mark.parametrize("rule", [part.rule for dataset in DATASETS.values() for part in dataset.parts])
def test_noise_alone_seldom_shows_a_number(rule: Rule) -> None:
    assert rule.threshold >= 10
    assert 1 - of_noise(rule.threshold - 1, rule.scale) < 0.01


def test_noise_cannot_be_drawn_again() -> None:
    assert OpenDpNoise().add([0] * 200, RULE) != OpenDpNoise().add([0] * 200, RULE)


def test_a_missing_library_is_named_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opendp.prelude", None)
    noise_module._measurement.cache_clear()

    with pytest.raises(Misconfigured, match=r"throughfare\[open-data\]"):
        OpenDpNoise().add([1], RULE)


@pytest.mark.parametrize(
    ("noisy", "shown"),
    [(-5, None), (0, None), (9, None), (10, 10), (12, 10), (13, 15), (117, 115), (118, 120)],
)
def test_a_number_is_withheld_below_the_threshold_and_rounded_above(noisy: int, shown: int | None) -> None:
    assert published(noisy, RULE) == shown


def test_every_cell_of_the_domain_has_a_row_and_no_other_has() -> None:
    domain = [(stop, hour) for stop in "ab" for hour in ("00", "01")]

    cells = protect(domain, {("a", "00"): 40, ("elsewhere", "00"): 99}, RULE, NoNoise())

    assert [cell.key for cell in cells] == domain
    assert [cell.count for cell in cells] == [40, None, None, None]


def test_a_cell_where_nobody_was_gets_noise_as_well() -> None:
    domain = [(str(at),) for at in range(RUNS)]

    shown = [cell.count for cell in protect(domain, {}, RULE, SeededNoise(1)) if cell.count is not None]

    assert 0 < len(shown) < RUNS / 100


def test_a_domain_that_names_a_cell_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        protect([("a",), ("a",)], {}, RULE, NoNoise())


def test_a_domain_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketing.publishing.privacy.protecting._MOST_CELLS", 1)
    with pytest.raises(Conflict, match="2 cells"):
        protect([("a",), ("b",)], {}, RULE, NoNoise())


def test_the_first_four_rides_of_a_ticket_in_a_week_count() -> None:
    monday = datetime(2026, 10, 12, 6, tzinfo=UTC)
    rides = [
        Contribution(monday + timedelta(hours=at), f"s{at}", jti, date(2026, 10, 12 + at // 24))
        for jti in ("anna", "mari")
        for at in range(0, 24 * 9, 24)
    ]

    kept = clamp_weekly(reversed(rides), 4)

    by_ticket = Counter((one.ticket, one.week) for one in kept)
    assert by_ticket == {
        (jti, week): most for jti in ("anna", "mari") for week, most in (("2026-W42", 4), ("2026-W43", 2))
    }
    assert [one.place for one in kept if one.ticket == "anna"][:4] == ["s0", "s24", "s48", "s72"]


def test_clamping_one_ticket_never_depends_on_another() -> None:
    at = datetime(2026, 10, 12, tzinfo=UTC)
    mine = [Contribution(at, f"s{place}", "anna", at.date()) for place in range(9)]
    others = [Contribution(at, "s0", f"t{number}", at.date()) for number in range(50)]

    alone = clamp_weekly(mine, 4)
    beside = [one for one in clamp_weekly([*others, *mine], 4) if one.ticket == "anna"]

    assert alone == beside


def test_a_budget_adds_up_what_its_parts_spend() -> None:
    needed = [Needed("hours", MICRO), Needed("months", MICRO // 2)]

    assert refusal(0, needed, 3 * MICRO // 2) is None
    assert refusal(1, needed, 3 * MICRO // 2) is not None
    assert "this needs 1.5" in (refusal(3 * MICRO // 2, needed, 3 * MICRO // 2) or "")
