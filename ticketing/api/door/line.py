"""The line of those who wait to order: numbers, appointments and the pace, on a page that the processes of a service share.

Nobody's name or request is in it: a ticket holds the number of its holder (`ticketing.identity.queue_ticket`). The page has
one size for ten who wait and for a million.
"""

import math
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, auto

from ticketing.api.door.page import Page
from ticketing.identity import QueuePlace

# An appointment may lie so far ahead, whatever the pace seems to be: who does not come must not delay those who do.
LONGEST_MS = 60_000
# Those who are told a time before their turn come again at most so many a second: a quarter of what the door has shown
# that it can answer, within these bounds.
_FEWEST_A_SECOND, _MOST_A_SECOND = 100, 500
_FIRST_LOOK_MS, _SOONEST_MS, _EASED = 5_000, 400, 4
# A place that nobody has taken for so long is given to whoever asks.
_IDLE_MS = 500
# A ticket is good from a little before its time on, and for so long after it.
_EARLY_MS, _KEPT_MS = 500, 120_000
_SET_BACK_MS = 2_000
_MOST_USES = 3
_SLACK, _WIDENED_MS = 8, 50
# So many refusals one after the other: there is nothing left to come first for.
_SOLD_OUT, _MORE = 16, 2
_FIRST_RATE, _LEAST_RATE, _WINDOW_MS = 10_000, 500, 1_000
_MARKS, _SECONDS, _USES = 15, 1_024, 16_384


class At(IntEnum):
    """The numbers on the page. Times are of the clock that never goes back, in milliseconds, rates in thousandths a second."""

    ISSUED = 0
    SERVED = auto()
    ISSUED_BEFORE = auto()
    ENTERED = auto()
    ENDS = auto()
    LAST_DUE = auto()
    LAST_IN = auto()
    WINDOW = auto()
    WENT = auto()
    RATE = auto()
    REFUSED = auto()
    TOLD = auto()
    LATE = auto()
    PEAK = auto()
    PEAK_SINCE = auto()
    # For each second the second itself, and how many had joined when it began; then the uses of tickets.
    MARKS = _MARKS
    USES = _MARKS + 2 * _SECONDS
    END = _MARKS + 2 * _SECONDS + _USES


@dataclass(frozen=True, slots=True)
class Told:
    """An answer to somebody who has to wait: the place for the ticket, how many are before, and for how long."""

    place: QueuePlace
    before: int
    wait_ms: int


