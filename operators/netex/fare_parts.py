"""Read the fares of NeTEx deliveries into parts: tariffs, matrices, products, prices, profiles of users. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from operators.elements import Element, local_name, text_at
from operators.netex.delivery import Object, reference
from operators.plain_text import plain

# The references by which access is given to everything of an organisation.
_OF_ALL = {"OperatorRef", "AuthorityRef", "NetworkRef"}
_KNOWN_PARAMETERS = {*_OF_ALL, "LineRef", "VehicleModes"}
_KNOWN_LIMITS = {
    *("RoundTrip", "FrequencyOfUse", "Interchanging", "UsageValidityPeriod"),
    *("UserProfile", "UserProfileRef", "GroupTicket", "PurchaseWindow"),
}
# Prices by quality, distance or time.
_FACTORS = {"qualityStructureFactors", "geographicalIntervals", "timeIntervals"}
_PRICED = {
    "DistanceMatrixElementPrice": ("DistanceMatrixElementRef",),
    "FareProductPrice": ("PreassignedFareProductRef", "FareProductRef"),
    "SalesOfferPackagePrice": ("SalesOfferPackageRef",),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A DistanceMatrixElement: from one zone or stop point to another, in that direction."""

    id: str
    start: str
    end: str
    of_zones: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A FareStructureElement: what it opens, for whom, and how often one may change, where it limits that.

    `changes` is None for any number. `unknown` names what it asks for beside that, and nobody here can check.
    """

    lines: tuple[str, ...]
    cells: tuple[str, ...]
    profiles: tuple[str, ...]
    trip: str
    limits_changes: bool
    changes: int | None
    change_seconds: str
    lasts: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """A PreassignedFareProduct: its structure elements by id, and the number of times that one may travel on it."""

    id: str
    name: str
    rules: tuple[str, ...]
    accesses: int


@dataclass(frozen=True, slots=True)
class Price:
    """An amount as the delivery writes it, of a product, a package or a cell; `table` is the list of prices that holds it."""

    of: str
    amount: str
    currency: str
    table: str


@dataclass(slots=True, kw_only=True)
class Fares:
    """All that was read, by id."""

    rules: dict[str, Rules] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    packages: dict[str, list[str]] = field(default_factory=dict)
    prices: list[Price] = field(default_factory=list)
    profiles: dict[str, str] = field(default_factory=dict)
    percents: dict[str, str] = field(default_factory=dict)
    discounts: dict[str, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def _tariff(fares: Fares, held: Object) -> None:
    for element in held.element.iter("{*}FareStructureElement"):
        fares.rules[element.get("id", "")] = _rules(element, fares)
    for element in held.element.iter("{*}DistanceMatrixElement"):
        _cell(fares, element)


def _structure(fares: Fares, held: Object) -> None:
    fares.rules[held.id] = _rules(held.element, fares)


def _matrix_cell(fares: Fares, held: Object) -> None:
    _cell(fares, held.element)


def _cell(fares: Fares, element: Element) -> None:
    cell_id = element.get("id", "")
    zones = [reference(element, f"{end}TariffZoneRef", f"{end}FareZoneRef") for end in ("Start", "End")]
    points = [reference(element, f"{end}StopPointRef") for end in ("Start", "End")]
    start, end = zones if all(zones) else points
    if not start or not end:
        fares.unread.append(
            f"DistanceMatrixElement {cell_id} is neither between two zones nor between two stop points"
        )
        return
    fares.cells[cell_id] = Cell(cell_id, start, end, of_zones=all(zones))


def _rules(element: Element, fares: Fares) -> Rules:
    limits = {local_name(limit): limit for limit in _limitations(element)}
    changing = limits.get("Interchanging")
    return Rules(
        lines=tuple(one.get("ref", "") for one in _parameters(element) if local_name(one) == "LineRef"),
        cells=tuple(one.get("ref", "") for one in element.iter("{*}DistanceMatrixElementRef")),
        profiles=tuple(_profiles(element, fares)),
        trip=_text_in(limits, "RoundTrip", "TripType"),
        limits_changes=changing is not None,
        changes=None if changing is None else _changes(changing),
        change_seconds=_text_in(limits, "Interchanging", "MaximumTimeToMakeATransfer"),
        lasts=_text_in(limits, "UsageValidityPeriod", "StandardDuration"),
        unknown=tuple(_unknown(element)),
    )


def _text_in(limits: Mapping[str, Element], kind: str, name: str) -> str:
    return text_at(limits[kind], name) if kind in limits else ""


def _profiles(element: Element, fares: Fares) -> Iterator[str]:
    """The user profiles of a structure element; those that it holds itself are known by their names from now on."""
    for limit in _limitations(element):
        if local_name(limit) == "UserProfile":
            profile = limit.get("id", "")
            fares.profiles.setdefault(profile, plain(text_at(limit, "Name")) or profile)
            yield profile
        elif local_name(limit) == "UserProfileRef":
            yield limit.get("ref", "")


def _unknown(element: Element) -> Iterator[str]:
    """The conditions of a structure element that nobody here can check, by their names."""
    yield from (name for name in map(local_name, _limitations(element)) if name not in _KNOWN_LIMITS)
    yield from (name for name in map(local_name, _parameters(element)) if name not in _KNOWN_PARAMETERS)
    yield from (name for name in map(local_name, element) if name in _FACTORS)


def _limitations(element: Element) -> Iterator[Element]:
    for group in element.iter("{*}limitations"):
        yield from group


def _parameters(element: Element) -> Iterator[Element]:
    for group in element.iter("{*}validityParameters"):
        yield from group


def _changes(limit: Element) -> int | None:
    """The number of changes that are allowed; None for any number."""
    number = text_at(limit, "MaximumNumberOfInterchanges")
    if text_at(limit, "CanInterchange") == "false":
        return 0
    return int(number) if number.isdecimal() else None


def _product(fares: Fares, held: Object) -> None:
    rules = [ref.get("ref", "") for ref in held.element.iter("{*}FareStructureElementRef")]
    for inline in held.element.iter("{*}FareStructureElement"):
        fares.rules[inline.get("id", "")] = _rules(inline, fares)
        rules.append(inline.get("id", ""))
    accesses = sum(1 for _ in held.element.iter("{*}AccessRightInProduct"))
    fares.products[held.id] = Product(held.id, plain(text_at(held.element, "Name")), tuple(rules), accesses)


def _package(fares: Fares, held: Object) -> None:
    kinds = ("{*}PreassignedFareProductRef", "{*}FareProductRef")
    fares.packages[held.id] = [ref.get("ref", "") for ref in held.element.iter(*kinds)]


def _prices(fares: Fares, held: Object) -> None:
    """The prices of a PriceGroup or FareTable."""
    product = [ref.get("ref", "") for ref in held.element.iter("{*}PreassignedFareProductRef")]
    if held.kind == "FareTable" and len(set(product)) == 1:
        fares.tables[held.id] = product[0]
    for kind, references in _PRICED.items():
        for element in held.element.iter(f"{{*}}{kind}"):
            amount, of = text_at(element, "Amount"), reference(element, *references)
            if amount and of:
                fares.prices.append(Price(of, amount, text_at(element, "Currency"), held.id))
    for element in held.element.iter("{*}UsageParameterPrice"):
        fares.discounts[reference(element, "UserProfileRef")] = reference(element, "DiscountingRuleRef")


def _discount(fares: Fares, held: Object) -> None:
    fares.percents[held.id] = text_at(held.element, "DiscountAsPercentage")


def _profile(fares: Fares, held: Object) -> None:
    fares.profiles[held.id] = plain(text_at(held.element, "Name")) or held.id


FARE_READERS: Mapping[str, Callable[[Fares, Object], None]] = {
    "DiscountingRule": _discount,
    "DistanceMatrixElement": _matrix_cell,
    "FareStructureElement": _structure,
    "FareTable": _prices,
    "PreassignedFareProduct": _product,
    "PriceGroup": _prices,
    "SalesOfferPackage": _package,
    "Tariff": _tariff,
    "UserProfile": _profile,
}
