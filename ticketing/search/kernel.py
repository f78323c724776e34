"""The search of `scan.py` over arrays, for a compiler: the same rounds in the same order, so the same ways.

Written in the small language that numba compiles; run as plain Python it gives the same answer, slowly. Numbers
stand for stops and lines, `*_at[n]` to `*_at[n + 1]` is where the rows of n are. Imports numpy: only `fast.py`
may import this, and only when somebody wants the speed.
"""

from typing import Any

import numpy as np

NEVER = 1 << 62


def rounds(  # noqa: C901, PLR0912, PLR0915, PLR0917  one function: what is compiled cannot be split without cost
    line_at: Any,
    stops: Any,
    arrivals: Any,
    departures: Any,
    boards: Any,
    alights: Any,
    start_at: Any,
    starts: Any,
    call_at: Any,
    call_line: Any,
    call_place: Any,
    walk_at: Any,
    walk_to: Any,
    walk_seconds: Any,
    origins: Any,
    origin_ready: Any,
    destinations: Any,
    destination_seconds: Any,
    limit: int,
    max_rides: int,
) -> Any:
    """Answer (how many ways, their rounds, last stops, arrivals) and the labels by round and stop.

    `arrivals` have the way out of a terminal in them, `departures` the check-in.
    """
    count, lines = len(call_at) - 1, len(line_at) - 1
    moment_of = np.full((max_rides + 1, count), NEVER, np.int64)
    label_line = np.empty((max_rides + 1, count), np.int32)
    label_trip = np.empty((max_rides + 1, count), np.int32)
    label_board = np.empty((max_rides + 1, count), np.int32)
    label_alight = np.empty((max_rides + 1, count), np.int32)
    walked_from = np.full((max_rides + 1, count), -1, np.int32)
    alighted_best = np.full(count, NEVER, np.int64)
    ready_best = np.full(count, NEVER, np.int64)
    known = np.full(count, NEVER, np.int64)
    first = np.full(lines, -1, np.int32)
    boardable = np.empty(lines, np.int32)
    ready = np.empty(count, np.int32)
    alighted = np.empty(count, np.int32)
    state = np.zeros(4, np.int64)
    ways = np.empty((max_rides, 3), np.int64)
    ready_count = len(origins)
    for at in range(ready_count):
        ready[at] = origins[at]
        known[origins[at]] = ready_best[origins[at]] = origin_ready[at]
    for ride in range(1, max_rides + 1):
        moments, line_count = moment_of[ride], 0
        for at in range(ready_count):
            for call in range(call_at[ready[at]], call_at[ready[at] + 1]):
                line, place = call_line[call], call_place[call]
                if first[line] < 0:
                    boardable[line_count] = line
                    line_count += 1
                    first[line] = place
                elif place < first[line]:
                    first[line] = place
        alighted_count = 0
        for at in range(line_count):
            line = boardable[at]
            base, low, high = line_at[line], start_at[line], start_at[line + 1]
            trip, start, board, previous = -1, 0, -1, NEVER
            for place in range(base + first[line], line_at[line + 1]):
                stop = stops[place]
                if trip >= 0 and alights[place]:
                    moment = start + arrivals[place]
                    if moment < limit and moment < alighted_best[stop]:
                        alighted_best[stop] = moment
                        if moments[stop] == NEVER:
                            alighted[alighted_count] = stop
                            alighted_count += 1
                        moments[stop] = moment
                        label_line[ride, stop] = line
                        label_trip[ride, stop] = trip - low
                        label_board[ride, stop] = board - base
                        label_alight[ride, stop] = place - base
                moment = known[stop]
                if moment == NEVER or not boards[place]:
                    continue
                needed = moment - departures[place]
                if needed > previous:
                    continue
                left, right = low, high if trip < 0 else trip
                while left < right:
                    middle = (left + right) // 2
                    if starts[middle] < needed:
                        left = middle + 1
                    else:
                        right = middle
                if left < high and (trip < 0 or starts[left] < start):
                    trip, start, board = left, starts[left], place
                    previous = starts[trip - 1] if trip > low else -NEVER
            first[line] = -1
        for at in range(ready_count):
            known[ready[at]] = NEVER
        earliest, last = NEVER, -1
        for at in range(len(destinations)):
            stop = destinations[at]
            if moments[stop] != NEVER:
                arrival = moments[stop] + destination_seconds[at]
                if arrival < earliest or (arrival == earliest and stop < last):
                    earliest, last = arrival, stop
        if last >= 0 and earliest < limit:
            limit = earliest
            ways[state[0], 0], ways[state[0], 1], ways[state[0], 2] = ride, last, earliest
            state[0] += 1
        ready_count = 0
        for at in range(alighted_count):
            stop = alighted[at]
            for way in range(walk_at[stop], walk_at[stop + 1]):
                other, moment = walk_to[way], moments[stop] + walk_seconds[way]
                if moment < limit and moment < ready_best[other]:
                    if known[other] == NEVER:
                        ready[ready_count] = other
                        ready_count += 1
                    known[other] = ready_best[other] = moment
                    walked_from[ride, other] = stop
        if not ready_count:
            break
    return ways[: state[0]], label_line, label_trip, label_board, label_alight, walked_from
