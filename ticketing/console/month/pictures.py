"""A month in tiles and pictures, each picture with the numbers that it shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tariffs.money import Money
from ticketing.console import charts, figures
from ticketing.console.charts import Bar, Part
from ticketing.console.names import party_name
from ticketing.console.pages import language
from ticketing.console.words import text
from ticketing.settlement import outlook
from ticketing.settlement.office import Office
from ticketing.settlement.outlook import Figures, Flow, NetOfMonth


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its name, and how it stands to the month before."""

    name: str
    value: str
    beside: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture with its caption and its numbers: a head and rows; `id` names it on the page."""

    id: str
    caption: str
    picture: Markup
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    keys: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A month as the first page shows it."""

    period: str
    tiles: Sequence[Tile]
    flows: Sequence[Flow]
    drawings: Sequence[Drawing]


def of_month(office: Office, region: str, period: str) -> Shown:
    """Read a month, the one before it and the last twelve, and draw them."""
    nets = outlook.list_net(office, region, period)
    month = outlook.get_figures(office, region, period)
    before = next((net.period for net in reversed(nets) if net.period < period), None)
    last = outlook.get_figures(office, region, before) if before else None
    return Shown(
        period=period,
        tiles=tiles_of(month, last),
        flows=month.flows,
        drawings=[
            *(_flow_of(month, flow) for flow in month.flows),
            *(_nets_of(nets, flow.currency) for flow in month.flows),
        ],
    )


def tiles_of(month: Figures, last: Figures | None) -> list[Tile]:
    """The tiles of a month beside those of the one before."""
    tongue = language()
    tiles = [
        Tile(
            text("tile.tickets", tongue),
            figures.count(month.tickets, tongue),
            _beside(month.tickets, last.tickets if last else None),
        ),
        Tile(
            text("tile.passengers", tongue),
            figures.count(month.passengers, tongue),
            _beside(month.passengers, last.passengers if last else None),
        ),
    ]
    return [*tiles, *(tile for flow in month.flows for tile in _tiles_of(month, last, flow))]


def _tiles_of(month: Figures, last: Figures | None, flow: Flow) -> list[Tile]:
    tongue = language()
    earlier = next((one for one in last.flows if one.currency == flow.currency), None) if last else None
    fare = _average(flow, month.tickets)
    then = _average(earlier, last.tickets if last else 0)
    was = figures.share(earlier.given_back.minor, earlier.paid.minor, tongue) if earlier else ""
    return [
        Tile(
            text("tile.average", tongue),
            figures.of_money(fare, tongue) if fare else "–",
            _beside(fare.minor if fare else 0, then.minor if then else None),
        ),
        Tile(
            text("tile.given_back", tongue),
            figures.share(flow.given_back.minor, flow.paid.minor, tongue),
            text("tile.was", tongue, value=was) if was else text("tile.no_month", tongue),
        ),
    ]


def _average(flow: Flow | None, tickets: int) -> Money | None:
    """The price of a ticket on average, rounded half up; None where none was sold."""
    if flow is None or not tickets:
        return None
    return Money((2 * flow.paid.minor + tickets) // (2 * tickets), flow.currency)


def _beside(now: int, then: int | None) -> str:
    """Say how a number stands to that of the month before, in words."""
    tongue = language()
    if not then:
        return text("tile.no_month", tongue)
    if now == then:
        return text("tile.same", tongue)
    key = "tile.more" if now > then else "tile.less"
    return text(key, tongue, value=figures.share(abs(now - then), then, tongue))


def _part(name: str, money: Money) -> Part:
    return Part(name, money.minor, figures.of_money(money, language()))


def _flow_of(month: Figures, flow: Flow) -> Drawing:
    """Draw how the money of passengers becomes that of operators, states and the scheme."""
    tongue, currency = language(), flow.currency
    operators = sorted(
        ((party, minor) for (party, money), minor in month.net.items() if money == currency),
        key=lambda row: -row[1],
    )
    parts = [
        *(_part(party_name(party, tongue), Money(minor, currency)) for party, minor in operators),
        _part(text("vat", tongue), flow.vat),
        _part(text("fee_of_scheme", tongue), flow.fee),
        _part(text("given_back", tongue), flow.given_back),
    ]
    drawn = [part for part in parts if part.minor]
    caption = text("flow_caption", tongue, month=figures.month(month.period, tongue), currency=currency)
    name = f"flow-{currency}"
    return Drawing(
        id=name,
        caption=caption,
        picture=charts.flow(name, _part(text("paid_by_passengers", tongue), flow.paid), drawn),
        head=(text("for", tongue), text("amount", tongue)),
        rows=[(part.name, part.words) for part in parts],
    )


def _nets_of(nets: Sequence[NetOfMonth], currency: str) -> Drawing:
    """Draw the net of the operators over the months."""
    tongue = language()
    keys = set().union(*(net.net for net in nets))
    parties = sorted(party for party, money in keys if money == currency)
    names = [party_name(party, tongue) for party in parties]
    shown = [_bar(net, parties, currency) for net in nets]
    words = [figures.plain(Money(mark, currency).text, tongue) for mark in charts.marks_of(shown)]
    name = f"net-{currency}"
    return Drawing(
        id=name,
        caption=text("net_caption", tongue, count=len(nets), currency=currency),
        picture=charts.bars(name, shown, names, words),
        head=(text("month", tongue), *names),
        rows=[_row(net, bar) for net, bar in zip(nets, shown, strict=True)],
        keys=[(charts.colour_of(names, name), name) for name in names],
    )


def _bar(net: NetOfMonth, parties: Sequence[str], currency: str) -> Bar:
    tongue = language()
    parts = [
        _part(party_name(party, tongue), Money(net.net.get((party, currency), 0), currency))
        for party in parties
    ]
    return Bar(figures.short_month(net.period, tongue), parts)


def _row(net: NetOfMonth, bar: Bar) -> tuple[str, ...]:
    return figures.month(net.period, language()), *(part.words for part in bar.parts)
