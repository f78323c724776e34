"""Decide when holders hear of what was seen: at once by an operator's own word, by a feed on its second thought. Pure.

A feed flaps: its word counts when a second message says the same, or when half a minute has passed without another word
(disruption.md, section 6). A ticket hears of a run again only when its reason changes, or the delay by as much as it took
to be told at all; who was told, and only they, hear that all is well again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ticketing.disruption.affected import Affected, EventKind

PATIENCE = timedelta(seconds=30)
Verdict = Literal["confirm", "wait", "anew"]


@dataclass(frozen=True, slots=True)
class Heard:
    """The last word to the holder of a ticket about a run."""

    leg: int
    order_id: str
    why: str
    late_seconds: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """An event that is not confirmed: what was seen first, when its source said so, and when we heard it."""

    kind: str
    first_told_at: datetime
    first_seen: datetime


def news_for(
    rows: Sequence[Affected],
    heard: Mapping[str, Heard],
    worth_seconds: int,
    *,
    is_well: bool,
    travelling: Collection[str],
) -> list[Affected]:
    """List the news for tickets: those that are concerned anew or otherwise than they heard, and those that no longer are.

    `is_well`: the run goes as planned, so that all who have heard of it are told, whatever has become of their tickets. Else
    those of `travelling`, whose legs are not over, are told.
    """
    anew = [one for one in rows if _differs(one, heard.get(one.jti), worth_seconds)]
    concerned = {one.jti for one in rows}
    restored = [
        Affected(jti=jti, leg=told.leg, order_id=told.order_id, why="restored")
        for jti, told in sorted(heard.items())
        if jti not in concerned and (is_well or jti in travelling)
    ]
    return anew + restored


def verdict(
    seen: Seen | None, kind: EventKind, *, is_own_word: bool, told_at: datetime, now: datetime
) -> Verdict:
    """Decide whether news of a kind are confirmed now, have to wait, or begin to wait because nothing like it was seen before."""
    if is_own_word:
        return "confirm"
    if seen is None or seen.kind != kind:
        return "anew"
    return "confirm" if told_at > seen.first_told_at or now >= seen.first_seen + PATIENCE else "wait"


def _differs(one: Affected, told: Heard | None, worth_seconds: int) -> bool:
    if told is None or told.why != one.why:
        return True
    return abs((one.late_seconds or 0) - (told.late_seconds or 0)) >= worth_seconds
