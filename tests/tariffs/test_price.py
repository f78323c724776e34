"""Pricing by one operator's Fares V2 tables: the worked examples and the rules one by one."""

import pytest

from tariffs.fares.price import price
from tariffs.fares.result import FarePrice
from tests.tariffs.island import CITY_COAST, PRODUCTS, feed, leg, table

TRANSFERS = table(
    "from_leg_group_id,to_leg_group_id,fare_product_id,transfer_count,duration_limit,duration_limit_type,fare_transfer_type",
    "city,city,,1,3600,1,0",
    "city,coast,off,,,,1",
)


def total(*args, **kwargs) -> str | None:
    return text(price(*args, **kwargs))


def text(found: FarePrice) -> str | None:
    return found.total.text if found.total else None


class TestModes:
    RULES = ("fare_product_id,network_id,from_area_id", "r1,coast,", "r2,,town")
    P = table("fare_product_id,amount,currency", "r1,2.40,EUR", "r2,1.80,EUR")

    def test_without_the_priority_column_an_empty_field_excludes_listed_values(self) -> None:
        tariff = feed(fare_products=self.P, fare_leg_rules=table(*self.RULES), areas=table("area_id", "town"))

        assert price(tariff, [leg("coast", "10:00", from_areas={"town"})]).reason == "unknown_fare"
        assert total(tariff, [leg("coast", "10:00")]) == "2.40"
        assert total(tariff, [leg("hill", "10:00", from_areas={"town"})]) == "1.80"

    def test_with_the_priority_column_an_empty_field_is_no_constraint(self) -> None:
        rules = table("fare_product_id,network_id,from_area_id,rule_priority", "r1,coast,,", "r2,,town,")
        tariff = feed(fare_products=self.P, fare_leg_rules=rules, areas=table("area_id", "town"))

        assert total(tariff, [leg("coast", "10:00", from_areas={"town"})]) == "1.80"

    def test_only_the_highest_priority_counts(self) -> None:
        rules = table("fare_product_id,network_id,from_area_id,rule_priority", "r1,coast,,1", "r2,,town,")
        tariff = feed(fare_products=self.P, fare_leg_rules=rules, areas=table("area_id", "town"))

        assert total(tariff, [leg("coast", "10:00", from_areas={"town"})]) == "2.40"


