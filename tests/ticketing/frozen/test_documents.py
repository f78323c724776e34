"""Frozen documents: what is read is written again byte for byte, and what cannot be read is named by its field."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs.caps import Tap
from tariffs.excluded import Excluded
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.party import Passenger, ProvenClaim
from tariffs.passes import HeldPass, Scope
from tariffs.taxes import TaxKey
from tests.documents import leg, quoted
from ticketing.db.documents import canonical
from ticketing.frozen import (
    AccountSum,
    Again,
    Conversion,
    Dataset,
    Ending,
    KeptRate,
    LeftPrice,
    Leg,
    LineDocument,
    Opening,
    OtherSum,
    PartyAmount,
    PoolCount,
    PricedPassenger,
    PriceItem,
    PriceShare,
    PriceTax,
    QuoteDocument,
    RefundDocument,
    RunDocument,
    RunPayment,
    ShareSum,
    SoldPass,
    Stop,
    TaxSum,
    TicketDocument,
    Unconverted,
    Unreadable,
    read_offer,
    read_quote,
    read_refund,
    read_run,
    read_ticket,
    write_quote,
    write_refund,
    write_run,
    write_ticket,
)

words = st.text(max_size=8)
minors = st.integers(-(10**12), 10**12)
few = st.integers(0, 9)
places = st.lists(few, max_size=3).map(tuple)
zones = st.sampled_from([ZoneInfo("Europe/Tallinn"), ZoneInfo("Europe/Helsinki"), ZoneInfo("UTC")])
# Both passes of the hour that is repeated in October, and the summer's end.
seconds = st.integers(1_792_800_000, 1_793_300_000)
zoned = st.builds(datetime.fromtimestamp, seconds, zones)
offsets = st.sampled_from([UTC, timezone(timedelta(hours=3)), timezone(timedelta(hours=-3, minutes=-30))])
moments = st.builds(datetime.fromtimestamp, seconds, offsets)
days = st.dates(date(2020, 1, 1), date(2040, 1, 1))


def maybe(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | some


scopes = st.builds(
    Scope,
    st.frozensets(words, max_size=3),
    st.frozensets(words, max_size=2),
    st.frozensets(words, max_size=2),
    st.lists(st.tuples(words, words), max_size=2).map(tuple),
)
taps = st.builds(
    Tap,
    id=words,
    at=zoned,
    price=st.builds(Money, minors, st.sampled_from(["EUR", "SEK", "ISK"])),
    network=words,
    rider=words,
    medium=words,
    operator=words,
)
held = st.builds(
    HeldPass,
    ticket=words,
    product=words,
    scope=scopes,
    valid_from=moments,
    valid_until=moments,
    uses_left=maybe(few),
    rider=maybe(st.text(min_size=1, max_size=4)),
    shared=st.booleans(),
)
passengers = st.builds(
    Passenger,
    words,
    words,
    st.lists(st.builds(ProvenClaim, words, days, words), max_size=2).map(tuple),
    st.lists(held, max_size=2).map(tuple),
    st.lists(taps, max_size=2).map(tuple),
)
items = st.builds(
    PriceItem,
    seller=words,
    fare_product_id=words,
    rider_category_id=maybe(words),
    fare_media_id=maybe(words),
    amount_minor=minors,
    legs=places,
    because=words,
    held_ticket=maybe(st.text(min_size=1, max_size=4)),
)
shares = st.builds(PriceShare, words, minors, minors, minors, minors, words)
keys = st.builds(TaxKey, words, words, words, words, few, st.booleans())
taxes = st.builds(PriceTax, keys, few, minors, minors)
rows = {
    "items": st.lists(items, max_size=2).map(tuple),
    "shares": st.lists(shares, max_size=2).map(tuple),
    "taxes": st.lists(taxes, max_size=2).map(tuple),
}
steps = st.fixed_dictionaries({"step": few, "reason": words, "legs": st.lists(few, max_size=2)})
promises = st.builds(
    PricedPassenger,
    passenger=passengers,
    total_minor=minors,
    derivation=st.lists(steps, max_size=2).map(tuple),
    taps=st.lists(taps, max_size=2).map(tuple),
    **rows,
)
left = st.builds(LeftPrice, places, rows["items"], minors, rows["shares"], rows["taxes"])
stops = st.builds(Stop, words, words, st.floats(-90, 90), st.floats(-180, 180), words)
legs = st.builds(
    Leg,
    mode=words,
    operator=words,
    operator_name=words,
    line=words,
    headsign=words,
    trip_id=words,
    start=stops,
    end=stops,
    departure=moments,
    arrival=moments,
    time_zone=words,
    arrival_time_zone=st.text(min_size=1, max_size=4),
    distance_m=few,
    check_in_until=maybe(moments),
    live_departure=maybe(moments),
    live_arrival=maybe(moments),
    alerts=st.lists(words, max_size=2).map(tuple),
    wheelchair=words,
    given_back_at=maybe(moments),
    waiting_seconds=maybe(few),
    service_date=maybe(st.dates()),
    is_excluded=maybe(st.booleans()),
)
rides = st.builds(
    Ride,
    operator=words,
    trip_id=words,
    route_id=words,
    from_stop_id=words,
    to_stop_id=words,
    departure=zoned,
    arrival=zoned,
    calls=st.lists(words, max_size=2).map(tuple),
    mode=words,
    distance_m=st.lists(st.tuples(words, few), max_size=2).map(tuple),
)
seasons = st.builds(
    SoldPass,
    product=words,
    version=few,
    kind=words,
    scope=scopes,
    uses=maybe(few),
    valid_from=moments,
    valid_until=moments,
    names=st.dictionaries(words, words, max_size=2),
    holder=maybe(words),
)
quotes = st.builds(
    QuoteDocument,
    product=words,
    rides=st.lists(rides, max_size=2).map(tuple),
    legs=st.lists(legs, max_size=2).map(tuple),
    passengers=st.lists(promises, max_size=2).map(tuple),
    tax_unverified=st.booleans(),
    season=maybe(seasons),
    person_id=maybe(st.text(min_size=1, max_size=4)),
    holder_ref=maybe(st.text(min_size=1, max_size=4)),
    sale_channel=maybe(st.text(min_size=1, max_size=4)),
    excluded=st.lists(
        st.builds(
            Excluded,
            leg=few,
            before=few,
            operator=words,
            operator_name=words,
            from_name=words,
            to_name=words,
            departure=words,
        ),
        max_size=2,
    ).map(tuple),
    priced_at=maybe(moments),
)
tickets = st.builds(
    TicketDocument,
    legs=st.lists(legs, max_size=2).map(tuple),
    rider=words,
    operators=st.lists(words, max_size=2).map(tuple),
    season=maybe(seasons),
    exchange_of=maybe(st.text(min_size=1, max_size=4)),
    left=maybe(left),
    blocked=st.booleans(),
    suspended_by=maybe(st.text(min_size=1, max_size=4)),
)


def lines(again: st.SearchStrategy[Any]) -> st.SearchStrategy[LineDocument]:
    return st.builds(
        LineDocument,
        jti=words,
        passenger_ref=words,
        percent=few,
        amount_minor=minors,
        because=words,
        legs=places,
        operators=st.lists(words, max_size=2).map(tuple),
        fees=st.dictionaries(words, minors, max_size=2),
        together_minor=minors,
        was=maybe(left),
        left=maybe(left),
        again=again,
    )


refunds = st.builds(
    RefundDocument,
    st.lists(lines(maybe(st.builds(Again, few, lines(st.none()), minors))), max_size=2).map(tuple),
    exchanged_for=maybe(words),
    back_minor=maybe(minors),
    dispute=maybe(words),
    continues=maybe(words),
)


amounts = st.builds(Money, minors, st.sampled_from(["EUR", "SEK", "ISK", "KWD"]))


@st.composite
def sums(draw: st.DrawFn) -> ShareSum:
    """Four amounts in one currency."""
    currency = draw(st.sampled_from(["EUR", "ISK"]))
    names = ("gross", "vat", "fee", "net")
    parts = {name: Money(draw(minors), currency) for name in names}
    return ShareSum(operator=draw(words), lines=draw(few), **parts)


@st.composite
def tax_sums(draw: st.DrawFn) -> TaxSum:
    """Two amounts in one currency."""
    currency = draw(st.sampled_from(["EUR", "ISK"]))
    return TaxSum(draw(keys), Money(draw(minors), currency), Money(draw(minors), currency))


def many(some: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(some, max_size=2).map(tuple)


counts = st.dictionaries(words, few, max_size=2)
pools = st.dictionaries(
    words, st.builds(PoolCount, counts, counts, minors, st.sampled_from(["EUR", "SEK"])), max_size=2
)
terms = st.fixed_dictionaries({"payment_day": few, "held_back": st.lists(words, max_size=2)})
datasets = st.builds(
    Dataset,
    period=words,
    region=words,
    demo=st.booleans(),
    operators=many(sums()),
    other=many(st.builds(OtherSum, words, words, amounts)),
    taxes=many(tax_sums()),
    accounts=many(st.builds(AccountSum, words, words, maybe(words), maybe(words), amounts)),
    postings=few,
    pools=pools,
    opening=many(st.builds(Opening, words, amounts, words, words)),
    terms=terms,
    books=words,
    positions=many(st.builds(PartyAmount, words, amounts)),
    conversions=many(st.builds(Conversion, words, amounts, amounts, words, words)),
    payments=many(st.builds(RunPayment, words, words, amounts)),
    carried=many(st.builds(PartyAmount, words, amounts)),
    gross=many(amounts),
    net=many(amounts),
    rates=st.dictionaries(words, st.builds(KeptRate, words, words, words, many(words)), max_size=2),
    rates_from=st.dictionaries(words, words, max_size=2),
    unconverted=many(st.builds(Unconverted, words, amounts, words)),
)


def again(document: Any, read: Callable[[object], Any], write: Callable[[Any], object]) -> None:
    """Write, read and write again: the same value, and the same text."""
    text = canonical(write(document))
    found = read(json.loads(text))
    assert (found, canonical(write(found))) == (document, text)


@given(quotes)
def test_a_quote_is_read_as_it_was_written(quote: QuoteDocument) -> None:
    again(quote, read_quote, write_quote)


@given(tickets)
def test_a_ticket_is_read_as_it_was_written(ticket: TicketDocument) -> None:
    again(ticket, read_ticket, write_ticket)


@given(refunds)
def test_a_refund_is_read_as_it_was_written(refund: RefundDocument) -> None:
    again(refund, read_refund, write_refund)


@given(st.none() | st.builds(Ending, pools, terms) | datasets)
def test_a_run_is_read_as_it_was_written(run: RunDocument) -> None:
    again(run, read_run, write_run)


@given(datasets, st.data())
def test_a_run_that_cannot_be_read_is_a_value_and_is_never_written(run: Dataset, data: st.DataObject) -> None:
    document: Any = json.loads(canonical(write_run(run)))
    del document[data.draw(st.sampled_from(sorted(set(document) - {"rates_from", "unconverted"})))]

    found = read_run(document)

    assert isinstance(found, Unreadable)
    assert found.message == "is missing"
    with pytest.raises(Unreadable):
        write_run(found)


PROMISE = PricedPassenger(
    passenger=Passenger("anna", "adult"),
    total_minor=200,
    items=(
        PriceItem(
            seller="tlt",
            fare_product_id="single",
            rider_category_id=None,
            fare_media_id=None,
            amount_minor=200,
            legs=(0,),
            because="a single",
        ),
    ),
    shares=(PriceShare("tlt", 200, 39, 3, 158, "own tariff"),),
    taxes=(PriceTax(TaxKey("EE", "tram", "domestic", "taxable", 2400, verified=True), 5000, 200, 39),),
    derivation=({"step": 1},),
)
WHOLE = write_quote(quoted([PROMISE], legs=(leg("tlt"),)))


def _fields(document: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every field of a document: where it is, what holds it, and its name there."""
    if isinstance(document, dict) and "step" not in document:
        for name, value in document.items():
            here = f"{path}.{name}" if path else name
            yield here, document, name
            yield from _fields(value, here)
    if isinstance(document, list):
        for at, value in enumerate(document):
            yield from _fields(value, f"{path}[{at}]")


