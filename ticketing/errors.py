"""Errors speak the domain: one tree, born in the room that knows, turned into HTTP in one table of api/.

ThroughfareError
├── InvalidRequest        a field, row or rule that is wrong, each with its path
├── NotFound              nothing under this id for this caller
├── NotAllowed            the caller is known and may not
│   ├── TestKeyRefused        a key for tests calls a live deployment
│   ├── KeyWithoutOwner       a staff key that belongs to no person, where each must
│   └── StepUpNeeded          a code of the second factor is needed first
├── NotAuthenticated      the caller is not known
├── Conflict              the thing is in a state that forbids this
│   ├── DepartureCancelled    a departure of the journey does not run; names what goes next
│   ├── OptionGone            a way on that was chosen is there no more; names those that are
│   └── PriceChanged          an offer costs something else now; names both amounts
├── Gone                  a quote or order that has expired
│   └── OfferGone             an offer that has expired, or that nobody here has made
├── PaymentRefused        the gateway said no
├── OperatorSilent        an operator does not answer; what it did is not known yet
├── ProviderSilent        an identity provider does not answer
├── CommitWaits           the database does not confirm what it is given
├── TooManyRequests       the same caller asked too often
├── IdempotencyKeyMissing / IdempotencyKeyReused / IdempotencyKeyInUse
└── Misconfigured         the service refuses to start
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `path` is where (`legs[0].departure`), `message` says what."""

    path: str
    message: str


class ThroughfareError(Exception):
    """Root of every error that the service raises on purpose; `code` is stable, `faults` name the places."""

    code = "error"

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)


class InvalidRequest(ThroughfareError):
    """The request cannot be understood or breaks a rule; nothing was stored."""

    code = "invalid_request"

    @classmethod
    def at(cls, path: str, message: str) -> "InvalidRequest":
        """Refuse one field: `InvalidRequest.at("passengers", "at least one passenger is needed")`."""
        return cls(f"{path}: {message}", [Fault(path, message)])


class NotFound(ThroughfareError):
    """There is no such thing, or it is not this caller's: the two answers are the same on purpose."""

    code = "not_found"


class NotAuthenticated(ThroughfareError):
    """The credential is missing or unknown."""

    code = "not_authenticated"


class NotAllowed(ThroughfareError):
    """The credential is known and its role does not reach this."""

    code = "not_allowed"


class TestKeyRefused(NotAllowed):
    """A key that is marked for tests calls a service that sells in earnest."""

    __test__ = False  # pytest: no class of tests
    code = "test_key_refused"


class KeyWithoutOwner(NotAllowed):
    """A key of a staff role belongs to nobody, and this deployment asks who acts."""

    code = "key_without_owner"


class StepUpNeeded(NotAllowed):
    """The person is known, and has to give a code of their second factor before this."""

    code = "step_up_needed"


class Conflict(ThroughfareError):
    """The thing is in a state that does not allow this."""

    code = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDeparture:
    """A departure that goes instead; times are those of its stops."""

    operator: str
    line: str
    trip_id: str
    from_stop_id: str
    to_stop_id: str
    departure: datetime
    arrival: datetime


class DepartureCancelled(Conflict):
    """A departure of the journey is cancelled or does not call where it was sold; `choices` are what goes next."""

    code = "departure_cancelled"

    def __init__(
        self, detail: str, faults: Sequence[Fault] = (), choices: Sequence[NextDeparture] = ()
    ) -> None:
        super().__init__(detail, faults)
        self.choices = tuple(choices)


class OptionGone(Conflict):
    """A way on for a disrupted leg is there no more, as its last place has gone; `legs` has the ways that there are now."""

    code = "option_gone"

    def __init__(self, detail: str, legs: Sequence[Mapping[str, object]] = ()) -> None:
        super().__init__(detail)
        self.legs = tuple(legs)


class PriceChanged(Conflict):
    """An offer costs something else now.

    `offered` is its price and `now` today's, each an amount with its currency; `now` is None where there is none any more.
    """

    code = "price_changed"

    def __init__(self, detail: str, offered: Mapping[str, str], now: Mapping[str, str] | None) -> None:
        super().__init__(detail)
        self.offered = offered
        self.now = now


class Gone(ThroughfareError):
    """It existed and has expired."""

    code = "expired"


class OfferGone(Gone):
    """An offer that has expired, or an unknown one: nobody is told which tokens were real."""

    code = "gone"


class PaymentRefused(ThroughfareError):
    """The payment gateway declined."""

    code = "payment_refused"


class OperatorSilent(ThroughfareError):
    """An operator does not answer: nothing is told before the truth is known."""

    code = "operator_silent"


class ProviderSilent(ThroughfareError):
    """An identity provider does not answer; nobody is signed in."""

    code = "provider_silent"


class CommitWaits(ThroughfareError):
    """The database does not confirm what it is given: nothing more is written until it does."""

    code = "commit_waits"


class TooManyRequests(ThroughfareError):
    """The same caller asked too often; `retry_after_seconds` is when to come back."""

    code = "too_many_requests"

    def __init__(self, detail: str, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class IdempotencyKeyMissing(ThroughfareError):
    """A POST that moves money or makes something came without an Idempotency-Key."""

    code = "idempotency_key_missing"


class IdempotencyKeyReused(ThroughfareError):
    """The Idempotency-Key was used before with another body."""

    code = "idempotency_key_reused"


class IdempotencyKeyInUse(ThroughfareError):
    """The first call with this Idempotency-Key is still running."""

    code = "idempotency_key_in_use"


class Misconfigured(ThroughfareError):
    """The settings are unsafe or contradict each other; the service does not start."""

    code = "misconfigured"
