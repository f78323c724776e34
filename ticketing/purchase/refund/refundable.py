"""The facts that a refund is decided over: a ticket with its legs, what its rest costs, what stays for others; and the line that is decided. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tariffs.money import Money
from ticketing.regions.not_carried import Failure


@dataclass(frozen=True, slots=True)
class RefundableLeg:
    """A leg as the decision sees it; `departure` of a pass is its beginning. `failure` says why it is not carried.

    One that another operator's gate has accepted was `carried_on` by it, whatever became of its own departure.
    """

    operator: str
    departure: datetime
    used: bool = False
    given_back: bool = False
    failure: Failure | None = None
    carried_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundableTicket:
    """A ticket as far as the decision needs to know it.

    `gross` says by operator what the ticket is worth as it stands, bearers of discounts below 0; a `divisible`
    one may be given back leg by leg.
    """

    jti: str
    passenger_ref: str
    status: str
    currency: str
    gross: Mapping[str, int]
    legs: tuple[RefundableLeg, ...]
    divisible: bool = True

    @property
    def left(self) -> tuple[int, ...]:
        """The legs that have not been given back, by their place in the ticket."""
        return tuple(at for at, leg in enumerate(self.legs) if not leg.given_back)

    @property
    def ended_by(self) -> int | None:
        """The leg whose failure ends the journey, also where it has been given back; None where none does."""
        return next(
            (
                at
                for at, leg in enumerate(self.legs)
                if leg.failure is not None and leg.failure.ends_journey and not leg.used
            ),
            None,
        )

    def not_carried(self, legs: Iterable[int]) -> tuple[int, ...]:
        """Those of some legs that are not carried: all of them where the journey has ended."""
        if self.ended_by is not None:
            return tuple(legs)
        return tuple(at for at in legs if self.legs[at].failure is not None)


@dataclass(frozen=True, slots=True)
class Rest:
    """The rest of a ticket when legs go: by operator what it costs alone; `unpriced` says why it has no price."""

    gross: Mapping[str, int] = field(default_factory=dict)
    unpriced: str | None = None


NOTHING = Rest()


@dataclass(frozen=True, slots=True)
class Kept:
    """The amount that is kept for people who stay, in minor units, and the reason."""

    minor: int = 0
    because: str = ""


NOT_KEPT = Kept()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    """The decision about one ticket: which legs go, whose shares are at stake, and the fees that operators keep.

    `together_minor` of its worth is kept for those who stay in its group.
    """

    jti: str
    passenger_ref: str
    percent: int
    amount: Money
    because: str
    legs: tuple[int, ...]
    operators: tuple[str, ...]
    fees: Mapping[str, int]
    together_minor: int = 0
