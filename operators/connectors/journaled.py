"""Share the rules of connectors with a journal: one call a key at a time, and the meaning of a journal's entry."""

import hashlib
import re
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from operators.connectors.basis import Basis, Now
from operators.errors import OperatorError, OutcomeUnknown, Refused
from operators.gtfs.timetable import Timetable
from operators.inventory import digest
from operators.journal import Entry, Journal, Progress, Stale
from operators.port import Booking, Hold, HoldRequest, Standing

# A hold is not confirmed in its last moments: clocks differ, and a request takes its time.
SAFETY = timedelta(seconds=90)
SAFETY_SECONDS = int(SAFETY.total_seconds())
OK = range(200, 300)
CLIENT_ERRORS = range(400, 500)
# Letters that mean nothing in an address (RFC 3986, unreserved), and a few that are common in ids.
_REFERENCE = re.compile(r"[A-Za-z0-9._~:=@+-]{1,255}")


class Journaled(Basis):
    """A connector whose operator does not know our keys, or may not: the journal does."""

    def __init__(
        self, operator: str, published: Timetable | None, now: Now, *, journal: Journal, hold_seconds: int
    ) -> None:
        super().__init__(operator, published, now)
        self.journal, self._hold_seconds = journal, hold_seconds
        self._locks = tuple(threading.Lock() for _ in range(64))

    def locked(self, key: str) -> threading.Lock:
        """One call a key at a time in this process; between processes the journal's versions decide."""
        return self._locks[hashlib.sha256(key.encode()).digest()[0] % len(self._locks)]

    def entry_of(self, request: HoldRequest) -> Entry:
        """The entry of a request, a new one where there is none; raises Refused for a key used otherwise."""
        wanted = digest(request)
        entry = self.journal.find(self.operator, request.key)
        if entry is None:
            return Entry(
                operator=self.operator,
                key=request.key,
                digest=wanted,
                progress="holding",
                asked_at=self.now(),
            )
        if entry.digest != wanted:
            raise Refused("key_reused", f"{request.key} was used for another request")
        if entry.progress in {"released", "cancelled"}:
            raise Refused("already_released", f"{request.key} was given back")
        return entry

    def require(self, key: str) -> Entry:
        """The entry under a key; raises Refused (not_found)."""
        entry = self.journal.find(self.operator, key)
        if entry is None:
            raise Refused("not_found", f"nothing is held under {key}")
        return entry

    def write(self, entry: Entry, progress: Progress) -> Entry:
        """Write what is known now; another writer in between leaves the outcome unknown."""
        try:
            return self.journal.put(replace(entry, progress=progress))
        except Stale as error:
            raise OutcomeUnknown(f"another call for {entry.key} is under way") from error

    def is_held(self, entry: Entry) -> bool:
        """Tell whether places are kept for it, as far as we know."""
        return entry.progress in {"held", "confirming", "confirmed", "cancelling"} and not self.has_expired(
            entry
        )

    def lapses_at(self, entry: Entry) -> datetime:
        """Return the end of a hold by itself."""
        return entry.expires_at or entry.asked_at + timedelta(seconds=self._hold_seconds)

    def has_expired(self, entry: Entry) -> bool:
        """Tell whether it is too late to confirm."""
        unsold = entry.progress in {"held", "confirming"}
        return unsold and self.now() >= self.lapses_at(entry) - SAFETY

    def gone_at(self, entry: Entry) -> datetime:
        """Return the sure end of a hold, also of one whose request was still on its way when we gave up."""
        return self.lapses_at(entry) + (
            SAFETY if entry.progress in {"holding", "confirming"} else timedelta(0)
        )

    def standing_of(self, entry: Entry, booking: Booking | None) -> Standing:
        """Find the standing under a key, once everything unknown has been asked for."""
        if booking is not None:
            return Standing(
                entry.key, "cancelled" if entry.progress == "cancelled" else "confirmed", booking=booking
            )
        if entry.progress == "released":
            return Standing(entry.key, "released")
        if self.now() >= self.gone_at(entry):
            return Standing(entry.key, "expired")
        if entry.progress == "holding":
            return Standing(entry.key, "lapsing", hold=Hold(entry.key, "", self.gone_at(entry)))
        return Standing(entry.key, "held", hold=self.hold_of(entry))

    def hold_of(self, entry: Entry) -> Hold:
        """The hold of an entry that has one."""
        if entry.reference is None or entry.expires_at is None:
            raise OperatorError(f"the journal has {entry.key} as {entry.progress} without a reference")
        return Hold(entry.key, entry.reference, entry.expires_at - SAFETY, entry.price)


def reference_of(value: Any) -> str:
    """An operator's own id, which becomes part of an address; raises OutcomeUnknown for one that could lead elsewhere."""
    found = str(value) if type(value) is int else value
    if not isinstance(found, str) or not _REFERENCE.fullmatch(found) or set(found) <= {"."}:
        raise OutcomeUnknown("the answer has no usable id")
    return found