# Absent in documents of earlier releases, or null where there is nothing to say.
LENIENT = {
    "operator_name",
    "trip_id",
    "arrival_time_zone",
    "check_in_until",
    "live_departure",
    "live_arrival",
    "rider_category_id",
    "fare_media_id",
    "kind",
}


@pytest.mark.parametrize("path", [path for path, _, name in _fields(WHOLE) if name not in LENIENT])
@pytest.mark.parametrize("wrong", [{"x": 1.5}, None, "absent"], ids=["ill-typed", "null", "absent"])
def test_what_is_wrong_with_a_quote_is_named_by_its_field(path: str, wrong: Any) -> None:
    document = json.loads(canonical(WHOLE))
    holder, name = next((holder, name) for at, holder, name in _fields(document) if at == path)
    if wrong == "absent":
        del holder[name]
    else:
        holder[name] = wrong

    with pytest.raises(Unreadable) as raised:
        read_quote(document)

    assert raised.value.field.startswith(path)


def test_an_unknown_field_is_named_because_it_would_be_lost() -> None:
    document: Any = copy.deepcopy(json.loads(canonical(WHOLE)))
    document["passengers"][0]["shares"][0]["tip_minor"] = 5

    with pytest.raises(Unreadable, match=r"^passengers\[0\]\.shares\[0\]\.tip_minor: is unknown$"):
        read_quote(document)