class TestTransfers:
    @pytest.mark.parametrize(
        ("second", "expected"), [("10:40", "6.50"), ("11:00", "6.50"), ("11:01", "8.50")]
    )
    def test_a_transfer_inside_the_limit_is_free_and_the_discount_follows(
        self, second: str, expected: str
    ) -> None:
        tariff = feed(fare_products=PRODUCTS, fare_leg_rules=CITY_COAST, fare_transfer_rules=TRANSFERS)

        assert total(tariff, [leg("city", "10:00"), leg("city", second), leg("coast", "11:30")]) == expected

    def test_the_count_of_transfers_is_limited(self) -> None:
        tariff = feed(fare_products=PRODUCTS, fare_leg_rules=CITY_COAST, fare_transfer_rules=TRANSFERS)

        assert total(tariff, [leg("city", "10:00"), leg("city", "10:10"), leg("city", "10:20")]) == "4.00"

    def test_a_rule_has_a_direction(self) -> None:
        tariff = feed(fare_products=PRODUCTS, fare_leg_rules=CITY_COAST, fare_transfer_rules=TRANSFERS)

        assert total(tariff, [leg("coast", "10:00"), leg("city", "10:30")]) == "7.00"

    @pytest.mark.parametrize(("kind", "expected"), [("0", "3.20"), ("1", "7.00"), ("2", "1.20")])
    def test_each_kind_adds_what_the_standard_says(self, kind: str, expected: str) -> None:
        rule = table(
            "from_leg_group_id,to_leg_group_id,fare_product_id,fare_transfer_type", f"city,coast,link,{kind}"
        )
        tariff = feed(fare_products=PRODUCTS, fare_leg_rules=CITY_COAST, fare_transfer_rules=rule)

        # Kind 1 would make 2.00 + 1.20 + 5.00 = 8.20: dearer than apart, so the guarantee buys singles.
        assert total(tariff, [leg("city", "10:00"), leg("coast", "10:30")]) == expected

    def test_a_compulsory_transfer_is_taken_although_it_is_dearer(self) -> None:
        rule = table(
            "from_leg_group_id,to_leg_group_id,fare_product_id,fare_transfer_type,x_compulsory",
            "city,coast,link,1,1",
        )
        tariff = feed(fare_products=PRODUCTS, fare_leg_rules=CITY_COAST, fare_transfer_rules=rule)

        found = price(tariff, [leg("city", "10:00"), leg("coast", "10:30")])

        assert text(found) == "8.20"
        assert found.partial

    def test_an_empty_group_stands_for_groups_that_are_not_listed(self) -> None:
        rule = table(
            "from_leg_group_id,to_leg_group_id,fare_product_id,fare_transfer_type", "city,,,0", ",city,link,0"
        )
        tariff = feed(fare_products=PRODUCTS, fare_leg_rules=CITY_COAST, fare_transfer_rules=rule)

        assert total(tariff, [leg("city", "10:00"), leg("coast", "10:30")]) == "2.00"
        assert total(tariff, [leg("coast", "10:00"), leg("city", "10:30")]) == "6.20"
        assert total(tariff, [leg("city", "10:00"), leg("city", "10:30")]) == "4.00"

    def test_a_run_below_zero_is_clamped(self) -> None:
        products = table(
            "fare_product_id,amount,currency", "city,2.00,EUR", "coast,5.00,EUR", "big,-9.00,EUR"
        )
        rule = table(
            "from_leg_group_id,to_leg_group_id,fare_product_id,fare_transfer_type", "city,coast,big,1"
        )
        tariff = feed(fare_products=products, fare_leg_rules=CITY_COAST, fare_transfer_rules=rule)

        found = price(tariff, [leg("city", "10:00"), leg("coast", "10:30")])

        assert text(found) == "0.00"
        assert found.derivation[-1]["reason"] == "clamp"


class TestJoins:
    JOIN = table("from_network_id,to_network_id", "city,hill")
    RULES = table(
        "network_id,from_area_id,to_area_id,fare_product_id,rule_priority",
        "city,,,city,",
        "hill,,,coast,",
        ",A,B,both,1",
    )

    def tariff(self, joined: str, compulsory: str = ""):
        products = table(
            "fare_product_id,amount,currency", "city,2.00,EUR", "coast,5.00,EUR", f"both,{joined},EUR"
        )
        join = table("from_network_id,to_network_id,x_compulsory", f"city,hill,{compulsory}")
        return feed(
            fare_products=products,
            fare_leg_rules=self.RULES,
            fare_leg_join_rules=join,
            areas=table("area_id", "A", "B"),
        )

    def legs(self):
        return [
            leg("city", "10:00", from_areas={"A"}, to_stop="S"),
            leg("hill", "10:30", to_areas={"B"}, from_stop="S"),
        ]

    def test_joined_legs_are_priced_from_the_first_area_to_the_last(self) -> None:
        found = price(self.tariff("6.00"), self.legs())

        assert text(found) == "6.00"
        assert [view.effective_leg for view in found.legs] == [0, 0]
        assert found.items[0].legs == (0, 1)

    def test_a_join_dearer_than_singles_is_bought_apart(self) -> None:
        found = price(self.tariff("9.00"), self.legs())

        assert (text(found), found.split_cheaper) == ("7.00", True)
        assert [item.legs for item in found.items] == [(0,), (1,)]

    def test_a_compulsory_join_holds(self) -> None:
        assert total(self.tariff("9.00", "1"), self.legs()) == "9.00"

    def test_legs_at_different_stations_do_not_join(self) -> None:
        first, second = self.legs()
        apart = [first, leg("hill", "10:30", to_areas={"B"}, from_stop="T")]

        assert total(self.tariff("6.00"), apart) == "7.00"
        assert second.from_stop == first.to_stop


