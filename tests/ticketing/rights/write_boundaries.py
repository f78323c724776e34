"""Write docs/rights-boundaries.md: the last minute below each boundary, the boundary, the first minute beyond it.

Run it as `python -m tests.ticketing.rights.write_boundaries` after a change of a rule table. The numbers come from the engine, the
articles and levels from the tables: a lawyer reads the page beside the law.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.ticketing.rights.claims import ENTITLING, ON, decided
from ticketing.rights import Decision, Rules, regimes, rules_for

PAGE = Path("docs/rights-boundaries.md")
_HEAD = """# Passenger rights at their boundaries

Written by `python -m tests.ticketing.rights.write_boundaries` from the rule tables in `ticketing/rights/tables`, for somebody who reads the law beside it. Each block
of three rows has the last minute below a boundary, the boundary itself and the first minute beyond it. The price is 100.00, one way, in one contract.
Levels: **S** the statute was read, **A** an authority's page or another secondary source was read, **B** general knowledge, **C** a proposal that is not in force. No row has been
checked by a lawyer yet.
"""
_COLUMNS = ("what is counted", "minutes", "compensation", "reason", "article", "level", "others read")


def page() -> str:
    """Write the page as it should stand."""
    parts = [_HEAD]
    for regime in regimes():
        rules = rules_for(regime, ON)
        parts.append(
            f"\n## {rules.law} (`{rules.version}`)\n\n{_row(_COLUMNS)}{_row(['---'] * len(_COLUMNS))}"
        )
        parts.extend(_row(cells) for cells in _rows(rules))
        parts.extend(f"\nNote: {note}.\n" for note in rules.notes)
    return "".join(parts)


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _rows(rules: Rules) -> Iterator[list[str]]:
    for band in rules.bands:
        title = f"arrival{_voyage(band.scheduled_over, band.scheduled_to)}"
        for minutes in _around(band.threshold.minutes):
            scheduled: dict[str, Any] = {"scheduled_minutes": band.scheduled_to or band.scheduled_over + 1}
            yield _cells(title, minutes, decided(rules.id, arrival_delay_minutes=minutes, **scheduled))
    choice = rules.choice
    if choice is not None and choice.departure is not None:
        refund: dict[str, Any] = {"choice": "reimbursement"} if rules.not_offered is None else {}
        for minutes in _around(choice.departure.minutes):
            facts: dict[str, Any] = {
                **refund,
                "arrival_delay_minutes": None,
                "departure_delay_minutes": minutes,
            }
            yield _cells(
                "departure, price asked back" if refund else "departure", minutes, decided(rules.id, **facts)
            )
    if rules.own_way is not None and choice is not None:
        for minutes in _around(rules.own_way.threshold.minutes):
            facts = {"arrival_delay_minutes": 60, "minutes_without_options": minutes}
            yield _cells("wait without an option", minutes, decided(rules.id, **facts))
    if not rules.bands and rules.not_offered is None:
        yield _cells("missed connection, sold as one journey without a word", 0, decided(rules.id))


def _around(minutes: int) -> tuple[int, int, int]:
    return minutes - 1, minutes, minutes + 1


def _voyage(over: int, to: int | None) -> str:
    if over == 0 and to is None:
        return ""
    if to is None:
        return f", voyage above {over} min"
    return f", voyage up to {to} min" if over == 0 else f", voyage above {over} and up to {to} min"


def _cells(title: str, minutes: int, decision: Decision) -> list[str]:
    compensation = "open" if decision.compensation is None else decision.compensation.text
    sums = compensation if not decision.reimbursement.minor else f"{compensation}, price back"
    if "own_way" in decision.rights:
        sums += ", own way repaid"
    others = "; ".join(f"{other.compensation.text} ({other.authority})" for other in decision.alternatives)
    article = decision.article.rpartition(", ")[2]
    return [title, str(minutes), sums, f"`{decision.reason}`", article, decision.level, others]


if __name__ == "__main__":
    assert set(ENTITLING) == set(regimes())
    PAGE.write_text(page(), encoding="utf-8")
