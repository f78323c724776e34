"""An operator's promises beside its tariff: the kinds of its services, and the delay from which a fare comes back."""

from dataclasses import dataclass
from typing import Literal, get_args

from tariffs.journey import Ride

Service = Literal["sea", "rail", "coach", "city"]
SERVICES: tuple[Service, ...] = get_args(Service)
_BY_MODE: dict[str, Service] = {"ferry": "sea", "rail": "rail"}


@dataclass(frozen=True, slots=True)
class LateRefund:
    """From how many minutes late at departure, or at arrival, the fare comes back; None where nothing is promised."""

    departure_minutes: int | None = None
    arrival_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Promises:
    """The promises of one operator.

    `service` says what its rides are where the vehicle does not tell: a coach is a bus, an urban ferry is city transport.
    `bearer` is who bears refunds that the operator's system never gives back. From `tell_minutes` late on holders of tickets
    are told: a quarter of an hour, below which nobody pays anything.
    """

    service: Service | None = None
    late_refund: LateRefund = LateRefund()
    bearer: str | None = None
    tell_minutes: int = 15


NONE = Promises()


def service_of(ride: Ride, promises: Promises) -> Service:
    """Class a ride by passenger rights: as its operator says, else by its vehicle."""
    return service_by(ride.mode, promises)


def service_by(mode: str, promises: Promises) -> Service:
    """Class a ride with a vehicle of a mode by passenger rights."""
    return promises.service or _BY_MODE.get(mode, "city")
