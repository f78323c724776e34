"""The cheapest cover over runs that a test lays out: pinned runs, breaks, caps, uses of carnets and prices of several items."""

from datetime import date, timedelta
from typing import Any

import pytest

from tariffs.agreements import Run
from tariffs.book import TariffBook
from tariffs.caps import Tap
from tariffs.cover import cheapest_cover, covering
from tariffs.memo import Memo
from tariffs.money import Money
from tariffs.parts import Bought, Part
from tariffs.party import Passenger
from tariffs.passes import Use
from tests.tariffs.island import table
from tests.tariffs.journeys import START, agreement
from tests.tariffs.parties import tariff

DAY = date(2026, 3, 4)
CAPS = table("cap_id,operators,window,amount,currency", "day,tll,calendar_day,3.00,EUR")


def run(operator: str, at: int) -> Run:
    """A tram of ten minutes that leaves at the full hour."""
    return Run(
        operator=operator,
        legs=(at,),
        networks=frozenset({None}),
        from_areas=frozenset(),
        to_areas=frozenset(),
        modes=frozenset({"tram"}),
        ends=("a", "b"),
        metres=1000,
        departure_seconds=3600 * at,
        arrival_seconds=3600 * at + 600,
        first_day=DAY,
        last_day=DAY,
    )


def single(operator: str, at: int, *prices: int, **more: Any) -> Part:
    """A run bought by itself: a ticket for each price; those of the tram `tll` count towards caps."""
    cost = sum(prices)
    bought = tuple(
        Bought(
            seller=operator,
            fare_product_id=f"{operator}-{number}",
            rider_category_id=None,
            fare_media_id=None,
            price=Money(price, "EUR"),
            legs=(at,),
            because="own",
        )
        for number, price in enumerate(prices)
    )
    tap = Tap(
        id=f"t{at}",
        at=START + timedelta(hours=at),
        price=Money(cost, "EUR"),
        network="",
        rider="adult",
        medium="",
        operator=operator,
    )
    known: dict[str, Any] = {"gross": ((operator, cost),), "tap": tap if operator == "tll" else None}
    return Part(cost=cost, currency="EUR", bought=bought, rule="own fare", derivation=(), **(known | more))


def link(identity: str, *operators: str, amount: str = "1.00", **more: Any) -> dict[str, Any]:
    """An agreement on runs of these operators one after another."""
    return agreement(
        id=identity,
        parties=sorted(set(operators)),
        pattern=[{"operator": one} for one in operators],
        max_connection_seconds=[86_400] * (len(operators) - 1),
        prices=[{"rider": "adult", "sale_channel": None, "amount": amount, "currency": "EUR"}],
        **({"conditions": {}} | more),
    )


def cover(
    book: TariffBook,
    singles: list[Part],
    *,
    breaks: frozenset[int] = frozenset(),
    pinned: frozenset[int] = frozenset(),
) -> tuple[Part, ...]:
    runs = [run(part.gross[0][0], at) for at, part in enumerate(singles)]
    return cheapest_cover(
        book,
        runs,
        singles,
        Passenger("anna", "adult"),
        agreed=covering(book, runs, breaks, Memo()),
        channel=None,
        currency="EUR",
        pinned=pinned,
    )


def bought(parts: tuple[Part, ...]) -> list[str]:
    return [item.fare_product_id for part in parts for item in part.bought]


FOUR = [single("hsl", 0, 300), single("ferry", 1, 300), single("hsl", 2, 300), single("ferry", 3, 300)]
PAIR = link("pair", "hsl", "ferry")


@pytest.mark.parametrize(
    ("breaks", "paid"),
    [
        (frozenset(), ["pair", "pair"]),
        ({1}, ["hsl-0", "ferry-0", "pair"]),
        ({2}, ["pair", "pair"]),
        ({3}, ["pair", "hsl-0", "ferry-0"]),
        ({0}, ["pair", "pair"]),
    ],
)
def test_an_agreement_begins_and_ends_at_a_ride_that_is_not_sold_and_reaches_over_none(
    breaks: frozenset[int], paid: list[str]
) -> None:
    assert bought(cover(tariff(PAIR), FOUR, breaks=frozenset(breaks))) == paid


