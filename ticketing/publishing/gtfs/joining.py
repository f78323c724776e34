"""Say the scheme's joint prices in Fares V2: a city's ride and the main ride beside it as one effective leg, the rest by transfers. Pure.

Fares V2 takes something off between two rides, and cannot see a third. So the ride of an operator with one price for any ride (flat)
is joined to the main ride by `fare_leg_join_rules.txt`, as one leg with prices of its own; what the far side costs after or before it is a transfer.
`decisions/0181` has the reasons.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from operators.distance import great_circle_m
from operators.region import RegionData
from ticketing.publishing.gtfs.agreed import AddOn, Agreed, Through
from ticketing.publishing.gtfs.naming import name
from ticketing.publishing.gtfs.rows import Row
from ticketing.publishing.gtfs.sold import Prices, Tariff

# fare_transfer_type 0 adds the transfer's product in place of the next leg's price; duration_limit_type 2 counts from arrival to departure.
# No price is below zero: some readers refuse that.
_ADDS, _ON_FOOT = "0", "2"
_Amounts = Mapping[str, int]
_PERCENT = 100


@dataclass(slots=True, kw_only=True)
class Said:
    """The rows that say joint prices, by table, and the ids of the agreements that they say."""

    areas: list[Row] = field(default_factory=list)
    stop_areas: list[Row] = field(default_factory=list)
    joins: list[Row] = field(default_factory=list)
    legs: list[Row] = field(default_factory=list)
    transfers: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)
    agreements: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A flat ride right before or after a main ride; `near` is the flat operator, `main` the other."""

    near: Tariff
    main: Tariff
    is_before: bool

    @property
    def pair(self) -> tuple[str, str]:
        """The operators in the order of the rides."""
        ends = self.near.operator, self.main.operator
        return ends if self.is_before else (ends[1], ends[0])

    def with_far(self, far: str) -> tuple[str, str, str]:
        """The three operators in the order of the rides, the far one at the other end."""
        return (*self.pair, far) if self.is_before else (far, *self.pair)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways to pay for a joined leg and a far ride: what is paid for the joined leg, for its two rides apart, and the agreements."""

    joined: _Amounts
    apart: _Amounts
    add_on: AddOn | None
    through: Through | None

    def cheapest(self, own: _Amounts) -> dict[str, int]:
        """The cheapest price of three rides for each rider; `own` is that of the far ride."""
        return {rider: min(self._of(rider, price)) for rider, price in own.items()}

    def _of(self, rider: str, price: int) -> Iterator[int]:
        yield self.joined[rider] + price
        if self.add_on:
            yield self.apart[rider] + self.add_on.added(price, rider)
        if self.through and rider in self.through.amounts:
            yield self.through.amounts[rider]


class Joiner:
    """Writes the joint prices of a region's tariffs."""

    def __init__(
        self,
        data: RegionData,
        tariffs: Mapping[str, Tariff],
        *,
        agreed: Agreed,
        prices: Prices,
        transfers: Sequence[Row],
    ) -> None:
        self._data, self._tariffs, self._agreed, self._prices = data, tariffs, agreed, prices
        self._transfers = transfers
        self._said = Said()
        self._numbers = itertools.count(1)

    def write(self, weekdays: Mapping[str, frozenset[int] | None]) -> Said:
        """Write every joint price; `weekdays` are those of the timeframe groups of leg rules."""
        for main in self._mains():
            for far in self._tariffs.values():
                if not far.is_flat:
                    self._write_alone(main, far)
        for beside in self._besides():
            self._write_beside(beside, weekdays)
        return self._said

    def _mains(self) -> list[Tariff]:
        """The tariffs of main rides: by their ends, and with a flat or far ride added to them by some agreement."""
        named = {pair[0] if pair[1] == added else pair[1] for *pair, added in self._agreed.add_ons}
        named |= {operators[1] for operators in self._agreed.throughs}
        return [one for one in self._tariffs.values() if one.operator in named and one.is_by_ends]

    def _besides(self) -> Iterator[Beside]:
        """Yield the pairs of a flat and a main ride of which some agreement speaks."""
        for main, near in itertools.product(self._mains(), self._tariffs.values()):
            for is_before in (True, False):
                beside = Beside(near=near, main=main, is_before=is_before)
                speaks = any(
                    beside.pair == _ends(operators, is_before) for operators in self._agreed.throughs
                )
                if near.is_flat and (speaks or self._agreed.add_on(*beside.pair, near.operator)):
                    yield beside

    def _write_alone(self, main: Tariff, far: Tariff) -> None:
        """Write the far ride that is added to a main ride alone, before it and after it."""
        for pair in ((main.operator, far.operator), (far.operator, main.operator)):
            add_on = self._agreed.add_on(*pair, far.operator)
            if add_on is None:
                continue
            self._said.agreements.add(add_on.id)
            priced = itertools.product(self._priced(far), self._priced(main))
            for (group, own), (main_group, price) in priced:
                less = {rider: add_on.added(amount, rider) - amount for rider, amount in own.items()}
                if pair[0] == main.operator:
                    self._transfer((main_group, group), own, less, add_on.limit)
                else:
                    self._transfer((group, main_group), price, less, add_on.limit)

    def _priced(self, tariff: Tariff) -> list[tuple[str, _Amounts]]:
        """The leg groups of a tariff that have one price."""
        priced = ((group, self._prices.of_all(product)) for group, product in tariff.groups.items())
        return [(group, amounts) for group, amounts in priced if amounts is not None]

    def _write_beside(self, beside: Beside, weekdays: Mapping[str, frozenset[int] | None]) -> None:
        """Write a flat ride joined to a main ride: its prices, and the far rides after or before it."""
        near_group, near_price = self._cheapest(beside.near)
        joins = list(self._joins(beside))
        if near_price is None or not joins:
            return
        self._said.joins += joins
        area = self._area_of(beside.near)
        add_on = self._agreed.add_on(*beside.pair, beside.near.operator)
        for rule in beside.main.rules:
            main = self._prices.of_all(rule["fare_product_id"])
            if main is None:
                continue
            joined = {
                rider: main[rider] + (add_on.added(price, rider) if add_on else price)
                for rider, price in near_price.items()
            }
            group = self._leg(beside, rule, area, joined)
            if add_on:
                self._said.agreements.add(add_on.id)
            if beside.is_before:
                self._carry_on(near_group, group, _sum(joined, {one: -near_price[one] for one in near_price}))
            days = weekdays.get(rule.get("from_timeframe_group_id", ""))
            self._write_far(beside, group, joined, apart=_sum(main, near_price), days=days)

    def _write_far(
        self, beside: Beside, group: str, joined: _Amounts, *, apart: _Amounts, days: frozenset[int] | None
    ) -> None:
        """Write what each far ride costs beside a joined leg: the cheapest of all agreements over the three."""
        for far in self._tariffs.values():
            add_on, through = self._beside_far(beside, far, days)
            if not (add_on or through):
                continue
            for far_group, own in self._priced(far):
                ways = Ways(joined=joined, apart=apart, add_on=add_on, through=through)
                best = ways.cheapest(own)
                less = {rider: best[rider] - joined[rider] - own[rider] for rider in own}
                limit = _limit(beside, add_on, through)
                if beside.is_before:
                    self._transfer((group, far_group), own, less, limit)
                else:
                    self._transfer((far_group, group), joined, less, limit)
            self._said.agreements |= {one.id for one in (add_on, through) if one}

    def _beside_far(
        self, beside: Beside, far: Tariff, days: frozenset[int] | None
    ) -> tuple[AddOn | None, Through | None]:
        """The agreements on a far ride beside a joined one on some weekdays; none where they hold on some of these alone."""
        through = self._agreed.throughs.get(beside.with_far(far.operator))
        main = beside.main.operator
        pair = (main, far.operator) if beside.is_before else (far.operator, main)
        holds = through.holds_on(days) if through else False
        if far.is_flat or holds is None:
            return None, None
        return self._agreed.add_on(*pair, far.operator), through if holds else None

    def _leg(self, beside: Beside, rule: Row, area: str, joined: _Amounts) -> str:
        """Write the leg rule of a joined ride; answers its group."""
        number = next(self._numbers)
        group = f"joint:{'+'.join(beside.pair)}:{number}"
        end = "from_area_id" if beside.is_before else "to_area_id"
        kept = {key: value for key, value in rule.items() if key != "network_id"}
        row = {**kept, "leg_group_id": group, end: area, "fare_product_id": group, "rule_priority": "1"}
        self._said.legs.append(row)
        title = " + ".join(self._data.operators[one].name for one in beside.pair)
        self._said.products += self._prices.rows(group, title, joined)
        return group

    def _transfer(self, ends: tuple[str, str], then: _Amounts, less: _Amounts, limit: int) -> None:
        """Write what the next ride costs after a change; `then` is its own price, `less` the discount (below zero)."""
        added = _sum(then, less)
        if any(less.values()) and min(added.values()) >= 0:
            row = {"duration_limit": str(limit), "duration_limit_type": _ON_FOOT}
            self._said.transfers.append(self._then(ends, added, row))

    def _carry_on(self, near_group: str, group: str, added: _Amounts) -> None:
        """Let a ticket of the flat operator that is still good count for its ride in a joined leg."""
        for row in self._transfers:
            if row["from_leg_group_id"] == row["to_leg_group_id"] == near_group and min(added.values()) >= 0:
                own = {key: row[key] for key in ("duration_limit", "duration_limit_type")}
                self._said.transfers.append(self._then((near_group, group), added, own))

    def _then(self, ends: tuple[str, str], added: _Amounts, limit: Row) -> Row:
        """Write the product that is paid at a change, and the row that says so."""
        product = f"joint:transfer:{next(self._numbers)}"
        self._said.products += self._prices.rows(product, "Joint price", added)
        return {
            "from_leg_group_id": ends[0],
            "to_leg_group_id": ends[1],
            **limit,
            "fare_transfer_type": _ADDS,
            "fare_product_id": product,
        }

    def _cheapest(self, tariff: Tariff) -> tuple[str, _Amounts | None]:
        """The leg group of a flat tariff that costs least, with its prices."""
        return min(self._priced(tariff), key=lambda one: (sum(one[1].values()), one[0]), default=("", None))

    def _area_of(self, tariff: Tariff) -> str:
        """Write the area that has every stop of an operator, once."""
        area = name(tariff.operator, "joint")
        if not any(row["area_id"] == area for row in self._said.areas):
            self._said.areas.append(
                {"area_id": area, "area_name": self._data.operators[tariff.operator].name}
            )
            stops = self._data.timetables[tariff.operator].stops.values()
            self._said.stop_areas += [
                {"area_id": area, "stop_id": name(tariff.operator, stop.id)}
                for stop in stops
                if not stop.is_station
            ]
        return area

    def _joins(self, beside: Beside) -> Iterator[Row]:
        """Yield the joins at the stops between which people walk."""
        first, second = beside.pair
        reach = self._data.walking.max_m * _PERCENT / self._data.walking.detour_percent
        networks = {one.operator: one.network for one in (beside.near, beside.main)}
        stops = [self._data.timetables[operator].stops.values() for operator in (first, second)]
        for start, end in itertools.product(*stops):
            near = great_circle_m((start.lat, start.lon), (end.lat, end.lon)) <= reach
            if near and not start.is_station and not end.is_station:
                yield {
                    "from_network_id": networks[first],
                    "to_network_id": networks[second],
                    "from_stop_id": name(first, start.id),
                    "to_stop_id": name(second, end.id),
                }


def _ends(operators: tuple[str, str, str], is_before: bool) -> tuple[str, str]:
    """The first two of three operators, or the last two."""
    return (operators[0], operators[1]) if is_before else (operators[1], operators[2])


def _sum(one: _Amounts, other: _Amounts) -> dict[str, int]:
    return {rider: one[rider] + other[rider] for rider in one}


def _limit(beside: Beside, add_on: AddOn | None, through: Through | None) -> int:
    """The longest change to or from the far ride for which every agreement holds."""
    limits = [add_on.limit] if add_on else []
    if through:
        limits.append(through.limits[1 if beside.is_before else 0])
    return min(limits)
