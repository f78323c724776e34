"""Offers of every shipped region: each ride is found again by its names, and a party of thirty fits."""

import random
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from tariffs.journey import Ride
from tariffs.money import Money
from tests.ticketing.offers.shipped_rides import NOW, rides_of
from ticketing.offers import MOST_CHARS, Member, OfferBody, OfferTokens, RideName
from ticketing.regions import Region
from ticketing.regions.planned import find_ride_on, is_planned
from ticketing.tickets.keys import ANNOUNCE, KeyStore

REGIONS = sorted(path.parent.name for path in Path("regions").glob("*/region.toml"))
REFS = {
    "numbers": [f"p{at}" for at in range(1, 31)],
    "words": [f"passenger-{at}" for at in range(1, 31)],
    "UUIDs": [str(uuid.UUID(int=random.Random(at).getrandbits(128))) for at in range(30)],
}


def named(ride: Ride) -> RideName:
    return RideName(
        operator=ride.operator,
        trip_id=ride.trip_id,
        from_stop_id=ride.from_stop_id,
        to_stop_id=ride.to_stop_id,
        departs_at=int(ride.departure.timestamp()),
        arrives_at=int(ride.arrival.timestamp()),
    )


@pytest.fixture
def tokens(tmp_path: Path) -> OfferTokens:
    keys = KeyStore(tmp_path, "passphrase")
    keys.create_missing(NOW)
    return OfferTokens(keys)


@pytest.mark.parametrize("region", REGIONS)
def test_a_ride_is_found_again_by_its_names(every_region: dict[str, Region], region: str) -> None:
    here = every_region[region]

    for ride in rides_of(here, 1):
        ends, times = (
            (ride.from_stop_id, ride.to_stop_id),
            (
                int(ride.departure.timestamp()),
                int(ride.arrival.timestamp()),
            ),
        )
        found = find_ride_on(here, ride.operator, ride.trip_id, ends, times)
        assert found is not None
        assert found.ride == ride
        assert is_planned(here, ride)
        late = (times[0] + 60, times[1] + 60)
        assert find_ride_on(here, ride.operator, ride.trip_id, ends, late) is None
        assert find_ride_on(here, ride.operator, "no such trip", ends, times) is None


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("refs", REFS)
def test_a_party_of_thirty_on_five_rides_fits(
    every_region: dict[str, Region], tokens: OfferTokens, region: str, refs: str
) -> None:
    here, chance = every_region[region], random.Random(2)
    all_rides, riders = [named(ride) for ride in rides_of(here, 2)], sorted(here.data.riders)
    for people in (1, 2, 5, 30):
        party = [Member(ref, chance.choice(riders)) for ref in REFS[refs][:people]]
        for _ in range(20):
            body = OfferBody(
                region=region,
                made_at=NOW,
                expires_at=NOW + timedelta(minutes=15),
                tariff_version=here.book.version,
                total=Money(123456, here.data.currency),
                rides=tuple(chance.sample(all_rides, 5)),
                members=tuple(party),
                sale_channel="app",
                owner="0123456789abcdef" * 2,
                holder_ref=party[0].ref,
            )
            token = tokens.write(body)

            assert len(token) <= MOST_CHARS
            assert tokens.read(token) == body


def test_thirty_who_each_bring_a_pass_fit_too(every_region: dict[str, Region], tokens: OfferTokens) -> None:
    here, chance = every_region["helsinki-tallinn"], random.Random(3)
    all_rides = [named(ride) for ride in rides_of(here, 3)]
    tickets = ["".join(chance.choices("ABCDefgh0123456789_-xyzKLMNOP", k=22)) for _ in range(30)]
    party = [Member(ref, "adult", (jti,)) for ref, jti in zip(REFS["words"], tickets, strict=True)]
    body = OfferBody(
        region="helsinki-tallinn",
        made_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
        tariff_version=here.book.version,
        total=Money(123456, "EUR"),
        rides=tuple(chance.sample(all_rides, 5)),
        members=tuple(party),
    )
    token = tokens.write(body)

    assert len(token) <= MOST_CHARS
    assert tokens.read(token) == body


def test_another_deployment_refuses_a_token(tmp_path: Path) -> None:
    here, there = (KeyStore(tmp_path / name, "passphrase") for name in ("here", "there"))
    for keys in (here, there):
        keys.create_missing(NOW)
    token = OfferTokens(here).write(_small())

    assert OfferTokens(here).read(token) == _small()
    assert OfferTokens(there).read(token) is None


def test_an_offer_outlives_the_rotation_of_its_key_and_not_its_compromise(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path, "passphrase")
    keys.create_missing(NOW)
    tokens, (first, _) = OfferTokens(keys), keys.signer_secret("offer")
    old = tokens.write(_small())
    keys.rotate("offer", NOW)
    assert keys.signer_secret("offer")[0] == first  # announced: other hosts need it before it seals

    keys.rotate("offer", NOW + ANNOUNCE)
    new = tokens.write(_small())

    assert keys.signer_secret("offer")[0] != first
    assert new != old
    assert (tokens.read(old), tokens.read(new)) == (_small(), _small())
    keys.compromise(first, NOW + ANNOUNCE)
    assert (tokens.read(old), tokens.read(new)) == (None, _small())


def test_each_process_of_a_deployment_reads_what_another_has_written(tmp_path: Path) -> None:
    KeyStore(tmp_path, "passphrase").create_missing(NOW)
    writer, reader = (OfferTokens(KeyStore(tmp_path, "passphrase")) for _ in range(2))

    assert reader.read(writer.write(_small())) == _small()


def _small() -> OfferBody:
    return OfferBody(
        region="gulf",
        made_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
        tariff_version="v",
        total=Money(200, "EUR"),
        rides=(
            RideName(
                operator="tlt",
                trip_id="t",
                from_stop_id="a",
                to_stop_id="b",
                departs_at=1_791_000_000,
                arrives_at=1_791_000_600,
            ),
        ),
        members=(Member("anna", "adult"),),
    )
