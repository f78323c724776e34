"""A connector for unit tests of whoever uses the port: our own inventory in memory, and failures on demand."""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Literal, TypeVar

from operators.connectors.basis import Now
from operators.connectors.own import OwnInventory
from operators.errors import OperatorError, OutcomeUnknown, Refused, Unavailable
from operators.inventory import Inventory, Reservation
from operators.memory import MemorySailings
from operators.port import Booking, Cancellation, Hold, HoldRequest, Release

Call = Literal["hold", "confirm", "release", "cancel"]
Failure = Literal["refused", "unavailable", "unknown_before", "unknown_after", "unauthorised"]
_T = TypeVar("_T")


class FakeOperator(OwnInventory):
    """It announces itself by its name; `fail` plans the failure of coming calls, in order."""

    def __init__(
        self,
        operator: str,
        now: Now,
        capacity: Mapping[str, int] | None = None,
        hold_life: timedelta = timedelta(minutes=15),
    ) -> None:
        places = capacity if capacity is not None else {"foot": 100}
        self.kept = MemorySailings()
        super().__init__(
            operator,
            None,
            now,
            Inventory(operator=operator, sailings=self.kept, capacity=lambda _: places, hold_life=hold_life),
        )
        self.calls: list[tuple[Call, str]] = []
        self._failures: dict[Call, deque[Failure]] = {}

    def fail(self, call: Call, *failures: Failure) -> None:
        """The next calls of this kind fail so; `unknown_after` does the work and loses the answer."""
        self._failures.setdefault(call, deque()).extend(failures)

    def standing(self, state: str) -> list[Reservation]:
        """List the operator's own bookings in a state: the counter-check."""
        now = self.now()
        return [
            one
            for one in self.kept.all()
            if one.state == state and (state != "held" or one.takes_places(now))
        ]

    def hold(self, request: HoldRequest) -> Hold:
        """Hold, or fail as planned."""
        return self._do("hold", request.key, lambda: OwnInventory.hold(self, request))

    def confirm(self, key: str) -> Booking:
        """Confirm, or fail as planned."""
        return self._do("confirm", key, lambda: OwnInventory.confirm(self, key))

    def release(self, key: str) -> Release:
        """Release, or fail as planned."""
        return self._do("release", key, lambda: OwnInventory.release(self, key))

    def cancel(self, key: str) -> Cancellation:
        """Cancel, or fail as planned."""
        return self._do("cancel", key, lambda: OwnInventory.cancel(self, key))

    def _do(self, call: Call, key: str, act: Callable[[], _T]) -> _T:
        self.calls.append((call, key))
        planned = self._failures.get(call)
        failure = planned.popleft() if planned else None
        if failure == "unknown_after":
            act()
        if failure:
            raise _error(failure)
        return act()


def _error(failure: Failure) -> OperatorError:
    match failure:
        case "unauthorised":
            return Refused("unauthorised", "the operator answered 401: is the secret right?")
        case "refused":
            return Refused("refused", "the fake operator was told to refuse")
        case "unavailable":
            return Unavailable("the fake operator was told to be away")
        case "unknown_before":
            return OutcomeUnknown("the fake operator lost the question")
        case "unknown_after":
            return OutcomeUnknown("the fake operator lost the answer")