@pytest.mark.parametrize(
    ("pinned", "paid"),
    [
        ({0}, ["hsl-0", "ferry-0", "pair"]),
        ({1}, ["hsl-0", "ferry-0", "pair"]),
        ({2}, ["pair", "hsl-0", "ferry-0"]),
        ({3}, ["pair", "hsl-0", "ferry-0"]),
        ({0, 3}, ["hsl-0", "ferry-0", "hsl-0", "ferry-0"]),
    ],
)
def test_what_a_group_has_bought_stays_and_agreements_cover_the_runs_around_it(
    pinned: set[int], paid: list[str]
) -> None:
    assert bought(cover(tariff(PAIR), FOUR, pinned=frozenset(pinned))) == paid


def test_an_agreement_on_what_a_group_has_bought_keeps_no_other_from_the_same_end() -> None:
    rules = tariff(link("long", "hsl", "ferry"), link("short", "ferry", amount="2.00"))

    assert bought(cover(rules, FOUR[:2], pinned=frozenset({0}))) == ["hsl-0", "short"]


def test_a_dearer_beginning_may_be_the_cheaper_way_because_a_cap_counts_it() -> None:
    """The agreement takes 1.90 of the first tram instead of 2.00; but two trams cost 3.00 under the cap."""
    trams = [single("tll", 0, 200), single("hsl", 1, 300), single("tll", 2, 200)]

    found = cover(tariff(link("early", "tll", amount="1.90"), caps_text=CAPS), trams)

    assert (bought(found), sum(part.cost for part in found)) == (["tll-0", "hsl-0", "tll-0"], 600)


def test_what_a_pass_pays_for_is_under_no_cap() -> None:
    trams = [single("tll", 0, 0, tap=None), single("tll", 1, 200), single("tll", 2, 200)]

    assert [part.cost for part in cover(tariff(caps_text=CAPS), trams)] == [0, 200, 100]


def test_what_a_transfer_takes_off_counts_for_nothing_where_a_cap_lowers_the_price() -> None:
    trams = [single("tll", 0, 200), single("tll", 1, 200, -50, 100)]

    lowered = cover(tariff(caps_text=CAPS), trams)[1]

    assert (lowered.cost, [item.price.minor for item in lowered.bought]) == (100, [67, 0, 33])


def test_a_ticket_that_is_free_stays_free_under_a_cap() -> None:
    trams = [single("tll", 0, 297), single("tll", 1, 0, 4)]

    assert [item.price.minor for item in cover(tariff(caps_text=CAPS), trams)[1].bought] == [0, 3]


def test_what_a_cap_takes_off_is_borne_by_all_who_share_in_the_ride() -> None:
    shared = single("tll", 1, 200, gross=(("tll", 50), ("hsl", 100), ("tll", 50)))

    lowered = cover(tariff(caps_text=CAPS), [single("tll", 0, 200), shared])[1]

    assert lowered.gross == (("hsl", 50), ("tll", 50))


def test_a_compulsory_agreement_keeps_the_uses_of_what_it_is_made_of() -> None:
    use = Use("carnet", None)
    rides = [single("hsl", 0, 0, uses=(use,)), single("ferry", 1, 300)]
    forced = link("forced", "hsl", "ferry", conditions={"compulsory": True})

    assert [part.uses for part in cover(tariff(forced), rides)] == [(use,)]
    assert bought(cover(tariff(PAIR), rides)) == ["hsl-0", "ferry-0"]