@pytest.mark.parametrize("minor", [True, 2.0, "200"])
def test_an_amount_is_a_whole_number_of_minor_units_and_nothing_like_it(minor: Any) -> None:
    document: Any = json.loads(canonical(WHOLE))
    document["passengers"][0]["items"][0]["amount_minor"] = minor

    with pytest.raises(
        Unreadable, match=r"^passengers\[0\]\.items\[0\]\.amount_minor: must be a whole number$"
    ):
        read_quote(document)


@pytest.mark.parametrize("text", ["2026-10-13", "2026-10-13T06:10:00", "2026-10-13T06:10:00Z", "soon"])
def test_a_time_is_read_only_as_it_is_written_again(text: str) -> None:
    document: Any = json.loads(canonical(WHOLE))
    document["legs"][0]["departure"] = text

    with pytest.raises(Unreadable, match=r"^legs\[0\]\.departure: "):
        read_quote(document)


def test_the_first_quotes_told_their_derivation_in_sentences() -> None:
    document: Any = json.loads(canonical(WHOLE))
    document["passengers"][0]["derivation"] = ["a single", "less the transfer"]

    (found,) = read_quote(document).passengers

    assert (found.derivation, found.told) == ((), ("a single", "less the transfer"))
    again(read_quote(document), read_quote, write_quote)


def test_the_first_lines_of_refunds_had_neither_legs_nor_fees() -> None:
    line = {"jti": "j", "passenger": "anna", "percent": 100, "amount_minor": 200, "because": "all of it"}

    (found,) = read_refund({"lines": [line]}).lines

    assert (found.legs, dict(found.fees), found.was, found.left) == ((), {}, None, None)


def test_an_offer_of_an_earlier_release_is_read_without_its_walks() -> None:
    walk = {"kind": "walk", "mode": "walk", "operator": None}
    ride = json.loads(canonical(WHOLE))["legs"][0] | {"waiting_seconds": 60}
    known = {"tariff_version": "v", "total_minor": 200, "currency": "EUR", "rides": [], "legs": [walk, ride]}
    passengers = [{"ref": "anna", "rider": "adult", "explanation": ["a single"]}]

    offer = read_offer({**known, "passengers": passengers, "itinerary": {}})

    assert [leg.operator for leg in offer.legs] == ["tlt"]
    assert (offer.total, offer.passengers) == (Money(200, "EUR"), (Passenger("anna", "adult"),))
