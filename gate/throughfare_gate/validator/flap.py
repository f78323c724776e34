"""The flap: one code in, one answer out, written down before anybody is let through."""

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from throughfare_gate.gate import sentences, words
from throughfare_gate.gate.bundle import BadBundle, open_bundle
from throughfare_gate.gate.decision import Bundle, Decision, Gate, Presented, Reading, decide
from throughfare_gate.gate.model import Ordered
from throughfare_gate.gate.usage import Direction, Use, told_together
from throughfare_gate.ids import new_id
from throughfare_gate.tickets.jwk import VerifyKey, load_jwks
from throughfare_gate.validator.identity import Enrolment
from throughfare_gate.validator.store import Store, StoredScan

# A camera reads one screen many times a second.
DEBOUNCE_SECONDS = 3
# A clock that was further off at the last sync cannot tell a fresh proof from an old one.
CLOCK_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Sailing:
    """The sailing that is boarding at this gate, by its trip or its planned departure in POSIX seconds; neither: any."""

    trip_id: str | None = None
    departure: int | None = None


ANY_SAILING = Sailing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The display of a gate: the decision, its reason, words for the passenger and for staff; `again` is no new scan.

    `values` are the figures of a refusal.
    """

    admit: bool
    reason: str
    passenger_sees: str
    staff_sees: str
    scan_id: str | None = None
    seq: int | None = None
    again: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as JSON for whatever drives the flap."""
        return {
            "decision": "accept" if self.admit else "refuse",
            "reason": self.reason,
            "values": dict(self.values),
            "passenger_sees": self.passenger_sees,
            "staff_sees": self.staff_sees,
            "scan_id": self.scan_id,
            "seq": self.seq,
            "again": self.again,
        }


@dataclass(frozen=True, slots=True)
class _Memory:
    """This gate's memory of one ticket, from bundles and its own scans; other tickets are read from its store."""

    jti: str | None
    uses: Sequence[Use]
    store: Store
    gate: str

    def uses_of(self, jti: str) -> Sequence[Use]:
        if jti == self.jti:
            return self.uses
        return [*self.store.own_uses(jti, self.gate, None), *self.store.known_uses(jti)]

    def has_proof(self, jti: str, nonce: str) -> bool:
        return self.store.has_proof(jti, nonce)

    def ordered_of(self, jti: str) -> Ordered:
        return self.store.ordered(jti)

    def passes_behind(self, jti: str) -> Sequence[str]:
        return self.store.passes_behind(jti)


