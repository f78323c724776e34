"""Read a traveller's wish from the request: from, to, when, who and how."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from operators.place_kinds import FOOT, kind_of
from tariffs.caps import Tap
from tariffs.party import Passenger, ProvenClaim
from tariffs.passes import HeldPass

# People times departures: a range for a whole class of children costs no more than one for a family.
_MOST_PRICED = 240
_LEAST_IN_RANGE, _MOST_IN_RANGE = 8, 40


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a wish, in one of three ways."""

    stop_id: str | None
    place: str | None
    coordinate: tuple[float, float] | None


class Holder(Protocol):
    """The passes and claims of the calling account's owner."""

    @property
    def person_id(self) -> str:
        """The account of the traveller."""

    @property
    def claims(self) -> tuple[ProvenClaim, ...]:
        """The claims that were proven."""

    @property
    def carnets(self) -> tuple[HeldPass, ...]:
        """The passes that serve the whole party."""

    @property
    def paid(self) -> tuple[Tap, ...]:
        """The rides that caps count."""

    def passes_of(self, holder: str | None) -> tuple[HeldPass, ...]:
        """List the passes of one person of the account; None is its owner."""


@dataclass(frozen=True, slots=True)
class Borne:
    """The passes that passengers bring without an account: passes by passenger, and carnets for the whole party."""

    passes: Mapping[str, tuple[HeldPass, ...]] = field(default_factory=dict)
    carnets: tuple[HeldPass, ...] = ()


_NOTHING = Borne()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The wish of a traveller; `reads` are the languages of messages that they read, the best one first."""

    origin: Endpoint
    destination: Endpoint
    at: datetime
    arrive: bool
    passengers: tuple[Passenger, ...]
    region: str | None
    person_id: str | None = None
    holder_ref: str | None = None
    via: Endpoint | None = None
    stay_minutes: int = 0
    range_minutes: int | None = None
    less_walking: bool = False
    wheelchair: bool = False
    free_places: bool = False
    by_emissions: bool = False
    freed: Mapping[str, int] = field(default_factory=dict)
    language: str = "en"
    reads: tuple[str, ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of places that are wanted beside those of persons."""
        return frozenset(kind for one in self.passengers if (kind := kind_of(one.rider)) != FOOT)

    @classmethod
    def from_request(
        cls,
        wanted: Mapping[str, Any],
        holder: Holder | None = None,
        borne: Borne = _NOTHING,
        freed: Mapping[str, int] | None = None,
    ) -> "Wish":
        """Read the loaded request of `POST /v1/journeys`; `holder` is what the calling account brings, `borne` what guests do.

        `freed` are the uses by ticket, counted among what they bring, that an exchange gives back.
        """
        owner_travels = any(row.get("account_holder") for row in wanted["passengers"])
        carnets = (*(holder.carnets if holder and owner_travels else ()), *borne.carnets)
        return cls(
            origin=_endpoint(wanted["origin"]),
            destination=_endpoint(wanted["destination"]),
            at=wanted.get("depart_at") or wanted["arrive_by"],
            arrive="arrive_by" in wanted,
            passengers=tuple(_passenger(row, holder, borne, carnets) for row in wanted["passengers"]),
            region=wanted.get("region"),
            person_id=holder.person_id if holder else None,
            holder_ref=next((row["ref"] for row in wanted["passengers"] if row.get("account_holder")), None),
            via=_endpoint(wanted["via"]) if "via" in wanted else None,
            stay_minutes=wanted.get("via", {}).get("stay_minutes", 0),
            range_minutes=wanted.get("range_minutes"),
            less_walking=wanted.get("walking") == "less",
            wheelchair=wanted.get("wheelchair", False),
            free_places=wanted.get("free_places", False),
            by_emissions=wanted.get("sort") == "emissions",
            freed=freed or {},
        )


def _passenger(
    row: Mapping[str, Any], holder: Holder | None, borne: Borne, carnets: Iterable[HeldPass]
) -> Passenger:
    """A traveller with the passes of their own and the carnets of the party; the account's owner brings what was proven."""
    ref = row["ref"]
    rider = row["rider_category"] if row.get("place", FOOT) == FOOT else row["place"]
    of_account = holder is not None and (row.get("account_holder") or "holder" in row)
    own = holder.passes_of(row.get("holder")) if holder is not None and of_account else ()
    shared = {one.ticket: one for one in carnets if one.serves(rider)}
    # A pass of the account that its order's bearer shows too is one pass.
    brought = (*own, *borne.passes.get(ref, ()), *shared.values())
    passes = tuple({one.ticket: one for one in brought}.values())
    if holder is None or not row.get("account_holder"):
        return Passenger(ref, rider, passes=passes)
    return Passenger(ref, rider, holder.claims, passes, holder.paid)


def _endpoint(wanted: Mapping[str, Any]) -> Endpoint:
    coordinate = (wanted["lat"], wanted["lon"]) if "lat" in wanted else None
    return Endpoint(wanted.get("stop_id"), wanted.get("place"), coordinate)


def most_in_range(people: int) -> int:
    """Limit the departures of a range in each network: fewer for many people, whom each is priced for."""
    return max(_LEAST_IN_RANGE, min(_MOST_IN_RANGE, _MOST_PRICED // people))
