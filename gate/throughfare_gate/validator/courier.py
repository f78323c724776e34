"""Two threads that never wait for each other: one keeps the bundle fresh, one tells the scans.

A failed call waits twice as long as the one before, up to a minute, with a random part so that the gates of a
city do not all come back in the same second.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from throughfare_gate.gate.bundle import BadBundle, Opened, open_bundle, succeed
from throughfare_gate.gate.model import Ordered
from throughfare_gate.gate.usage import Use
from throughfare_gate.tickets.jwk import to_jwk
from throughfare_gate.validator.flap import CLOCK_SECONDS, Flap
from throughfare_gate.validator.identity import Identity
from throughfare_gate.validator.link import Fetched, Link, LinkDown, Revoked
from throughfare_gate.validator.store import Store

REFRESH_SECONDS = 60
_JITTER_SECONDS = 10
_LONGEST_WAIT_SECONDS = 60
_BATCH = 500
# Beyond its day and the one that `fail_open` adds, a bundle opens nothing and what it told of others is forgotten.
_FORGET_SECONDS = 24 * 3600
_WHOLE_SECONDS = 24 * 3600
Report = Callable[[str], None]


class Courier:
    """Keeps one gate and the server in step while the gate works."""

    def __init__(self, identity: Identity, store: Store, flap: Flap, report: Report) -> None:
        self._identity = identity
        self._store = store
        self._flap = flap
        self._report = report
        self._stop = threading.Event()
        self.told_something = threading.Event()
        self.has_scans = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_fresh, name="refresh", daemon=True),
            threading.Thread(target=self._keep_telling, name="upload", daemon=True),
        ]

    def start(self) -> None:
        """Start both threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, drain_seconds: float) -> int:
        """Give the upload a last chance, then stop; gives how many scans still wait on the disk."""
        deadline = time.monotonic() + drain_seconds
        while self._store.count_untold() and time.monotonic() < deadline:
            self.told_something.clear()
            self.has_scans.set()
            self.told_something.wait(min(0.2, drain_seconds))
        self._stop.set()
        self.has_scans.set()
        self._flap.wants_bundle.set()
        for thread in self._threads:
            thread.join(2)
        return self._store.count_untold()

    def refresh(self, link: Link) -> int | None:
        """Fetch what has changed, in pages, and apply it at once; raises LinkDown, Revoked or BadBundle.

        Gives the seconds after which the server wants to be asked again, None where it says nothing.

        Once a day everything is fetched anew, so that uses of tickets that have expired are forgotten.
        """
        last_whole = int(self._store.state("whole_at") or 0)
        is_whole = not 0 <= time.time() - last_whole < _WHOLE_SECONDS
        since = 0 if is_whole else int(self._store.state("cursor") or 0)
        etag = "" if is_whole else self._store.state("etag") or ""
        pages: list[Opened] = []
        while not self._stop.is_set():
            fetched = link.fetch_bundle(since, etag, self._store.count_untold(), self._flap.offset)
            if fetched.bundle is None:
                return fetched.again_seconds
            pages.append(self._verified(fetched.bundle))
            delta = pages[-1].delta
            if delta is None or delta.complete:
                self._apply(fetched, merged(pages), is_whole=is_whole)
                return fetched.again_seconds
            since, etag = delta.cursor, ""
        return None

    def _verified(self, token: str) -> Opened:
        """A bundle that may be applied; raises BadBundle and the held one stays, or Revoked."""
        enrolment = self._identity.enrolment
        opened = open_bundle(token, self._flap.trust(), enrolment.operator)
        if self._flap.bundle is not None:
            succeed(self._flap.bundle, opened.bundle)
        if enrolment.device_id in opened.devices:
            raise Revoked("the bundle names this device as revoked")
        return opened

    def _apply(self, fetched: Fetched, opened: Opened, *, is_whole: bool) -> None:
        values = take_in(self._store, str(fetched.bundle), opened, fetched.etag)
        if is_whole:
            self._store.remember(whole_at=str(int(time.time())))
        self._flap.load()
        self._report(f"bundle {opened.bundle.version} is held")
        self._note_clock(values)

    def _note_clock(self, values: dict[str, str]) -> None:
        offset = int(values["offset"])
        if abs(offset) > CLOCK_SECONDS:
            self._report(self._flap.say_clock(offset))

    def _keep_fresh(self) -> None:
        failures = 0
        link = Link(self._identity)
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                pause = pause_seconds(self.refresh(link))
                failures = 0
            except (LinkDown, BadBundle) as error:
                failures += 1
                pause = wait_seconds(failures)
                self._report(f"bundle: {error}")
                self._forget_old()
            except Revoked as error:
                self._store.remember(revoked="yes")
                self._store.forget()
                self._flap.load()
                self._report(f"this gate is revoked: {error}")
                pause = _LONGEST_WAIT_SECONDS
            self._flap.wants_bundle.clear()
            # An unknown key asks for a bundle at once, yet no code can make the gate ask sooner than in a minute, or in its own
            # time where that is shorter; and none can make it ask later.
            if self._flap.wants_bundle.wait(pause):
                longest = min(pause, _LONGEST_WAIT_SECONDS)
                self._stop.wait(max(0.0, longest - (time.monotonic() - began)))
        link.close()
        self._store.close()

    def _forget_old(self) -> None:
        age = self._flap.bundle_age_seconds
        if age is not None and age > 2 * _FORGET_SECONDS:
            self._store.forget()
            self._flap.load()

    def _keep_telling(self) -> None:
        failures = 0
        link = Link(self._identity)
        while not self._stop.is_set():
            waiting = self._store.list_untold(_BATCH)
            if not waiting:
                self.has_scans.clear()
                if not self._store.list_untold(1):
                    self.has_scans.wait(REFRESH_SECONDS)
                continue
            try:
                confirmed = link.tell(waiting, self._flap.offset)
                self._store.mark_told(confirmed, int(time.time()))
                self.told_something.set()
                failures = 0
            except LinkDown as error:
                failures += 1
                self._report(f"upload: {error}; {len(waiting)} scans wait")
                self._stop.wait(wait_seconds(failures))
        link.close()
        self._store.close()


