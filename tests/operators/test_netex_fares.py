"""Fares of NeTEx: the price of each ride as the delivery says it, and no product that would be sold to the wrong people."""

from datetime import UTC, datetime, timedelta

import pytest

from operators.netex.convert import Converted, convert
from tariffs.fares import feed as fares
from tariffs.fares import price as pricing
from tariffs.fares.legs import FareLeg
from tests.operators.written_netex import document

_STOPS = {"A": "1", "B": "1", "C": "2"}
_SINGLE = "<RoundTrip id='rt'><TripType>single</TripType></RoundTrip>"


def delivery(*frames: str, currency: str = "EUR") -> Converted:
    """Three stops in two zones, and fares."""
    points = "".join(
        f"<ScheduledStopPoint id='x:{stop}' version='1'><Name>{stop}</Name><Location><Longitude>24.{zone}</Longitude>"
        f"<Latitude>59.{at}</Latitude></Location><tariffZones><TariffZoneRef ref='x:zone{zone}'/></tariffZones></ScheduledStopPoint>"
        for at, (stop, zone) in enumerate(_STOPS.items())
    )
    network = f"<ServiceFrame id='x:n' version='1'><scheduledStopPoints>{points}</scheduledStopPoints></ServiceFrame>"
    fare_frame = (
        f"<FareFrame id='x:f' version='1'><FrameDefaults><DefaultCurrency>{currency}</DefaultCurrency></FrameDefaults>"
        f"{''.join(frames)}</FareFrame>"
    )
    return convert({"fares.xml": document([network, fare_frame])})


def element(name: str, *, parameters: str = "", limits: str = _SINGLE, cells: str = "") -> str:
    return (
        f"<FareStructureElement id='x:{name}' version='1'>{cells}<GenericParameterAssignment id='x:{name}@a' version='1'>"
        f"<validityParameters>{parameters}</validityParameters><limitations>{limits}</limitations>"
        "</GenericParameterAssignment></FareStructureElement>"
    )


def product(name: str, *elements: str, accesses: int = 1) -> str:
    refs = "".join(f"<FareStructureElementRef ref='x:{one}'/>" for one in elements)
    rights = "".join(
        f"<AccessRightInProduct id='x:{name}{at}' version='1' order='1'/>" for at in range(accesses)
    )
    return (
        f"<PreassignedFareProduct id='x:{name}' version='1'><Name>{name}</Name><validableElements>"
        f"<ValidableElement id='x:{name}@v' version='1'><fareStructureElements>{refs}</fareStructureElements>"
        f"</ValidableElement></validableElements><accessRightsInProduct>{rights}</accessRightsInProduct></PreassignedFareProduct>"
    )


def prices(*rows: str) -> str:
    return f"<PriceGroup id='x:pg' version='1'><members>{''.join(rows)}</members></PriceGroup>"


def of_product(name: str, amount: str) -> str:
    return (
        f"<FareProductPrice id='x:{name}' version='1'><Amount>{amount}</Amount>"
        f"<PreassignedFareProductRef ref='x:{name}'/></FareProductPrice>"
    )


def of_cell(name: str, amount: str) -> str:
    return (
        f"<DistanceMatrixElementPrice id='x:p{name}{amount}' version='1'><Amount>{amount}</Amount>"
        f"<DistanceMatrixElementRef ref='x:{name}'/></DistanceMatrixElementPrice>"
    )


def cell(name: str, start: str, end: str, kind: str = "TariffZone") -> str:
    return (
        f"<DistanceMatrixElement id='x:{name}' version='1'><Start{kind}Ref ref='x:{start}'/><End{kind}Ref ref='x:{end}'/>"
        "</DistanceMatrixElement>"
    )


def matrix(*names: str) -> str:
    refs = "".join(f"<DistanceMatrixElementRef ref='x:{name}'/>" for name in names)
    return f"<distanceMatrixElements>{refs}</distanceMatrixElements>"


def tariff(*parts: str) -> str:
    return f"<Tariff id='x:t' version='1'>{''.join(parts)}</Tariff>"


