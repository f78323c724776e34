"""Decide when holders hear of what was seen: at once by an operator's own word, by a feed once it stands by it. Pure.

A feed flaps: its first word on a run counts when a second message says the same, or when half a minute has passed without
its contrary (disruption.md, section 6). Each later one has to stand for longer than the one before, so that nobody is told
more than three times in twenty minutes. A ticket hears of a run again only when its reason changes, or the delay by as
much as it took to be told at all; who was told, and only they, hear that all is well again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ticketing.disruption.affected import Affected, EventKind

# For so long a feed has to stand by the first news of a run, the second, the third, and each one after that.
_PATIENCE = tuple(timedelta(seconds=one) for one in (30, 120, 480, 1800))
SHORTEST_PATIENCE = min(_PATIENCE)


@dataclass(frozen=True, slots=True)
class Heard:
    """The last word to the holder of a ticket about a run."""

    leg: int
    order_id: str
    why: str
    late_seconds: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """News that are not confirmed: when the source said first that it is of this kind, and since when we see no contrary."""

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


def see(seen: Seen | None, kind: EventKind, *, told_at: datetime, now: datetime) -> Seen:
    """Go on with what was seen, or begin anew.

    All that is not as planned is news of one side, so that a feed that wavers between its kinds does not keep them from
    being told; that a run goes after all is the contrary.
    """
    if seen is None or (seen.kind == "service_restored") != (kind == "service_restored"):
        return Seen(kind, told_at, now)
    return seen if seen.kind == kind else replace(seen, kind=kind, first_told_at=told_at)


def is_confirmed(
    seen: Seen, confirmed_before: int, *, is_own_word: bool, told_at: datetime, now: datetime
) -> bool:
    """Tell whether holders hear of what is seen now, of a run of which so many revisions were confirmed before."""
    said_again = confirmed_before == 0 and told_at > seen.first_told_at
    return is_own_word or said_again or now >= seen.first_seen + patience(confirmed_before)


def patience(confirmed_before: int) -> timedelta:
    """The time for which a feed has to stand by its word, the longer the more of a run was confirmed before."""
    return _PATIENCE[min(confirmed_before, len(_PATIENCE) - 1)]


def _differs(one: Affected, told: Heard | None, worth_seconds: int) -> bool:
    """Tell whether a reason is news: another one is, except a delay that has just fallen below the limit of `too_late`."""
    if told is None or (told.why != one.why and (told.why, one.why) != ("too_late", "late")):
        return True
    return abs((one.late_seconds or 0) - (told.late_seconds or 0)) >= worth_seconds
