"""Find the transfer rules that link two effective legs (fare_transfer_rules): groups, counts, durations."""

from datetime import datetime

from tariffs.fares.feed import Feed
from tariffs.fares.legs import EffectiveLeg
from tariffs.fares.tables import TransferRule

_UNLIMITED = -1
_DEP_TO_ARR, _DEP_TO_DEP, _ARR_TO_DEP, _ARR_TO_ARR = range(4)


def rules_between(feed: Feed, before: str | None, after: str | None) -> tuple[TransferRule, ...]:
    """The rows for a pair of leg groups: exact ones, else those whose empty field means "groups not listed"."""
    if before and after and (exact := feed.transfer_rules.get((before, after))):
        return exact
    from_listed, to_listed = feed.transfer_groups
    from_key = before if before in from_listed else None
    to_key = after if after in to_listed else None
    if from_key is not None and to_key is not None:
        return ()
    return feed.transfer_rules.get((from_key, to_key), ())


def usable(
    rules: tuple[TransferRule, ...], count: int, clock_start: EffectiveLeg, current: EffectiveLeg
) -> list[TransferRule]:
    """Those rows that allow the `count`-th transfer of a streak: the smallest sufficient count, within the time."""
    if len(rules) == 1:
        (rule,) = rules
        allowed = rule.count is None or rule.count == _UNLIMITED or rule.count >= count
        return [rule] if allowed and _in_time(rule, clock_start, current) else []
    enough = [rule for rule in rules if rule.count in {None, _UNLIMITED} or (rule.count or 0) >= count]
    if not enough:
        return []
    smallest = min(_limit(rule) for rule in enough)
    return [rule for rule in enough if _limit(rule) == smallest and _in_time(rule, clock_start, current)]


def elapsed_seconds(rule: TransferRule, start: EffectiveLeg, current: EffectiveLeg) -> int:
    """Seconds between the two events that the rule's duration type names, as instants."""
    kind = rule.duration_type
    begin = start.departure if kind in {_DEP_TO_ARR, _DEP_TO_DEP} else start.arrival
    end = current.arrival if kind in {_DEP_TO_ARR, _ARR_TO_ARR} else current.departure
    return _seconds(begin, end)


def _in_time(rule: TransferRule, start: EffectiveLeg, current: EffectiveLeg) -> bool:
    return rule.duration_limit is None or elapsed_seconds(rule, start, current) <= rule.duration_limit


def _limit(rule: TransferRule) -> float:
    return float("inf") if rule.count in {None, _UNLIMITED} else float(rule.count or 0)


def _seconds(begin: datetime, end: datetime) -> int:
    # Through timestamps: subtracting two times of one zone would ignore a change of clocks between them.
    return round(end.timestamp() - begin.timestamp())