def price(
    converted: Converted, *rides: tuple[str, str, str], rider: str | None = None, minutes: int = 30
) -> str | None:
    """The price of rides (line, from, to) that leave so many minutes one after the other; None without a price."""
    feed, findings = fares.load(converted.tables)
    assert feed is not None, findings
    start = datetime(2026, 10, 13, 8, tzinfo=UTC)
    legs = [
        FareLeg(
            network=feed.route_networks.get(f"x:{line}"),
            from_areas=feed.areas_of(f"x:{origin}"),
            to_areas=feed.areas_of(f"x:{end}"),
            areas=feed.areas_of(f"x:{origin}") | feed.areas_of(f"x:{end}"),
            departure=start + timedelta(minutes=minutes * number),
            arrival=start + timedelta(minutes=minutes * number + 10),
        )
        for number, (line, origin, end) in enumerate(rides)
    ]
    total = pricing.price(feed, legs, rider).total
    return total and str(total)


def messages(converted: Converted) -> str:
    return "\n".join(found.message for found in converted.findings)


class TestFlat:
    def test_a_product_of_two_lines_is_paid_for_each_ride_without_a_right_to_change(self) -> None:
        lines = "<LineRef ref='x:L1'/><LineRef ref='x:L2'/>"
        read = delivery(
            tariff(element("e", parameters=lines)),
            product("single", "e"),
            prices(of_product("single", "1.5")),
        )

        assert price(read, ("L1", "A", "C")) == "1.50 EUR"
        assert price(read, ("L1", "A", "B"), ("L2", "B", "C")) == "3.00 EUR"
        assert price(read, ("L3", "A", "C")) is None

    @pytest.mark.parametrize(
        ("limit", "minutes", "total"),
        [
            ("<Interchanging id='i'><CanInterchange>true</CanInterchange></Interchanging>", 300, "1.25 USD"),
            (
                "<Interchanging id='i'><MaximumNumberOfInterchanges>1</MaximumNumberOfInterchanges></Interchanging>",
                30,
                "2.50 USD",
            ),
            ("<Interchanging id='i'><CanInterchange>false</CanInterchange></Interchanging>", 30, "3.75 USD"),
            (
                "<Interchanging id='i'><CanInterchange>true</CanInterchange><MaximumTimeToMakeATransfer>PT1H</MaximumTimeToMakeATransfer></Interchanging>",
                30,
                "1.25 USD",
            ),
            (
                "<Interchanging id='i'><CanInterchange>true</CanInterchange><MaximumTimeToMakeATransfer>PT29M59S</MaximumTimeToMakeATransfer></Interchanging>",
                30,
                "3.75 USD",
            ),
            ("", 30, "3.75 USD"),
        ],
    )
    def test_changes_are_as_free_as_the_delivery_says(self, limit: str, minutes: int, total: str) -> None:
        """Three rides; nothing is free that nobody has written."""
        read = delivery(
            tariff(element("e", parameters="<OperatorRef ref='x:o'/>", limits=_SINGLE + limit)),
            product("single", "e"),
            prices(of_product("single", "1.25")),
            currency="USD",
        )

        assert price(read, ("L1", "A", "B"), ("L2", "B", "C"), ("L1", "C", "A"), minutes=minutes) == total

    def test_products_that_share_a_line_are_both_sold_on_it(self) -> None:
        read = delivery(
            tariff(
                element("one", parameters="<LineRef ref='x:L1'/><LineRef ref='x:L2'/>"),
                element("two", parameters="<LineRef ref='x:L2'/><LineRef ref='x:L3'/>"),
            ),
            product("dear", "one"),
            product("cheap", "two"),
            prices(of_product("dear", "3"), of_product("cheap", "2")),
        )

        totals = {line: price(read, (line, "A", "B")) for line in ("L1", "L2", "L3")}
        assert totals == {"L1": "3.00 EUR", "L2": "2.00 EUR", "L3": "2.00 EUR"}