class Line:
    """A line; `seconds` never goes back, `wall` may."""

    def __init__(
        self, *, seconds: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._seconds, self._wall = seconds, wall
        self.id = secrets.randbits(63)
        self._page = Page(At.END)
        self._page[At.RATE] = _FIRST_RATE

    @property
    def is_empty(self) -> bool:
        """True while nobody has an appointment that is still to come."""
        return self._page[At.ENDS] <= self._now()

    @property
    def is_idle(self) -> bool:
        """True where for half a second nobody has come in, though somebody waits."""
        return self._now() - self._page[At.LAST_IN] >= _IDLE_MS

    @property
    def waiting(self) -> int:
        """The number of those who wait; some of them may never come."""
        return 0 if self.is_empty else self._left()

    @property
    def told(self) -> int:
        """The number of answers so far that named an appointment."""
        return self._page[At.TOLD]

    def join(self) -> Told:
        """Give somebody who has just come a number and an appointment, never before the one of those who came earlier."""
        page = self._page
        with page.alone():
            now, wall = self._now(), self._wall_ms()
            if page[At.ENDS] <= now:
                self._begin(now)
            self._mark(wall // 1000)
            before = page[At.ISSUED] - page[At.SERVED]
            page[At.ISSUED] += 1
            wait = max(self._wait(before), page[At.LAST_DUE] - now)
            page[At.LAST_DUE] = now + wait
            self._note(now + wait)
            return Told(QueuePlace(self.id, page[At.ISSUED], wall, wall + wait), before, wait)

    def again(self, place: QueuePlace) -> Told:
        """Tell somebody who waits a time anew; the number and the time of arrival stay."""
        with self._page.alone():
            now, wall = self._now(), self._wall_ms()
            before, left = self._before(place), place.due_ms - wall
            self._note_late(-left)
            wait = left if _EARLY_MS < left <= LONGEST_MS else self._wait(before)
            self._note(now + wait)
            return Told(QueuePlace(place.line, place.number, place.arrived_ms, wall + wait), before, wait)

    def knows(self, place: QueuePlace) -> bool:
        """Tell whether a genuine ticket is still good: neither over, nor used up."""
        return self._wall_ms() <= place.due_ms + _KEPT_MS and self._uses(place) < _MOST_USES

    def is_due(self, place: QueuePlace) -> bool:
        """Tell whether somebody has come as told; where our clock was set back, nobody waits longer for that."""
        wall = self._wall_ms()
        return wall >= place.due_ms - _EARLY_MS or place.arrived_ms > wall + _SET_BACK_MS

    def is_turn(self, place: QueuePlace) -> bool:
        """Tell whether nobody who came much earlier is still to come.

        The longer nobody comes, the more numbers are passed over. Where everybody gets a no, no order is kept at all.
        """
        if self._is_sold_out or self.is_idle:
            return True
        idle = max(0, self._now() - self._page[At.LAST_IN])
        slack = max(_SLACK, self._page[At.RATE] // 1000) << (idle // _WIDENED_MS)
        return self._number(place) <= self._page[At.SERVED] + slack

    def came_in(self, place: QueuePlace | None) -> None:
        """Note that somebody orders now, with a ticket or without one."""
        if place is None and self.is_empty:
            return
        page = self._page
        with page.alone():
            page[At.LAST_IN] = self._now()
            if place is None:
                return
            page[At.ENTERED] += 1
            if not self._is_sold_out:
                page[At.SERVED] = min(page[At.ISSUED], max(page[At.SERVED], self._number(place)))
            self._use(place)
            self._note_late(self._wall_ms() - place.due_ms)

    def went(self, *, is_sold: bool) -> None:
        """Note that an order has been answered: the pace of a line is measured while there is one."""
        if self.is_empty:
            return
        page = self._page
        with page.alone():
            page[At.REFUSED] = 0 if is_sold else page[At.REFUSED] + 1
            page[At.WENT] += 1
            took = self._now() - page[At.WINDOW]
            if took >= _WINDOW_MS:
                page[At.RATE] = (page[At.RATE] + page[At.WENT] * 1_000_000 // took) // 2
                page[At.WINDOW], page[At.WENT] = self._now(), 0

    def _begin(self, now: int) -> None:
        """Begin a new line: those of an earlier one who did not come are not waited for."""
        page = self._page
        page[At.SERVED] = page[At.ISSUED_BEFORE] = page[At.PEAK_SINCE] = page[At.ISSUED]
        page[At.LAST_IN] = page[At.WINDOW] = now
        for counter in (At.ENTERED, At.WENT, At.REFUSED, At.LATE, At.PEAK):
            page[counter] = 0

    def _left(self) -> int:
        page = self._page
        return max(0, page[At.ISSUED] - page[At.ISSUED_BEFORE] - page[At.ENTERED])

    @property
    def _is_sold_out(self) -> bool:
        return self._page[At.REFUSED] >= _SOLD_OUT

    def _before(self, place: QueuePlace) -> int:
        """Count those before a place; where all get a no, they come by lot, no more at once than can be told."""
        if self._is_sold_out:
            return random.randrange(self._left() + 1)
        return max(0, self._number(place) - self._page[At.SERVED] - 1)

    def _wait(self, before: int) -> int:
        """Milliseconds until so many are done at the pace of now, or until it is worth telling a time anew."""
        pace = max(self._page[At.RATE], _LEAST_RATE)
        if self._is_sold_out:
            pace *= _MORE  # no more can be done than are asked to come: the pace must be able to rise
        turn = (before + 1) * 1_000_000 // pace
        again = max(_FEWEST_A_SECOND, min(self._page[At.PEAK] // 4, _MOST_A_SECOND))
        look = _FIRST_LOOK_MS + before * 1000 // again + _EASED * self._page[At.LATE]
        return max(_SOONEST_MS, min(turn, look, LONGEST_MS))

    def _note(self, due: int) -> None:
        self._page[At.TOLD] += 1
        self._page[At.ENDS] = max(self._page[At.ENDS], due + _EARLY_MS)

    def _note_late(self, late: int) -> None:
        """Learn how long after their time those who come as told are heard: a crowd that comes too often delays itself."""
        if -_EARLY_MS <= late <= LONGEST_MS:
            self._page[At.LATE] += (max(0, late) - self._page[At.LATE]) // 16

    def _mark(self, second: int) -> None:
        """Note how many had joined when a second began, and the most that have joined within one."""
        page, at = self._page, At.MARKS + 2 * (second % _SECONDS)
        if page[at] != second:
            page[at], page[at + 1] = second, page[At.ISSUED]
            page[At.PEAK] = max(page[At.PEAK], page[At.ISSUED] - page[At.PEAK_SINCE])
            page[At.PEAK_SINCE] = page[At.ISSUED]

    def _number(self, place: QueuePlace) -> int:
        """The number in this line; a ticket of another line (another host, an earlier start) stands by its time of arrival."""
        if place.line == self.id:
            return place.number
        today = self._wall_ms() // 1000
        for second in range(max(place.arrived_ms // 1000, today - _SECONDS + 1), today + 1):
            at = At.MARKS + 2 * (second % _SECONDS)
            if self._page[at] == second:
                return self._page[at + 1]
        return self._page[At.ISSUED]

    def _uses(self, place: QueuePlace) -> int:
        tag, at = _use_of(place)
        kept = self._page[at]
        return kept & 0xFF if kept >> 8 == tag else 0

    def _use(self, place: QueuePlace) -> None:
        tag, at = _use_of(place)
        self._page[at] = tag << 8 | self._uses(place) + 1

    def _now(self) -> int:
        return int(self._seconds() * 1000)

    def _wall_ms(self) -> int:
        return int(self._wall() * 1000)


def _use_of(place: QueuePlace) -> tuple[int, int]:
    """The tag of a number, and its field in the table of uses."""
    tag = hash((place.line, place.number)) & 0x7FFFFFFFFFFF
    return tag, At.USES + tag % _USES


def seconds_of(wait_ms: int) -> int:
    """A wait for `Retry-After`, which knows whole seconds."""
    return math.ceil(wait_ms / 1000)
