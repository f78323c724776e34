"""Keep warm: the networks of today and tomorrow are made before anybody searches, and the scan is compiled.

Without it the first search of a day, and the first after midnight, makes the networks itself: a third of a second
for a region, more for a country, in each process anew.
"""

import threading
from datetime import timedelta

import structlog

from ticketing.search import fast
from ticketing.search.timelines import Planner

_log = structlog.get_logger(__name__)
# Tomorrow is made long before midnight, so that nobody notices when it begins.
_PAUSE_SECONDS = 600.0
_DAYS = (timedelta(0), timedelta(days=1))


def warm_up(planner: Planner) -> None:
    """Make what searches of today and tomorrow need, where it is not made yet; nobody waits for it."""
    compiled = fast.prepare()
    now = planner.clock.now()
    for region in list(planner.regions.values()):
        planner.places(region.data)
        for ahead in _DAYS:
            for timeline in planner.timelines(region.data, now + ahead):
                if compiled:
                    fast.arrange(timeline.forward)
                    fast.arrange(timeline.backward)


def keep_warm(planner: Planner) -> threading.Thread:
    """Warm up now and every ten minutes, in a thread of its own."""
    thread = threading.Thread(target=_work, args=(planner,), name="warm", daemon=True)
    thread.start()
    return thread


def _work(planner: Planner) -> None:
    pause = threading.Event()
    while True:
        try:
            warm_up(planner)
        except Exception:  # noqa: BLE001  a thread of its own: searches make what is missing
            _log.exception("not warmed up")
        pause.wait(_PAUSE_SECONDS)
