"""The layers of the map, each with its picture and its table: from published numbers, feeds and today's prices. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tariffs.money import Money
from ticketing.atlas import words
from ticketing.impact import (
    Access,
    Changes,
    Coast,
    Corridor,
    Mark,
    Month,
    Spot,
    access_of,
    draw,
    spots,
    steps_of,
)
from ticketing.regions import Region

LAYERS = ("journeys", "saved", "connections", "co2", "access")
# The layers whose figures are those of ways.
OF_WAYS = frozenset({"saved", "co2"})
# The columns of a layer of corridors, and which of its figures is drawn.
_COLUMNS = {"journeys": 3, "saved": 4, "co2": 5}
_DRAWN = {"journeys": 0, "saved": 1, "co2": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A layer as a page shows it: the picture, the heading of its table, its rows, and its sum where there is one.

    The first `names` columns of a row name it. `steps` are the largest figures of each of the five widths, in words, empty where
    there is nothing to draw.
    """

    picture: Markup
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 2
    total: str = ""
    steps: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Scene:
    """The things that every layer is drawn with."""

    region: Region
    month: Month
    places: dict[str, Spot]
    coasts: Coast
    language: str

    def text(self, key: str) -> str:
        """A text of the page."""
        return words.of(self.language)[key]

    def named(self, zone: str) -> str:
        """A zone with its operator, as people read it."""
        spot = self.places.get(zone)
        return f"{self.operator(zone.partition(':')[0])}: {spot.name if spot else zone}"

    def operator(self, operator: str) -> str:
        """The name of an operator; its id where it has left the region since the month was published."""
        known = self.region.operators.get(operator)
        return known.name if known else operator

    def money(self, minor: int) -> str:
        """An amount in the region's currency."""
        return words.money(Money(minor, self.region.data.currency), self.language)

    def numbers(self, *counts: int | None) -> tuple[str, ...]:
        """Counts in words."""
        return tuple(words.number(count, self.language) for count in counts)

    def draw(self, layer: str, marks: Sequence[Mark]) -> Markup:
        """Draw marks over the region."""
        title = f"{self.text(f'layer.{layer}')}, {self.region.data.name}"
        return draw(self.places, marks, self.coasts, title=title, about=self.text("picture"))


def show(region: Region, layer: str, month: Month, coasts: Coast, language: str) -> Shown:
    """Show a layer of a month in a language."""
    scene = _Scene(region, month, spots(region.data), coasts, language)
    return _SHOWN[layer](scene)


def _journeys(scene: _Scene) -> Shown:
    rows = list(scene.month.corridors)
    told = [words.number(one.journeys, scene.language) for one in rows]
    total = words.number(sum(one.journeys for one in rows), scene.language)
    return _lines(
        scene, "journeys", rows, [one.journeys for one in rows], [[one] for one in told], total=total
    )


def _saved(scene: _Scene) -> Shown:
    rows = [one for one in scene.month.corridors if one.saved_minor is not None]
    figures = [one.saved_minor or 0 for one in rows]
    cells = [[words.number(one.journeys, scene.language), scene.money(one.saved_minor or 0)] for one in rows]
    return _lines(scene, "saved", rows, figures, cells, total=scene.money(sum(figures)))


def _co2(scene: _Scene) -> Shown:
    rows, tongue = list(scene.month.corridors), scene.language
    cells = [
        [
            words.number(one.journeys, tongue),
            words.mass(one.grams, tongue, at_least=one.at_least),
            words.mass(one.car_grams, tongue, at_least=one.car_at_least),
        ]
        for one in rows
    ]
    known = [one.grams for one in rows if one.grams is not None]
    is_partial = len(known) < len(rows) or any(one.at_least for one in rows)
    total = words.mass(sum(known), tongue, at_least=is_partial) if known else scene.text("unknown")
    return _lines(scene, "co2", rows, [one.grams for one in rows], cells, total=total)