def take_in(store: Store, token: str, opened: Opened, etag: str) -> dict[str, str]:
    """Store a verified bundle with what it says beside its rules: how far it comes, whom to trust, what time it is."""
    off = opened.bundle.issued_at - int(time.time())
    values = {
        "cursor": str(opened.delta.cursor if opened.delta else 0),
        # A second is what whole seconds and the way over the network cannot tell apart.
        "offset": str(0 if abs(off) <= 1 else off),
    }
    if opened.bundle_keys:
        values["trust"] = json.dumps({"keys": [to_jwk(key) for key in opened.bundle_keys.values()]})
    store.apply(token, opened, etag, values)
    return values


def merged(pages: Sequence[Opened]) -> Opened:
    """The pages of one fetch as one: of a ticket that two pages name the later one holds."""
    uses: dict[str, list[Use]] = {}
    ordered: dict[str, Ordered] = {}
    for page in pages:
        uses |= {jti: [] for jti in _named(page)}
        for use in page.uses:
            uses[use.jti].append(use)
        ordered = {jti: taken for jti, taken in ordered.items() if jti not in _named(page)} | dict(
            page.ordered
        )
    last, first = pages[-1], pages[0].delta
    if last.delta is None or first is None:
        return last
    cleared = tuple(jti for jti, found in uses.items() if not found)
    return replace(
        last,
        uses=tuple(use for found in uses.values() for use in found),
        ordered=ordered,
        delta=replace(last.delta, since=first.since, cleared=cleared),
    )


def _named(page: Opened) -> set[str]:
    """The tickets of which a page says all."""
    return {*(page.delta.cleared if page.delta else ()), *(use.jti for use in page.uses)}


def pause_seconds(told: int | None) -> float:
    """The seconds to the next fetch: a minute, or what the server says, up to a sixth less or more by chance.

    A shorter one that is told is a promise about revocations: chance only shortens it.
    """
    if told is None or told >= REFRESH_SECONDS:
        whole = told or REFRESH_SECONDS
        return whole + whole / REFRESH_SECONDS * random.uniform(-_JITTER_SECONDS, _JITTER_SECONDS)
    return told * random.uniform(1 - _JITTER_SECONDS / REFRESH_SECONDS, 1)


def wait_seconds(failures: int, chance: Callable[[float, float], float] = random.uniform) -> float:
    """Compute the pause after so many failures in a row: 1, 2, 4 ... 60 seconds, half of it by chance."""
    longest = float(min(_LONGEST_WAIT_SECONDS, 2 ** min(failures - 1, 10)))
    return longest / 2 + chance(0, longest / 2)