class TestMatrix:
    CELLS = cell("z11", "zone1", "zone1") + cell("z12", "zone1", "zone2")

    def test_zones_are_those_of_the_stops_and_a_cell_has_one_direction(self) -> None:
        read = delivery(
            tariff(
                element("e", cells=matrix("z11", "z12")),
                f"<distanceMatrixElements>{self.CELLS}</distanceMatrixElements>",
            ),
            product("single", "e"),
            prices(of_cell("z11", "0.50"), of_cell("z12", "1.00")),
        )

        assert price(read, ("L", "A", "B")) == "0.50 EUR"
        assert price(read, ("L", "A", "C")) == "1.00 EUR"
        assert price(read, ("L", "C", "A")) is None

    def test_a_profile_pays_its_part(self) -> None:
        profiles = "<UserProfile id='x:adult'><Name>Adult</Name></UserProfile><UserProfile id='x:child'><Name>Child</Name></UserProfile>"
        discounts = (
            "<PriceGroup id='x:d' version='1'><members><UsageParameterPrice id='u1'><DiscountingRuleRef ref='x:half'/>"
            "<UserProfileRef ref='x:child'/></UsageParameterPrice></members></PriceGroup>"
            "<pricingRules><DiscountingRule id='x:half' version='1'><DiscountAsPercentage>50</DiscountAsPercentage></DiscountingRule></pricingRules>"
        )
        read = delivery(
            tariff(element("e", cells=matrix("z12"), limits=_SINGLE + profiles), self.CELLS),
            product("single", "e"),
            prices(of_cell("z12", "1.00")),
            discounts,
        )

        assert price(read, ("L", "A", "C"), rider="x:adult") == "1.00 EUR"
        assert price(read, ("L", "A", "C"), rider="x:child") == "0.50 EUR"

    def test_stop_points_are_areas_of_their_own(self) -> None:
        read = delivery(
            tariff(
                element("e", cells=matrix("ab", "ac")),
                cell("ab", "A", "B", "StopPoint"),
                cell("ac", "A", "C", "StopPoint"),
            ),
            product("single", "e"),
            prices(of_cell("ab", "1.75"), of_cell("ac", "3.25")),
        )

        assert (price(read, ("L", "A", "B")), price(read, ("L", "A", "C"))) == ("1.75 EUR", "3.25 EUR")


class TestNotSold:
    """A product that V2 cannot say is left out whole, and told."""

    @pytest.mark.parametrize(
        ("frames", "said"),
        [
            (
                [tariff(element("e")), product("p", "e", accesses=2), prices(of_product("p", "1"))],
                "more than one trip",
            ),
            (
                [
                    tariff(element("e", limits="<RoundTrip id='r'><TripType>return</TripType></RoundTrip>")),
                    product("p", "e"),
                    prices(of_product("p", "1")),
                ],
                "more than one trip",
            ),
            (
                [
                    tariff(element("e", limits="<Entitlement id='x'/>")),
                    product("p", "e"),
                    prices(of_product("p", "1")),
                ],
                "depends on Entitlement",
            ),
            (
                [
                    tariff(element("e", parameters="<TimebandRef ref='x:night'/>")),
                    product("p", "e"),
                    prices(of_product("p", "1")),
                ],
                "depends on TimebandRef",
            ),
            (
                [tariff(element("e")), product("p", "other"), prices(of_product("p", "1"))],
                "'x:other' is not in the delivery",
            ),
            ([tariff(element("e")), product("p", "e")], "no price of it is in the delivery"),
            (
                [tariff(element("e")), product("p", "e"), prices(of_product("p", "1.005"))],
                "has more decimals than the currency",
            ),
            (
                [tariff(element("e")), product("p", "e"), prices(of_product("p", "-1"))],
                "no amount that one can pay",
            ),
            (
                [tariff(element("e")), product("p", "e"), prices(of_product("p", "NaN"))],
                "no amount that one can pay",
            ),
            (
                [tariff(element("e")), product("p", "e"), prices(of_product("p", "free"))],
                "'free' EUR is no amount",
            ),
            (
                [
                    tariff(element("e", cells=matrix("z")), cell("z", "zone1", "zone2")),
                    product("p", "e"),
                    prices(of_cell("z", "1"), of_cell("z", "2")),
                ],
                "has two prices, 1 and 2",
            ),
            (
                [
                    tariff(element("e", limits=_SINGLE + "<UserProfile id='x:c'/>")),
                    product("p", "e"),
                    prices(
                        of_product("p", "1"),
                        "<UsageParameterPrice id='u'><DiscountingRuleRef ref='x:gone'/><UserProfileRef ref='x:c'/></UsageParameterPrice>",
                    ),
                ],
                "has no percentage in the delivery",
            ),
        ],
    )
    def test_a_product_that_cannot_be_said_is_named(self, frames: list[str], said: str) -> None:
        read = delivery(*frames)

        assert said in messages(read)
        assert "fare_products.txt" not in read.tables

    def test_the_others_are_sold(self) -> None:
        read = delivery(
            tariff(element("e"), element("odd", limits="<Entitlement id='x'/>")),
            product("p", "e"),
            product("odd", "odd"),
            prices(of_product("p", "1"), of_product("odd", "2")),
        )

        assert "PreassignedFareProduct x:odd: it depends on Entitlement" in messages(read)
        assert price(read, ("L", "A", "B")) == "1.00 EUR"
