"""Read what is asked for: the region, the stops of both ends, what the passengers need; every fault is named."""

from collections.abc import Sequence
from datetime import timedelta

from operators.place_kinds import FOOT, kind_of
from operators.region import RegionData
from ticketing.errors import Fault, InvalidRequest
from ticketing.regions import Region, company
from ticketing.search import places
from ticketing.search.network import Needs, nearby
from ticketing.search.planner import Access, Question
from ticketing.search.timelines import Planner
from ticketing.search.via import Stay
from ticketing.search.wish import Endpoint, Wish

# Less walking is this part of the region's limit.
_LESS = 4
_PAST_TOLERANCE = timedelta(minutes=5)
_FARTHEST = timedelta(days=365)
# So many places are named of those that a part of a name may mean.
_LIKELY = 6


def region_of(planner: Planner, wish: Wish) -> Region:
    """The region that is named, else the first one that knows both ends; the first of all where none does."""
    if wish.region is not None and wish.region not in planner.regions:
        raise InvalidRequest.at("region", f"must be one of {', '.join(planner.regions)}")
    if wish.region is not None:
        return planner.regions[wish.region]
    for region in planner.regions.values():
        faults: list[Fault] = []
        if all(_resolve(planner, region.data, end, "", faults) for end in (wish.origin, wish.destination)):
            return region
    return next(iter(planner.regions.values()))


def question_of(planner: Planner, region: Region, wish: Wish, faults: list[Fault]) -> Question:
    """Resolve the endpoints and check time and riders; every fault is named."""
    now = planner.clock.now()
    field_name = "arrive_by" if wish.arrive else "depart_at"
    if wish.at < now - _PAST_TOLERANCE:
        faults.append(Fault(field_name, "lies in the past"))
    if wish.at > now + _FARTHEST:
        faults.append(Fault(field_name, "lies more than a year ahead"))
    faults.extend(
        _unknown(region.data, at, passenger.rider)
        for at, passenger in enumerate(wish.passengers)
        if passenger.rider not in region.data.categories
    )
    riders = [passenger.rider for passenger in wish.passengers]
    lonely = company.lonely(region.data.companions, riders)
    if lonely is not None:
        why = company.refusal(region.data, riders[lonely])
        faults.append(Fault(_path(lonely, riders[lonely]), why))
    origins = _resolve(planner, region.data, wish.origin, "from", faults)
    destinations = _resolve(planner, region.data, wish.destination, "to", faults)
    return Question(origins, destinations)


def _path(at: int, rider: str) -> str:
    return f"passengers[{at}].{'rider_category' if kind_of(rider) == FOOT else 'place'}"


def _unknown(region: RegionData, at: int, rider: str) -> Fault:
    """Find what is wrong with a category, or a kind of place, that the region does not sell to."""
    path = _path(at, rider)
    if path.endswith("rider_category"):
        return Fault(path, f"must be one of {', '.join(region.riders)}")
    sold = ", ".join(region.place_kinds)
    return Fault(
        path,
        f"this region sells places for {sold} beside those of persons"
        if sold
        else "this region sells places to persons alone",
    )


def needs_of(region: RegionData, wish: Wish) -> Needs:
    """Less walking is a quarter of what the region's people walk otherwise."""
    walk = region.walking.max_m // _LESS if wish.less_walking else None
    return Needs(walk, wish.wheelchair, wish.kinds)


def stay_of(planner: Planner, region: RegionData, wish: Wish, faults: list[Fault]) -> Stay | None:
    """The place by which the way shall go; None where none is wished for."""
    if wish.via is None:
        return None
    return Stay(_resolve(planner, region, wish.via, "via", faults), 60 * wish.stay_minutes)


def _resolve(
    planner: Planner, region: RegionData, wanted: Endpoint, path: str, faults: list[Fault]
) -> dict[str, Access]:
    if wanted.coordinate:
        return {stop: Access(*way) for stop, way in nearby(region, *wanted.coordinate).items()}
    if wanted.stop_id is not None:
        return _stops_of(planner, region, wanted.stop_id, path, faults)
    matches = places.find(planner.places(region), wanted.place or "", 50)
    if not matches:
        hint = ""
        if wanted.place and _stops_of(planner, region, wanted.place, path, []):
            hint = "; as the id of a place it goes into stop_id"
        faults.append(Fault(f"{path}.place", f"no stop is called {wanted.place!r}{hint}"))
        return {}
    # One name may be several operators' stops at one place; far from each other they are several places.
    same, elsewhere = places.near_ones(region, matches)
    if elsewhere:
        ids = ", ".join(place.id for place in (same[0], *elsewhere))
        faults.append(
            Fault(f"{path}.place", f"{wanted.place!r} is several places, name one by its stop_id: {ids}")
        )
    elif not same[0].is_called(wanted.place or "") and len(same) < len(matches):
        # A town, or the beginning of a word: which stop is meant is not for us to guess.
        message = f"{wanted.place!r} is part of the names of several stops, name one: {_likely(matches)}"
        faults.append(Fault(f"{path}.place", message))
    return {stop: Access(0, 0) for place in same for stop in place.stops}


def _likely(matches: Sequence[places.Place]) -> str:
    """Name the first places that a word may mean, and count the others."""
    likely = ", ".join(f"{place.name} ({place.id})" for place in matches[:_LIKELY])
    more = f" and {len(matches) - _LIKELY} more" if len(matches) > _LIKELY else ""
    return f"{likely}{more}"


def _stops_of_bare(
    planner: Planner, region: RegionData, stop_id: str, path: str, faults: list[Fault]
) -> dict[str, Access]:
    """The stop of an operator's own id, as tickets and legs name it, where no other operator has that id."""
    named = (one for place in planner.places(region) for one in (place.id, *place.stops))
    meant = sorted({one for one in named if one.partition(":")[2] == stop_id})
    if len(meant) == 1:
        return _stops_of(planner, region, meant[0], path, faults)
    what = f"that of several stops: {', '.join(meant)}" if meant else "not a stop of this region"
    faults.append(Fault(f"{path}.stop_id", f"{stop_id!r} is {what}"))
    return {}


def _stops_of(
    planner: Planner, region: RegionData, stop_id: str, path: str, faults: list[Fault]
) -> dict[str, Access]:
    """The stop of an id; of a station's id all its stops."""
    known = next(
        (place for place in planner.places(region) if stop_id == place.id or stop_id in place.stops), None
    )
    if known is None:
        return _stops_of_bare(planner, region, stop_id, path, faults)
    is_station = stop_id == known.id and stop_id not in known.stops
    return {stop: Access(0, 0) for stop in (known.stops if is_station else (stop_id,))}
