"""Prepare the bench of a check: a connector, a second one as after a restart, a departure, and the marks of broken answers."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from operators.errors import NotSupported, OperatorError, OutcomeUnknown
from operators.port import Connector, Departure, HoldRequest, Traveller
from operators.transport import Accident, accident
from tariffs.money import Money


class Broken(Exception):
    """A promise that is not kept; the message says what was seen."""


class NotApplicable(Exception):
    """The operator does not declare what this check is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """`connect` gives a connector with the same journal, as another process would have it.

    `cancel` has the operator cancel a departure; None where nobody can tell it to.
    """

    connect: Callable[[], Connector]
    departures: Sequence[Departure]
    category: str
    price: Money | None
    over_http: bool
    now: Callable[[], datetime]
    secrets: tuple[str, ...] = ()
    cancel: Callable[[Departure], None] | None = None

    def request(self, travellers: int = 1, key: str | None = None) -> HoldRequest:
        """Ask for places on the first departure."""
        price = Money(self.price.minor * travellers, self.price.currency) if self.price else None
        people = tuple(Traveller(f"p{number}", self.category) for number in range(travellers))
        return HoldRequest(key or str(uuid.uuid4()), self.departures[0], people, price)

    def selling(self) -> Connector:
        """A connector that sells by hold and confirmation; NotApplicable where it does not."""
        made = self.connect()
        if not made.capabilities.needs_hold:
            raise NotApplicable
        return made

    def free(self, connector: Connector) -> int | None:
        """Free places for foot passengers, None where they are not told."""
        if not connector.capabilities.availability:
            return None
        told = connector.availability([self.departures[0]])
        return told[0].free.get("foot") if told else None


def expect(kept: bool, seen: str) -> None:
    """Break the promise with what was seen."""
    if not kept:
        raise Broken(seen)


@contextmanager
def refused(what: str, kind: type[OperatorError]) -> Iterator[None]:
    """Expect the block to be refused so."""
    try:
        yield
    except kind:
        return
    except OperatorError as error:
        raise Broken(f"{what} ended as {type(error).__name__}: {error.detail}") from error
    raise Broken(f"{what} was not refused")


@contextmanager
def befalling(kind: Accident) -> Iterator[None]:
    """Lose the request or the answer of the changing calls of the block; the block must find the outcome unknown."""
    before = accident.set(kind)
    try:
        yield
    except OutcomeUnknown:
        return
    except NotSupported as error:
        raise NotApplicable from error
    finally:
        accident.reset(before)
    raise Broken("a lost call was taken for a known outcome")