def _lines(
    scene: _Scene,
    layer: str,
    rows: Sequence[Corridor],
    figures: Sequence[int | None],
    cells: Sequence[Sequence[str]],
    *,
    total: str,
) -> Shown:
    """A layer of corridors: a row for each, and a line as wide as its figure; an unknown one is not drawn."""
    ends = [(scene.named(one.origin), scene.named(one.destination)) for one in rows]
    known = [at for at, figure in enumerate(figures) if figure is not None]
    steps = steps_of([figures[at] or 0 for at in known])
    marks = [
        Mark(
            rows[at].origin,
            rows[at].destination,
            step,
            layer,
            f"{' - '.join(ends[at])}: {cells[at][_DRAWN[layer]]}",
        )
        for at, step in zip(known, steps, strict=True)
    ]
    largest: dict[int, int] = {}
    for at, step in zip(known, steps, strict=True):
        largest[step] = max(largest.get(step, at), at, key=lambda one: figures[one] or 0)
    return Shown(
        picture=scene.draw(layer, marks),
        heading=tuple(scene.text(f"{layer}.{number}") for number in range(_COLUMNS[layer])),
        rows=tuple((*names, *cell) for names, cell in zip(ends, cells, strict=True)),
        total=total if rows else "",
        steps=tuple((step, cells[at][_DRAWN[layer]]) for step, at in sorted(largest.items())),
    )


def _connections(scene: _Scene) -> Shown:
    rows = scene.month.changes or ()
    ends = [(scene.operator(one.before), scene.operator(one.after)) for one in rows]
    cells = [scene.numbers(one.kept, one.missed, one.not_known) for one in rows]
    steps = steps_of([(one.kept or 0) + (one.missed or 0) for one in rows])
    marks = [
        Mark(place, place, step, "connections", f"{names[0]} - {names[1]}: {cell[0]} / {cell[1]}")
        for one, step, names, cell in zip(rows, steps, ends, cells, strict=True)
        if (place := _meeting(scene, one))
    ]
    return Shown(
        picture=scene.draw("connections", marks),
        heading=tuple(scene.text(f"connections.{number}") for number in range(5)),
        rows=tuple((*names, *cell) for names, cell in zip(ends, cells, strict=True)),
    )


def _meeting(scene: _Scene, changes: Changes) -> str:
    """The zone of the second operator that is nearest to a zone of the first one."""
    before = [one for one in scene.places.values() if one.id.startswith(f"{changes.before}:")]
    after = [one for one in scene.places.values() if one.id.startswith(f"{changes.after}:")]
    pairs = [((one.lat - two.lat) ** 2 + (one.lon - two.lon) ** 2, two.id) for one in before for two in after]
    return min(pairs)[1] if pairs else ""


def _access(scene: _Scene) -> Shown:
    rows = access_of(scene.region.data)
    steps = steps_of([one.yes + one.no + one.unknown for one in rows])
    cells = [scene.numbers(one.yes, one.no, one.unknown) for one in rows]
    marks = [
        Mark(
            row.zone, row.zone, step, f"access-{_mostly(row)}", f"{scene.named(row.zone)}: {', '.join(cell)}"
        )
        for row, step, cell in zip(rows, steps, cells, strict=True)
    ]
    return Shown(
        picture=scene.draw("access", marks),
        heading=tuple(scene.text(f"access.{number}") for number in range(4)),
        rows=tuple((scene.named(row.zone), *cell) for row, cell in zip(rows, cells, strict=True)),
        names=1,
    )


def _mostly(access: Access) -> str:
    """The answer of most of a zone's stops; unknown where as many say nothing."""
    return max((access.unknown, "unknown"), (access.no, "no"), (access.yes, "yes"), key=lambda one: one[0])[1]


_SHOWN: dict[str, Callable[[_Scene], Shown]] = {
    "journeys": _journeys,
    "saved": _saved,
    "connections": _connections,
    "co2": _co2,
    "access": _access,
}