class TestRidersAndMedia:
    PRODUCTS = table(
        "fare_product_id,rider_category_id,fare_media_id,amount,currency",
        "city,adult,app,3.20,EUR",
        "city,adult,bank,3.40,EUR",
        "city,child,app,1.60,EUR",
        "city,,paper,4.00,EUR",
    )

    def tariff(self):
        return feed(
            fare_products=self.PRODUCTS,
            rider_categories=table(
                "rider_category_id,is_default_fare_category", "adult,1", "child,0", "dog,0"
            ),
            fare_media=table("fare_media_id,fare_media_type", "app,4", "bank,3", "paper,1"),
            fare_leg_rules=table("network_id,fare_product_id", "city,city"),
        )

    @pytest.mark.parametrize(
        ("rider", "medium", "expected"),
        [
            ("adult", "app", "3.20"),
            ("adult", "bank", "3.40"),
            ("adult", None, "3.20"),
            ("child", None, "1.60"),
            (None, None, "1.60"),
            (None, "bank", "3.40"),
            ("dog", "paper", "4.00"),
            ("dog", None, "4.00"),
            ("child", "paper", "4.00"),
        ],
    )
    def test_exact_rows_come_first_then_rows_for_any(self, rider, medium, expected: str) -> None:
        assert total(self.tariff(), [leg("city", "10:00")], rider, medium) == expected

    def test_no_other_rider_stands_in_and_the_fare_stays_unknown(self) -> None:
        found = price(self.tariff(), [leg("city", "10:00")], "dog", "app")

        assert (found.total, found.reason, found.detail) == (None, "unknown_fare", "no_product_for_medium")


def test_an_unknown_leg_leaves_the_whole_unknown() -> None:
    tariff = feed(fare_products=PRODUCTS, fare_leg_rules=CITY_COAST)

    found = price(tariff, [leg("city", "10:00"), leg("hill", "10:30")])

    assert (found.total, found.reason, found.detail, found.items) == (None, "unknown_fare", "no_rule", ())
    assert [view.products for view in found.legs] == [("city",), ()]


def test_a_known_price_of_zero_is_not_unknown() -> None:
    tariff = feed(
        fare_products=table("fare_product_id,amount,currency", "free,0.00,EUR"),
        fare_leg_rules=table("network_id,fare_product_id", "city,free"),
    )

    assert total(tariff, [leg("city", "10:00")]) == "0.00"


def test_different_currencies_are_never_added() -> None:
    tariff = feed(
        fare_products=table("fare_product_id,amount,currency", "city,2.00,EUR", "coast,50.00,SEK"),
        fare_leg_rules=CITY_COAST,
    )

    assert price(tariff, [leg("city", "10:00"), leg("coast", "10:30")]).reason == "mixed_currencies"


def test_a_timeframe_includes_its_start_and_excludes_its_end() -> None:
    tariff = feed(
        fare_products=table("fare_product_id,amount,currency", "peak,3.00,EUR"),
        fare_leg_rules=table("fare_product_id,from_timeframe_group_id", "peak,rush"),
        timeframes=table("timeframe_group_id,start_time,end_time,service_id", "rush,07:00:00,09:00:00,daily"),
        calendar_dates=table("service_id,date,exception_type", "daily,20261013,1"),
    )

    known = [total(tariff, [leg(None, clock)]) for clock in ("06:59", "07:00", "08:59", "09:00")]

    assert known == [None, "3.00", "3.00", None]


def test_zones_travelled_must_be_exactly_the_set() -> None:
    tariff = feed(
        areas=table("area_id", "A", "B", "C"),
        area_sets=table("area_set_id", "AB", "ABC"),
        area_set_elements=table("area_set_id,area_id", "AB,A", "AB,B", "ABC,A", "ABC,B", "ABC,C"),
        fare_products=table("fare_product_id,amount,currency", "ab,3.20,EUR", "abc,4.40,EUR"),
        fare_leg_rules=table("fare_product_id,contains_exactly_area_set_id", "ab,AB", "abc,ABC"),
    )

    assert total(tariff, [leg(None, "10:00", areas={"A", "B"})]) == "3.20"
    assert total(tariff, [leg(None, "10:00", areas={"A", "B", "C"})]) == "4.40"
    assert total(tariff, [leg(None, "10:00", areas={"A"})]) is None
    assert total(tariff, [leg(None, "10:00")]) is None
