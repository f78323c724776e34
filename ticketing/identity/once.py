"""Once: an Idempotency-Key makes a repeated POST answer again instead of acting again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ticketing.clock import Clock
from ticketing.db import Database, Transaction, after_commit
from ticketing.db.documents import digest
from ticketing.db.sale import idempotency
from ticketing.db.sale.idempotency import Claim
from ticketing.errors import IdempotencyKeyInUse, IdempotencyKeyMissing, IdempotencyKeyReused, InvalidRequest
from ticketing.identity.beats import Beats

Remember = Callable[[Transaction, Any], None]


class Call(Protocol):
    """One call under a key, as its effect sees it."""

    def claim(self, tx: Transaction) -> None:
        """Take the key, first of all in the first transaction of the effect; raises what ends a call that repeats."""

    def remember(self, tx: Transaction, answer: Any) -> None:
        """Keep the answer in the transaction of the effect."""


_MAX_KEY_LENGTH = 255
# 128 random bits in base64url; as a UUID in hexadecimal they use fewer than 8 letters once in a billion.
_RANDOM_LENGTH, _RANDOM_LETTERS = 22, 8


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the caller: the JSON body, and whether it is a replay."""

    body: Any
    replayed: bool


@dataclass(frozen=True, slots=True)
class Once:
    """Runs an effect once per (principal, route, key)."""

    database: Database
    clock: Clock
    beats: Beats = field(default_factory=Beats)

    def run(
        self, principal: str, route: str, key: str | None, body: Any, act: Callable[[Remember], Any]
    ) -> Answer:
        """Call `act(remember)` unless this key has been answered.

        `act` gives the JSON answer and calls `remember(tx, answer)` in the transaction of its effect, so that
        effect and answer are stored together. When it raises, the key is free again.

        Raises IdempotencyKeyMissing, IdempotencyKeyReused (another body), IdempotencyKeyInUse (still running).
        """

        def at_once(call: Call) -> Any:
            with self.database.write() as tx:
                call.claim(tx)
            return act(call.remember)

        return self.run_within(principal, route, key, body, at_once)

    def run_within(
        self, principal: str, route: str, key: str | None, body: Any, act: Callable[[Call], Any]
    ) -> Answer:
        """The same for an effect that claims its key itself, in the first of its own transactions."""
        call = _Call(Claim(principal, route, _checked(key), digest(body)), self.clock, self._keep)
        try:
            return Answer(self._act(call, act), replayed=False)
        except _Answered as known:
            return _replay(known.stored, call.wanted)
        finally:
            self.beats.end(call.wanted)

    def _keep(self, claim: Claim) -> None:
        self.beats.begin(self.database, self.clock, claim)

    def _act(self, call: "_Call", act: Callable[[Call], Any]) -> Any:
        try:
            answer = act(call)
        except Exception:
            if call.claimed:
                with self.database.write() as tx:
                    idempotency.release(tx, call.wanted)
            raise
        if not call.remembered:
            with self.database.write() as tx:
                call.claim(tx)
                idempotency.store(tx, call.wanted, answer)
        return answer


class _Answered(Exception):
    """The key has been used before: by now it is known with what."""

    def __init__(self, stored: idempotency.Stored) -> None:
        self.stored = stored


@dataclass(slots=True)
class _Call:
    """`claimed` once the key is ours in the database, `remembered` once the answer is kept with it."""

    wanted: Claim
    clock: Clock
    keep: Callable[[Claim], None]
    claimed: bool = False
    remembered: bool = False

    def claim(self, tx: Transaction) -> None:
        if self.claimed:
            return
        stored = idempotency.claim(tx, self.wanted, self.clock.now())
        if stored is not None:
            raise _Answered(stored)
        after_commit(tx, self._is_ours)

    def _is_ours(self) -> None:
        self.claimed = True
        self.keep(self.wanted)

    def remember(self, tx: Transaction, answer: Any) -> None:
        idempotency.store(tx, self.wanted, answer)
        self.remembered = True


def request_key(principal: str, route: str, key: str | None, body: Any) -> str:
    """The name of one request, which only who knows its key can say again: an effect may keep it beside the answer."""
    return digest([principal, route, _checked(key), body])


def require_random(key: str | None) -> None:
    """Raise InvalidRequest for a key that could be guessed, where nothing but the key says whose the first call was."""
    if key and (len(key) < _RANDOM_LENGTH or len(set(key)) < _RANDOM_LETTERS):
        raise InvalidRequest.at(
            "Idempotency-Key",
            f"without an account it must be a random value of at least {_RANDOM_LENGTH} characters, such as a UUID: "
            "a caller who knows it gets this call's answer again",
        )


def _checked(key: str | None) -> str:
    if not key:
        raise IdempotencyKeyMissing(
            "this call needs the header Idempotency-Key, a new value for each new intent"
        )
    if len(key) > _MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise InvalidRequest.at("Idempotency-Key", f"at most {_MAX_KEY_LENGTH} printable ASCII characters")
    return key


def _replay(stored: idempotency.Stored, claim: Claim) -> Answer:
    if stored.body_hash != claim.body_hash:
        raise IdempotencyKeyReused("this Idempotency-Key was used before with another body")
    if stored.answer is None:
        raise IdempotencyKeyInUse("the first call with this Idempotency-Key is still running")
    return Answer(stored.answer, replayed=True)
