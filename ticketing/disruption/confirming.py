"""Decide when holders hear of what was seen: at once by an operator's own word, by a feed once it stands by it. Pure.

A feed flaps: its first word on a run counts when a second message says the same, or when half a minute has passed without
its contrary (disruption.md, section 6). Each later one has to stand for longer than the one before, so that nobody is told
more than three times in twenty minutes. A ticket hears of a run again only when its reason changes, or the delay by as
much as it took to be told at all, or staff write other words beside it; who was told, and only they, hear that all is well again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ticketing.disruption.affected import NOT_SERVED, Affected, Boarding, EventKind

# For so long a feed has to stand by the first news of a run, the second, the third, and each one after that.
_PATIENCE = tuple(timedelta(seconds=one) for one in (30, 120, 480, 1800))


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


def with_words(
    news: Sequence[Affected], rows: Sequence[Affected], words: Mapping[str, str], told: Mapping[str, str]
) -> list[Affected]:
    """Add to the news of tickets (`rows` are all that are concerned) those to whom only the words of staff are new.

    `words` are what staff write now, by language, `told` those of the last event that was confirmed. Words that are taken
    away are no news.
    """
    if not words or words == told:
        return list(news)
    known = {one.jti for one in news}
    return [*news, *(one for one in rows if one.jti not in known)]


def with_platforms(
    news: Sequence[Affected],
    rows: Sequence[Affected],
    boards: Mapping[str, Boarding],
    heard_stops: Mapping[str, str],
) -> list[Affected]:
    """Add to the news of tickets (`rows` are all that are concerned) where their holders board, if it is elsewhere than they heard.

    Nobody hears of a platform of a run that does not take them.
    """
    ashore = {one.jti for one in rows if one.why in NOT_SERVED}
    moved = {
        jti: place
        for jti, place in boards.items()
        if jti not in ashore and place.stop != heard_stops.get(jti, place.sold)
    }
    both = [replace(one, platform=moved[one.jti].stop) if one.jti in moved else one for one in news]
    known = {one.jti for one in news}
    alone = [
        Affected(jti=jti, leg=place.leg, order_id=place.order_id, why="platform", platform=place.stop)
        for jti, place in sorted(moved.items())
        if jti not in known
    ]
    return both + alone


def see(seen: Seen | None, kind: EventKind, *, told_at: datetime, now: datetime) -> Seen:
    """Go on with what was seen, or begin anew.

    All that is not as planned is news of one side, so that a feed that wavers between its kinds does not keep them from
    being told; that a run goes after all is the contrary, and a platform is a matter of its own.
    """
    if seen is None or _side(seen.kind) != _side(kind):
        return Seen(kind, told_at, now)
    return seen if seen.kind == kind else replace(seen, kind=kind, first_told_at=told_at)


def is_confirmed(
    seen: Seen,
    confirmed_before: int,
    *,
    is_own_word: bool,
    told_at: datetime,
    now: datetime,
    is_due: bool = False,
) -> bool:
    """Tell whether holders hear of what is seen now, of a run of which so many revisions were confirmed before.

    `is_due`: the run should have left with them by now, and is not told to go; no later moment would be of use to them.
    """
    said_again = confirmed_before == 0 and told_at > seen.first_told_at
    return is_own_word or is_due or said_again or now >= seen.first_seen + patience(confirmed_before)


def is_left_ashore(
    news: Sequence[Affected],
    departures: Mapping[tuple[str, int], datetime],
    last_told: datetime | None,
    now: datetime,
) -> bool:
    """Tell whether somebody should have left by now, by `departures` of tickets' legs, with a run that does not take them.

    True only until the first word of that kind after the departure (`last_told` is when the last one was): a feed that goes
    on to waver has to stand by its word again.
    """
    due = [
        leaves
        for one in news
        if one.why in NOT_SERVED
        and (leaves := departures.get((one.jti, one.leg))) is not None
        and leaves <= now
    ]
    return any(last_told is None or last_told < leaves for leaves in due)


def _side(kind: str) -> str:
    return kind if kind in {"service_restored", "platform_changed"} else "not as planned"


def patience(confirmed_before: int) -> timedelta:
    """The time for which a feed has to stand by its word, the longer the more of a run was confirmed before."""
    return _PATIENCE[min(confirmed_before, len(_PATIENCE) - 1)]


def _differs(one: Affected, told: Heard | None, worth_seconds: int) -> bool:
    """Tell whether a reason is news: another one is, except a delay that has just fallen below the limit of `too_late`."""
    if told is None or (told.why != one.why and (told.why, one.why) != ("too_late", "late")):
        return True
    return abs((one.late_seconds or 0) - (told.late_seconds or 0)) >= worth_seconds