class TestTies:
    """Of ways that cost the same the one with fewer tickets is taken, then the one whose names come first."""

    @staticmethod
    def share(identity: str, *operators: str) -> dict[str, Any]:
        shared = link(identity, *operators, kind="revenue_share")
        del shared["prices"]
        return shared

    def test_two_agreements_are_more_tickets_than_one(self) -> None:
        rules = [
            link("a", "hsl", amount="1.00"),
            link("b", "ferry", amount="1.00"),
            link("whole", "hsl", "ferry", amount="2.00"),
        ]

        assert bought(cover(tariff(*rules), FOUR[:2])) == ["whole"]

    def test_a_share_of_income_counts_as_the_tickets_that_it_leaves_alone(self) -> None:
        through = link("through", "hsl", amount="3.00", conditions={"compulsory": True})
        two = [single("hsl", 0, 100, 200)]

        assert bought(cover(tariff(self.share("zz-line", "hsl"), through), FOUR[:1])) == ["hsl-0"]
        assert bought(cover(tariff(self.share("a-line", "hsl"), through), two)) == ["through"]

    @pytest.mark.parametrize("more", [{}, {"caps_text": CAPS}])
    def test_of_shares_of_the_same_tickets_the_one_over_the_longer_stretch_is_taken(
        self, more: dict[str, str]
    ) -> None:
        rules = [self.share("both", "hsl", "ferry"), self.share("one", "hsl"), self.share("other", "ferry")]

        found = cover(tariff(*rules, **more), FOUR[:2])

        assert [part.rule for part in found] == ["agreement both v3, standalone_fare"]

    def test_a_supplement_counts_beside_the_tickets_that_it_is_owed_on(self) -> None:
        through = link("through", "ferry", amount="4.00", conditions={"compulsory": True})
        cabin = link("cabin", "ferry", kind="supplement", amount="1.00")

        assert bought(cover(tariff(through, cabin), [single("ferry", 0, 300)])) == ["through"]


class TestShares:
    """The shares of an agreed price."""

    @staticmethod
    def gross(singles: list[Part], rule: dict[str, Any]) -> dict[str, int]:
        return {name: amount for part in cover(tariff(rule), singles) for name, amount in part.gross}

    @pytest.mark.parametrize("method", ["standalone_fare", "distance", "sqrt_distance"])
    def test_a_party_that_did_not_ride_gets_nothing_of_what_follows_the_rides(self, method: str) -> None:
        joint = link("line", "hsl", kind="revenue_share", apportionment={"steps": [{"method": method}]})
        del joint["prices"]
        joint["parties"] = ["hsl", "tll"]

        assert self.gross([single("hsl", 0, 320)], joint) == {"hsl": 320}

    def test_distance_is_that_of_the_runs(self) -> None:
        far = link("far", "hsl", "ferry", amount="2.00", apportionment={"steps": [{"method": "distance"}]})

        assert self.gross([single("hsl", 0, 100), single("ferry", 1, 300)], far) == {"hsl": 100, "ferry": 100}

    def test_a_side_of_a_border_that_asks_nothing_has_its_row(self) -> None:
        sides = [
            {"rider": "adult", "sale_channel": None, "operator": name, "amount": amount, "currency": "EUR"}
            for name, amount in (("hsl", "1.20"), ("tll", "0.00"))
        ]
        border = {**link("border", "hsl", kind="border_point"), "parties": ["hsl", "tll"], "prices": sides}

        assert self.gross([single("hsl", 0, 320)], border) == {"hsl": 120, "tll": 0}

    @pytest.mark.parametrize(
        ("amount", "gross"),
        [
            ("5.99", {"hsl": 300, "ferry": 300, "seller": -1}),
            ("6.00", {"hsl": 300, "ferry": 300}),
            ("6.10", {"hsl": 305, "ferry": 305}),
        ],
    )
    def test_a_bearer_bears_what_an_agreement_is_cheaper_and_nothing_of_what_it_is_dearer(
        self, amount: str, gross: dict[str, int]
    ) -> None:
        forced = link(
            "forced", "hsl", "ferry", amount=amount, bearer="seller", conditions={"compulsory": True}
        )

        assert self.gross(FOUR[:2], forced) == gross