class Flap:
    """One gate at work. Thread-safe: one presentation after the other."""

    def __init__(
        self,
        enrolment: Enrolment,
        store: Store,
        *,
        inspects: bool = False,
        now: Callable[[], float] = time.time,
        sailing: Sailing = ANY_SAILING,
        language: str = "en",
    ) -> None:
        self._enrolment = enrolment
        self._store = store
        self._inspects = inspects
        self._now = now
        self._sailing = sailing
        self._language = language
        self._lock = threading.Lock()
        self._bundle: Bundle | None = None
        self._last_code: tuple[str, float, Answer] | None = None
        self.offset = int(store.state("offset") or 0)
        self.is_revoked = store.state("revoked") == "yes"
        self.wants_bundle = threading.Event()
        self.load()

    def load(self) -> None:
        """Take the stored bundle to decide by."""
        token, trust = self._store.state("bundle"), self._store.state("trust")
        self.is_revoked = self._store.state("revoked") == "yes"
        self.offset = int(self._store.state("offset") or 0)
        if token is None or trust is None:
            self._bundle = None
            return
        try:
            self._bundle = open_bundle(token, self.trust(), self._enrolment.operator).bundle
        except BadBundle:
            self._bundle = None  # a key that has been taken out: nothing of it holds any more

    def trust(self) -> dict[str, VerifyKey]:
        """The keys that sign bundles, as the last one named them."""
        return load_jwks(json.loads(self._store.state("trust") or '{"keys": []}'))

    def say_clock(self, offset: int) -> str:
        """Say how far the clock of this gate is off, in its language; `offset` seconds are to be added to it."""
        sentence = "clock_late" if offset > 0 else "clock_ahead"
        return sentences.staff(sentence, {"seconds": offset}, self._language)

    @property
    def bundle(self) -> Bundle | None:
        """The bundle that decides."""
        return self._bundle

    @property
    def bundle_age_seconds(self) -> int | None:
        """The age of the bundle by the corrected clock."""
        return None if self._bundle is None else int(self._now()) + self.offset - self._bundle.issued_at

    @property
    def unknown_sailing(self) -> str | None:
        """The name of the sailing that staff have given, where the bundle knows none of that name at this stop."""
        here, wanted = self._enrolment.stop_id, self._sailing
        if self._bundle is None or wanted == ANY_SAILING:
            return None
        for trip, calls in self._bundle.extras.sailings.items():
            for stop, departure in calls:
                is_it = departure == wanted.departure if wanted.departure else trip == wanted.trip_id
                if is_it and here in {None, stop}:
                    return None
        return wanted.trip_id or self._bundle.local_time(wanted.departure or 0)

    def show(self, code: str) -> tuple[Answer, Callable[[], None]]:
        """Decide about a code. Call the second value when the answer has been shown.

        Until then the scan is written but nobody saw the answer: after a power cut the same ticket gets it again
        instead of being held for a second presentation.
        """
        with self._lock:
            return self._show(code.strip())

    def _show(self, code: str) -> tuple[Answer, Callable[[], None]]:
        moment = self._now()
        trouble = self.trouble()
        if trouble is not None:
            return trouble, _nothing
        if (
            self._last_code
            and self._last_code[0] == code
            and 0 <= moment - self._last_code[1] < DEBOUNCE_SECONDS
        ):
            return replace(self._last_code[2], again=True), _nothing
        try:
            answer, after = self._decide(code, int(moment))
        except sqlite3.Error as error:
            # A use that cannot be written is not admitted.
            return self._out_of_order("internal_error", "internal_error", error=str(error)), _nothing
        self._last_code = (code, moment, answer)
        return answer, after

    def trouble(self) -> Answer | None:
        """Say why this gate can decide about no code at present; None where it can."""
        if self.is_revoked:
            return self._out_of_order("device_not_authorised", "device_not_authorised")
        return self._out_of_order("status_stale", "no_bundle") if self._bundle is None else None

    def _out_of_order(self, reason: str, sentence: str, **values: Any) -> Answer:
        """The answer of a gate that cannot decide."""
        return Answer(
            admit=False,
            reason=reason,
            passenger_sees=sentences.passenger(reason, self._language, values),
            staff_sees=sentences.staff(sentence, values, self._language),
            values=values,
        )

    def _decide(self, code: str, device_ts: int) -> tuple[Answer, Callable[[], None]]:
        bundle, place = cast("Bundle", self._bundle), self._enrolment
        at = device_ts + self.offset
        presented = Presented.scanned(code)
        reading = bundle.read(presented.token, bundle.issuer, place.operator)
        last = self._store.last_scan(reading.jti) if reading.jti else None
        nonce = _nonce(bundle, reading, presented)
        if last and 0 <= at - last.at < DEBOUNCE_SECONDS and _is_one_scan(last, nonce):
            return self._again(last)
        unseen = last if last and last.admitted and not last.shown else None
        known = replace(bundle, read=lambda *_: reading)
        decision = decide(presented, known, self._memory(reading.jti, unseen), at, self._gate(bundle, at))
        if decision.reason == "unknown_key":
            self.wants_bundle.set()
        if unseen and decision.admit:
            return self._again(unseen)
        if decision.jti is None:
            return self._answer(decision), _nothing
        return self._keep(decision, nonce, device_ts)

    def _again(self, scan: StoredScan) -> tuple[Answer, Callable[[], None]]:
        answer = Answer(**scan.answer, scan_id=scan.scan_id, seq=scan.seq, again=True)
        return answer, lambda: self._store.mark_shown(scan.seq)

    def _keep(
        self, decision: Decision, nonce: str | None, device_ts: int
    ) -> tuple[Answer, Callable[[], None]]:
        answer = self._answer(decision)
        note = {
            "admit": answer.admit,
            "reason": answer.reason,
            "passenger_sees": answer.passenger_sees,
            "staff_sees": answer.staff_sees,
            "values": dict(answer.values),
        }
        direction = "inspect" if self._inspects else self._enrolment.direction
        scan = StoredScan(
            seq=0,
            scan_id=str(uuid.UUID(new_id())),
            jti=str(decision.jti),
            leg=decision.leg,
            nonce=nonce,
            device_ts=device_ts,
            clock_offset=self.offset,
            admitted=decision.admit,
            kind=decision.kind,
            reason=decision.reason,
            direction=direction,
            bundle_version=cast("Bundle", self._bundle).version,
            answer=note,
            shown=False,
        )
        kept = self._store.add_scan(scan, keep_proof=decision.admit and not self._inspects)
        return (
            replace(answer, scan_id=kept.scan_id, seq=kept.seq),
            lambda: self._store.mark_shown(kept.seq),
        )

    def _memory(self, jti: str | None, unseen: StoredScan | None) -> _Memory:
        """Uses by bundles and by this gate, each told once; a scan whose answer nobody saw is not counted yet."""
        name = self._enrolment.name
        if jti is None:
            return _Memory(None, (), self._store, name)
        own = self._store.own_uses(jti, name, unseen.seq if unseen else None)
        known = [
            use
            for use in self._store.known_uses(jti)
            if unseen is None or (use.at, use.gate) != (unseen.at, name)
        ]
        return _Memory(jti, tuple(told_together(own, known)), self._store, name)

    def _gate(self, bundle: Bundle, at: int) -> Gate:
        place = self._enrolment
        sure = abs(self.offset) <= CLOCK_SECONDS
        return Gate(
            operator=place.operator,
            stop_id=place.stop_id,
            leg=None,
            id=place.name,
            zone=place.zone,
            direction=cast("Direction | None", place.direction),
            inspects=self._inspects,
            clock_is_sure=sure,
            clock_behind_seconds=bundle.seconds_ahead_of(at),
            trip_id=self._sailing.trip_id,
            departure=self._sailing.departure,
        )

    def _answer(self, decision: Decision) -> Answer:
        return Answer(
            admit=decision.admit,
            reason=decision.reason,
            values=decision.values,
            passenger_sees=words.passenger_sees(decision, self._language),
            staff_sees=words.staff_sees(decision, self._language),
        )


def _is_one_scan(last: StoredScan, nonce: str | None) -> bool:
    """Tell whether a camera still reads the screen that it has just read: the same code, or the next one of a phone let in.

    A phone shows a new code every 15 seconds. Whoever was refused may try with the next one at once.
    """
    return last.nonce == nonce or (last.admitted and last.nonce is not None and nonce is not None)


def _nonce(bundle: Bundle, reading: Reading, presented: Presented) -> str | None:
    key = reading.claims.binding_key if reading.claims else None
    proof = bundle.read_proof(presented.proof, presented.token, key) if key and presented.proof else None
    return proof.nonce if proof else None


def _nothing() -> None:
    """Do nothing, because nothing was stored."""
