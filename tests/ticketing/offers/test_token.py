"""A token opens what this deployment sealed, and nothing else; an offer reads as it was written."""

import base64
import hashlib
import hmac
import string
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs.money import Money
from ticketing.offers.body import AddedRun, Member, OfferBody, RideName, owner_of, pack, unpack
from ticketing.offers.token import MOST_CHARS, PREFIX, digest, seal, unseal

KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
SECRET = b"s" * 32
RING = {KID: SECRET}
MADE = datetime(2026, 10, 13, 2, 10, 0, 123456, tzinfo=UTC)
ALPHABET = string.ascii_letters + string.digits + "-_"

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
rides = st.builds(
    RideName,
    operator=names,
    trip_id=names,
    from_stop_id=names,
    to_stop_id=names,
    departs_at=st.integers(1_000_000_000, 4_000_000_000),
    arrives_at=st.integers(1_000_000_000, 4_000_000_000),
    added=st.none()
    | st.builds(AddedRun, names, st.text(max_size=10), st.lists(names, max_size=4).map(tuple)),
)
members = st.builds(Member, names, names, st.lists(names, max_size=3, unique=True).map(tuple))
moments = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  as asked for
bodies = st.builds(
    OfferBody,
    region=names,
    made_at=moments,
    expires_at=moments.map(lambda moment: moment.replace(microsecond=0)),
    tariff_version=names,
    total=st.builds(Money, st.integers(0, 10**12), st.sampled_from(["EUR", "SEK"])),
    rides=st.lists(rides, min_size=1, max_size=5).map(tuple),
    members=st.lists(members, min_size=1, max_size=30).map(tuple),
    excluded=st.lists(st.integers(0, 5), max_size=2).map(tuple),
    sale_channel=st.none() | names,
    owner=st.none() | names,
    holder_ref=st.none() | names,
)


@given(bodies)
def test_an_offer_reads_as_it_was_written(body: OfferBody) -> None:
    assert unpack(pack(body)) == body


@given(st.binary(max_size=200))
def test_what_was_sealed_is_opened(text: bytes) -> None:
    assert unseal(seal(text, KID, SECRET), RING) == text


def test_every_character_counts() -> None:
    token = seal(b"Kopli to Pasila", KID, SECRET)

    for at, right in enumerate(token):
        for wrong in ALPHABET + "=+/. \u00e4":
            if wrong != right:
                assert unseal(token[:at] + wrong + token[at + 1 :], RING) is None


@pytest.mark.parametrize(
    "changed",
    [
        "{token}=",
        "{token}A",
        "{token}\n",
        " {token}",
        "{text}",
        "TF_OFFER_{text}",
        PREFIX,
        f"{PREFIX}AQ",
        "",
        "ä" * 60,
        "01a1328e-f2ab-7345-aff0-65c95976ce45",
    ],
)
def test_nothing_but_the_token_itself_is_opened(changed: str) -> None:
    token = seal(b"Kopli to Pasila", KID, SECRET)

    assert unseal(changed.format(token=token, text=token.removeprefix(PREFIX)), RING) is None
    assert unseal(token[:-1], RING) is None


def test_a_token_under_another_secret_or_another_keys_name_is_refused() -> None:
    theirs = seal(b"x", KID, b"t" * 32)

    assert unseal(theirs, RING) is None
    assert unseal(seal(b"x", "another-key", SECRET), RING) is None
    assert unseal(theirs, {}) is None


def test_two_keys_whose_names_begin_alike_are_both_tried() -> None:
    assert unseal(seal(b"x", KID, SECRET), {KID[:8] + "another": b"t" * 32, **RING}) == b"x"


def test_another_version_is_refused_though_its_mac_is_right() -> None:
    sealed = b"\x02" + KID[:8].encode() + b"x"
    mac = hmac.digest(sealed, SECRET, hashlib.sha256)

    assert unseal(PREFIX + base64.urlsafe_b64encode(sealed + mac).decode().rstrip("="), RING) is None


def test_a_token_that_is_too_long_is_not_read() -> None:
    longest = (MOST_CHARS - len(PREFIX)) * 3 // 4 - 41

    assert unseal(seal(b"x" * longest, KID, SECRET), RING) == b"x" * longest
    assert unseal(seal(b"x" * (longest + 1), KID, SECRET), RING) is None


def test_what_inflates_beyond_measure_is_refused() -> None:
    deflating = zlib.compressobj(level=9, wbits=-15)
    bomb = deflating.compress(b"[" * (1 << 24)) + deflating.flush()

    assert unpack(bomb) is None


@given(st.binary(max_size=300))
def test_no_content_breaks_the_reader(content: bytes) -> None:
    unpack(content)


@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=13))
)
def test_no_json_breaks_the_reader(row: object) -> None:
    import json  # noqa: PLC0415  what no offer ever holds

    deflating = zlib.compressobj(wbits=-15)
    unpack(deflating.compress(json.dumps(row).encode()) + deflating.flush())


def test_an_account_is_named_otherwise_in_every_search() -> None:
    person = "01a1328e-f2ab-7345-aff0-65c95976ce45"
    first, second = owner_of(person, MADE), owner_of(person, MADE + timedelta(microseconds=1))

    assert first != second
    assert person not in first
    assert first == owner_of(person, MADE)


def test_a_digest_does_not_give_the_token_away() -> None:
    token = seal(b"x", KID, SECRET)

    assert len(digest(token)) == 32
    assert digest(token) != digest(seal(b"y", KID, SECRET))
