"""Pricing by GTFS-Fares V1: the standard's rules, and our readings where it is silent (docs/tariffs.md)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariffs.fares.calls import Calls
from tariffs.fares.feed import Feed, load
from tariffs.fares.legs import FareLeg
from tariffs.fares.price import price
from tariffs.fares.result import FarePrice
from tariffs.fares.v1_convert import convert
from tariffs.findings import Finding
from tests.tariffs.island import PRODUCTS, TALLINN, at, table

ZONES = {"harbour": "1", "market": "1", "hill": "2", "lighthouse": "3", "islet": ""}
STOPS = table("stop_id,zone_id", *(f"{stop},{zone}" for stop, zone in ZONES.items()))
AGENCIES = table(
    "agency_id,agency_name,agency_timezone", "bus,Bus,Europe/Tallinn", "boat,Boat,Europe/Tallinn"
)
ROUTES = table("route_id,agency_id", "b1,bus", "b2,bus", "f1,boat")
ATTRIBUTES = "fare_id,price,currency_type,payment_method,transfers,transfer_duration,agency_id"
RULES = "fare_id,route_id,origin_id,destination_id,contains_id"


def loaded(fares: Sequence[str], rules: Sequence[str] = (), **more: str) -> tuple[Feed | None, list[Finding]]:
    texts = {
        "agency.txt": AGENCIES,
        "stops.txt": STOPS,
        "routes.txt": ROUTES,
        "fare_attributes.txt": table(ATTRIBUTES, *fares),
        **({"fare_rules.txt": table(RULES, *rules)} if rules else {}),
        **{f"{name}.txt": text for name, text in more.items()},
    }
    return load(texts)


def feed(fares: Sequence[str], rules: Sequence[str] = (), **more: str) -> Feed:
    tariff, findings = loaded(fares, rules, **more)
    assert tariff is not None, findings
    return tariff


def ride(route: str, *calls: str, departure: str = "10:00") -> FareLeg:
    return FareLeg(
        network=None,
        from_areas=frozenset(),
        to_areas=frozenset(),
        areas=frozenset(),
        departure=at(departure),
        arrival=at(departure) + timedelta(minutes=5),
        from_stop=calls[0],
        to_stop=calls[-1],
        route=route,
        calls=calls,
    )


def bought(found: FarePrice) -> list[tuple[str, tuple[int, ...]]]:
    return [(item.product, item.legs) for item in found.items]


def total(found: FarePrice) -> str | None:
    return str(found.total) if found.total else None


class TestWhatAFareCovers:
    def test_a_fare_without_rules_is_good_for_every_ride_of_its_agency_also_beside_fares_with_rules(
        self,
    ) -> None:
        tariff = feed(["day,4.00,EUR,1,0,,bus", "hop,1.00,EUR,1,0,,"], ["hop,b1,,,"])

        assert total(price(tariff, [ride("b2", "harbour", "hill")])) == "4.00 EUR"
        assert total(price(tariff, [ride("b1", "harbour", "hill")])) == "1.00 EUR"
        assert price(tariff, [ride("f1", "harbour", "hill")]).reason == "unknown_fare"

    @pytest.mark.parametrize(
        ("calls", "expected"),
        [
            (("harbour", "hill"), "2.00 EUR"),
            (("hill", "harbour"), None),
            (("market", "hill", "lighthouse"), "3.00 EUR"),
            (("harbour", "lighthouse"), "9.00 EUR"),
            (("hill", "lighthouse"), "9.00 EUR"),
        ],
    )
    def test_rows_are_alternatives_and_all_their_fields_must_agree_zones_passed_exactly(
        self, calls: tuple[str, ...], expected: str | None
    ) -> None:
        rules = ["two,b1,1,2,", "three,,,,1", "three,,,,2", "three,,,,3", "far,,,3,"]
        tariff = feed(["two,2.00,EUR,1,0,,", "three,3.00,EUR,1,0,,", "far,9.00,EUR,1,0,,"], rules)

        assert total(price(tariff, [ride("b1", *calls)])) == expected

    def test_a_stop_without_a_zone_passes_none(self) -> None:
        tariff = feed(["one,1.00,EUR,1,0,,"], ["one,,,,1"])

        assert total(price(tariff, [ride("b1", "harbour", "islet", "market")])) == "1.00 EUR"

    def test_the_zone_of_a_station_is_not_that_of_its_platform(self) -> None:
        stops = table("stop_id,zone_id,parent_station", "station,1,", "platform,,station", "harbour,1,")
        tariff = feed(["one,1.00,EUR,1,0,,"], ["one,,1,1,"], stops=stops)

        assert price(tariff, [ride("b1", "platform", "harbour")]).reason == "unknown_fare"


class TestChanges:
    def test_the_ends_of_the_whole_group_count(self) -> None:
        tariff = feed(["through,3.00,EUR,1,1,,", "single,2.00,EUR,1,0,,"], ["through,,1,3,", "single,,,,"])
        rides = [ride("b1", "harbour", "hill"), ride("b2", "hill", "lighthouse", departure="10:20")]

        found = price(tariff, rides)

        assert (total(found), bought(found)) == ("3.00 EUR", [("through", (0, 1))])

    @pytest.mark.parametrize(("second", "expected"), [("11:00", "2.00 EUR"), ("11:01", "4.00 EUR")])
    def test_the_time_runs_from_boarding_to_boarding_limit_included(self, second: str, expected: str) -> None:
        tariff = feed(["hour,2.00,EUR,1,,3600,"])

        rides = [ride("b1", "harbour", "hill"), ride("b2", "hill", "market", departure=second)]

        assert total(price(tariff, rides)) == expected

    def test_the_hour_that_comes_twice_counts_twice(self) -> None:
        tariff = feed(["hour,2.00,EUR,1,,3600,"])
        before = datetime(2026, 10, 25, 3, 30, tzinfo=TALLINN)
        rides = [
            replace(ride("b1", "harbour", "hill"), departure=before),
            replace(ride("b2", "hill", "market"), departure=before.replace(hour=4, fold=0)),
        ]

        assert total(price(tariff, rides)) == "4.00 EUR"

    def test_every_route_of_a_group_needs_a_rule_of_the_fare(self) -> None:
        tariff = feed(["city,2.00,EUR,1,5,,"], ["city,b1,,,", "city,f1,,,"])
        rides = [ride("b1", "harbour", "hill"), ride("f1", "hill", "lighthouse", departure="10:20")]

        assert bought(price(tariff, rides)) == [("city", (0, 1))]
        assert price(tariff, [*rides, ride("b2", "hill", "market", departure="10:40")]).total is None

    def test_a_fare_of_an_agency_ends_where_another_agency_begins(self) -> None:
        tariff = feed(["bus,2.00,EUR,1,,,bus", "boat,5.00,EUR,1,,,boat"])
        rides = [
            ride("b1", "harbour", "hill"),
            ride("b2", "hill", "market", departure="10:10"),
            ride("f1", "market", "lighthouse", departure="10:20"),
        ]

        assert bought(price(tariff, rides)) == [("bus", (0, 1)), ("boat", (2,))]


class TestMoney:
    @pytest.mark.parametrize(
        ("written", "currency", "amount"),
        [
            ("5", "EUR", "5.00 EUR"),
            ("5.5", "EUR", "5.50 EUR"),
            ("05.500", "EUR", "5.50 EUR"),
            ("150", "JPY", "150 JPY"),
            ("150.00", "JPY", "150 JPY"),
            ("0", "EUR", "0.00 EUR"),
        ],
    )
    def test_a_price_may_have_any_number_of_decimals(self, written: str, currency: str, amount: str) -> None:
        tariff = feed([f"one,{written},{currency},1,0,,"])

        assert total(price(tariff, [ride("b1", "harbour", "hill")])) == amount

    @pytest.mark.parametrize("written", ["-1", "1.005", "1,50", "free", "1e2", "NaN"])
    def test_a_price_that_is_none_is_refused_by_row_and_field(self, written: str) -> None:
        _, findings = loaded([f'one,"{written}",EUR,1,0,,'])

        assert [(one.file, one.row, one.field) for one in findings] == [("fare_attributes.txt", 2, "price")]

    def test_currencies_are_never_added(self) -> None:
        tariff = feed(
            ["bus,2.00,EUR,1,0,,bus", "boat,50.00,SEK,1,0,,boat", "both,9.00,SEK,1,0,,"], ["both,b2,,,"]
        )
        by_bus, by_boat = ride("b1", "harbour", "hill"), ride("f1", "hill", "lighthouse", departure="10:20")

        assert price(tariff, [by_bus, by_boat]).reason == "mixed_currencies"
        assert total(price(tariff, [ride("b2", "harbour", "hill"), by_boat])) == "59.00 SEK"

    def test_a_rider_category_has_its_own_price_and_everybody_else_the_fare(self) -> None:
        riders = table("rider_category_id,rider_category_name", "child,Child", "senior,Senior")
        prices = table("fare_id,rider_category_id,price,currency_type", "one,child,1.00,EUR")
        tariff = feed(["one,2.00,EUR,1,0,,"], rider_categories=riders, fare_rider_categories=prices)
        rides = [ride("b1", "harbour", "hill")]

        assert [total(price(tariff, rides, rider)) for rider in (None, "senior", "child")] == [
            "2.00 EUR",
            "2.00 EUR",
            "1.00 EUR",
        ]
        assert price(tariff, rides, "child").items[0].rider == "child"


class TestFaults:
    def test_a_fare_whose_rules_all_refer_to_nothing_covers_nothing(self) -> None:
        tariff, findings = loaded(["one,1.00,EUR,1,0,,", "two,2.00,EUR,1,0,,"], ["one,gone,,,"])

        assert [(one.file, one.row, one.field, one.severity) for one in findings] == [
            ("fare_rules.txt", 2, "route_id", "warning")
        ]
        assert tariff is not None
        assert total(price(tariff, [ride("b1", "harbour", "hill")])) == "2.00 EUR"

    def test_the_tables_of_v2_count_where_both_are_there(self) -> None:
        rules = table("network_id,fare_product_id", ",city")
        tariff = feed(["one,1.00,EUR,1,0,,"], fare_products=PRODUCTS, fare_leg_rules=rules)

        assert total(price(tariff, [ride("b1", "harbour", "hill")])) == "2.00 EUR"

    def test_fares_that_nobody_would_buy_are_named_once(self) -> None:
        tariff, findings = loaded(
            ["adult,2.00,EUR,1,0,,", "child,1.00,EUR,1,0,,", "day,5.00,EUR,1,,,"],
            ["adult,b1,,,", "child,b1,,,"],
        )

        (warning,) = findings
        assert (tariff is not None, warning.code, warning.severity) == (True, "never_bought", "warning")
        assert "1 of 3 fares" in warning.message
        assert "adult (child is cheaper)" in warning.message

    def test_a_derivation_names_the_row_and_what_lost(self) -> None:
        tariff = feed(["one,1.00,EUR,1,0,,", "two,2.00,EUR,1,0,,"], ["one,b1,,,", "two,b1,1,2,"])

        (step,) = price(tariff, [ride("b1", "harbour", "hill")]).derivation

        assert step["rule"] == {"file": "fare_rules.txt", "row": 2, "id": "one"}
        assert step["alternatives"] == [{"product": "two", "amount": "2.00", "why_not": "not cheaper"}]


_FARES = st.lists(
    st.tuples(
        st.integers(0, 9), st.sampled_from(["", "0", "1", "2"]), st.sampled_from(["", "600", "3600"]),
        st.sampled_from(["", "bus", "boat"]),
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip
_FIELD = st.sampled_from(["", "1", "2", "3"])
_RULES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["", "b1", "b2", "f1"]), _FIELD, _FIELD, _FIELD), max_size=8
)
_RIDES = st.lists(
    st.tuples(
        st.sampled_from(["b1", "b2", "f1"]),
        st.lists(st.sampled_from(sorted(ZONES)), min_size=2, max_size=4),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=5,
)


def _written(
    fares: Sequence[tuple[int, str, str, str]],
    rules: Sequence[tuple[int, str, str, str, str]],
    rides: Sequence[tuple[str, list[str], int]],
) -> tuple[list[str], list[str], list[FareLeg]]:
    """Rows of fares and of rules, and rides one after the other."""
    rows = [f"f{at},{amount}.00,EUR,1,{','.join(rest)}" for at, (amount, *rest) in enumerate(fares)]
    lines = [f"f{at},{','.join(rest)}" for at, *rest in rules if at < len(fares)]
    minutes, legs = 8 * 60, []
    for route, calls, later in rides:
        minutes += later
        legs.append(ride(route, *calls, departure=f"{minutes // 60}:{minutes % 60:02}"))
    return rows, lines, legs


@given(_FARES, _RULES, _RIDES)
def test_the_price_is_the_smallest_of_all_ways_to_cut_the_journey(
    fares: list[tuple[int, str, str, str]],
    rules: list[tuple[int, str, str, str, str]],
    rides: list[tuple[str, list[str], int]],
) -> None:
    """Every cut is tried with every fare, and each fare is asked row by row as the standard words it."""
    rows, lines, legs = _written(fares, rules, rides)

    expected = min(_every_sum(rows, lines, legs), default=None)

    found = price(feed(rows, lines), legs)
    assert _minor(found) == expected
    assert found.total is None or sum(item.price.minor for item in found.items) == expected


def _every_sum(fares: Sequence[str], rules: Sequence[str], legs: Sequence[FareLeg]) -> Iterator[int]:
    for cuts in range(len(legs)):
        for places in combinations(range(1, len(legs)), cuts):
            groups = [legs[start:end] for start, end in pairwise((0, *places, len(legs)))]
            prices = [
                [cost for fare in fares if (cost := _asked(fare, rules, group)) is not None]
                for group in groups
            ]
            if all(prices):
                yield sum(map(min, prices))


def _asked(fare: str, rules: Sequence[str], group: Sequence[FareLeg]) -> int | None:
    """The price of a fare for a group in minor units, None where it does not cover it: written anew from the standard."""
    name, amount, _, _, changes, seconds, agency = fare.split(",")
    runs = {"b1": "bus", "b2": "bus", "f1": "boat"}
    if agency and {runs[leg.route or ""] for leg in group} != {agency}:
        return None
    if changes and len(group) > int(changes) + 1:
        return None
    if seconds and (group[-1].departure - group[0].departure) > timedelta(seconds=int(seconds)):
        return None
    own = [
        dict(zip(RULES.split(","), rule.split(","), strict=True))
        for rule in rules
        if rule.startswith(f"{name},")
    ]
    if own and not all(_met(own, leg.route or "", group) for leg in group):
        return None
    return int(amount.partition(".")[0]) * 100


def _met(rows: Sequence[Mapping[str, str]], route: str, group: Sequence[FareLeg]) -> bool:
    first, last = ZONES[group[0].calls[0]], ZONES[group[-1].calls[-1]]
    passed = {ZONES[stop] for leg in group for stop in leg.calls} - {""}
    for row in rows:
        alike = [other for other in rows if all(other[key] == row[key] for key in RULES.split(",")[1:4])]
        contains = {other["contains_id"] for other in alike} - {""}
        if (
            row["route_id"] in {"", route}
            and row["origin_id"] in {"", first}
            and row["destination_id"] in {"", last}
            and (not contains or contains == passed)
        ):
            return True
    return False


def _converted(rows: Sequence[str], rules: Sequence[str]) -> Feed:
    texts = {
        "agency.txt": AGENCIES,
        "stops.txt": STOPS,
        "routes.txt": ROUTES,
        "fare_attributes.txt": table(ATTRIBUTES, *rows),
        **({"fare_rules.txt": table(RULES, *rules)} if rules else {}),
    }
    converted, findings = convert(texts)
    assert converted is not None, findings
    tariff, faults = load({**texts, **converted.files})
    assert tariff is not None, faults
    return tariff


def _as_v2(tariff: Feed, leg: FareLeg) -> FareLeg:
    """A ride as Fares V2 sees it: by network and areas."""
    return replace(
        leg,
        network=tariff.route_networks.get(leg.route or ""),
        from_areas=tariff.areas_of(leg.from_stop or ""),
        to_areas=tariff.areas_of(leg.to_stop or ""),
        areas=frozenset().union(*(tariff.areas_of(stop) for stop in leg.calls)),
    )


def _minor(found: FarePrice) -> int | None:
    return found.total.minor if found.total else None


class TestConverted:
    @given(_FARES, _RULES, _RIDES)
    def test_a_single_ride_costs_what_it_cost(
        self,
        fares: list[tuple[int, str, str, str]],
        rules: list[tuple[int, str, str, str, str]],
        rides: list[tuple[str, list[str], int]],
    ) -> None:
        rows, lines, legs = _written(fares, rules, rides)
        before, after = feed(rows, lines), _converted(rows, lines)

        for leg in legs:
            assert _minor(price(after, [_as_v2(after, leg)])) == _minor(price(before, [leg]))

    @given(_FARES, _RULES, _RIDES)
    def test_changes_cost_what_they_cost_where_no_rule_names_zones(
        self,
        fares: list[tuple[int, str, str, str]],
        rules: list[tuple[int, str, str, str, str]],
        rides: list[tuple[str, list[str], int]],
    ) -> None:
        by_route = [(at, route, "", "", "") for at, route, *_ in rules]
        rows, lines, legs = _written(fares, by_route, rides)
        before, after = feed(rows, lines), _converted(rows, lines)

        assert _minor(price(after, [_as_v2(after, leg) for leg in legs])) == _minor(price(before, legs))

    def test_routes_that_the_same_rules_name_share_a_network(self) -> None:
        tariff = _converted(["bus,2.00,EUR,1,0,,"], ["bus,b1,,,", "bus,b2,,,"])

        assert tariff.route_networks == {"b1": "b1", "b2": "b1", "f1": "f1"}
        assert sum(map(len, tariff.leg_rules.values())) == 1

    def test_tables_of_v2_that_are_there_are_not_written_over(self) -> None:
        texts = {"stops.txt": STOPS, "fare_attributes.txt": table(ATTRIBUTES, "one,1,EUR,1,0,,")}

        converted, findings = convert({**texts, "areas.txt": table("area_id", "old")})

        assert converted is None
        assert [(one.file, one.code) for one in findings] == [("areas.txt", "already_v2")]

    def test_a_fare_of_an_agency_without_routes_is_for_no_ride(self) -> None:
        routes = table("route_id,agency_id", "b1,bus", "b2,bus")
        texts = {
            "agency.txt": AGENCIES,
            "stops.txt": STOPS,
            "routes.txt": routes,
            "fare_attributes.txt": table(ATTRIBUTES, "bus,3.00,EUR,1,0,,bus", "boat,1.00,EUR,1,0,,boat"),
        }

        converted, _ = convert(texts)

        assert converted is not None
        tariff, _ = load({**texts, **converted.files})
        assert tariff is not None
        leg = ride("b1", "harbour", "market")
        assert total(price(tariff, [_as_v2(tariff, leg)], None)) == "3.00 EUR"

    def test_an_id_with_the_end_of_an_old_line_is_still_one_id(self) -> None:
        tariff = _converted(['"a\rb",3.00,EUR,1,0,,'], ['"a\rb",b1,,,'])

        assert total(price(tariff, [_as_v2(tariff, ride("b1", "harbour", "market"))], None)) == "3.00 EUR"


class TestHostileTables:
    def test_a_rule_of_which_a_zone_is_not_there_is_for_no_ride(self) -> None:
        tariff = feed(
            ["all,1.00,EUR,1,0,,", "most,5.00,EUR,1,0,,"],
            ["all,b1,,,1", "all,b1,,,9", "most,b1,,,"],
        )

        assert total(price(tariff, [ride("b1", "harbour", "market")], None)) == "5.00 EUR"

    def test_a_row_without_zones_does_not_stand_for_one_whose_zone_is_not_there(self) -> None:
        tariff = feed(
            ["all,1.00,EUR,1,0,,", "most,5.00,EUR,1,0,,"], ["all,b1,,,", "all,b1,,,9", "most,b1,,,"]
        )

        assert total(price(tariff, [ride("b1", "harbour", "market")], None)) == "5.00 EUR"

    def test_a_long_price_that_is_none_is_refused_in_the_time_of_reading_it(self) -> None:
        zeros = "0" * 30_000

        tariff, findings = loaded([f"a,{zeros}.{zeros}x,EUR,1,0,,"])

        assert tariff is None
        assert [one.code for one in findings if one.severity == "error"] == ["invalid_amount"]

    @pytest.mark.parametrize(
        "amount", ["\u0661.00", "1.\u0660\u0660", "-1.00", "1e2", "+1", "1,00", "9" * 20, "1.005"]
    )
    def test_a_price_has_plain_digits_and_no_more_than_money_has(self, amount: str) -> None:
        tariff, findings = loaded([f'a,"{amount}",EUR,1,0,,'])

        assert tariff is None
        assert [one.code for one in findings if one.severity == "error"] == ["invalid_amount"]

    def test_many_fares_for_the_same_rides_are_not_all_compared(self) -> None:
        tariff = feed([f"f{at},{at}.00,EUR,1,0,{20_000 - at}," for at in range(1, 4_000)])

        assert tariff.v1 is not None
        assert len(tariff.v1.fares) == 3_999

    @pytest.mark.parametrize("number", ["1", "9" * 5_000, "\u0661", "\u00b2"])
    def test_calls_that_cannot_be_counted_are_none(self, number: str) -> None:
        times = "trip_id,stop_id,stop_sequence,departure_time"
        calls = Calls(
            {
                "trips.txt": table("trip_id,route_id", "t,b1", "u,b1"),
                "stop_times.txt": table(
                    times,
                    "t,harbour,1,10:00:00",
                    "t,hill,2,10:10:00",
                    "u,harbour,1,10:00:00",
                    f"u,harbour,{number},",
                    f"u,hill,2,10:00:{number}",
                ),
            }
        )

        assert calls.between("b1", "harbour", "hill", 36_000) == ("harbour", "hill")
