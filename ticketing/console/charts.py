"""Pictures as SVG text: stacked bars of months and the flow of a month. Pure; classes only, the colours are the style sheet's.

Every mark has a title. A picture is named by an element of the page, and the page has the same numbers as a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from markupsafe import Markup

COLOURS = "abcdefgh"
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 260, 84, 26, 10
_LINES = 4
_WIDEST = 106
_NODE, _ROW, _GAP = 14, 30, 8
_LEAST_BAND = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar or of a flow: its name, its amount in minor units, and both in words."""

    name: str
    minor: int
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its label on the axis, and its parts from the axis on; parts below zero go downwards."""

    label: str
    parts: Sequence[Part]

    @property
    def high(self) -> int:
        """The end of its parts above the axis."""
        return sum(max(0, part.minor) for part in self.parts)

    @property
    def low(self) -> int:
        """The end of its parts below the axis."""
        return sum(min(0, part.minor) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Axis:
    """The ends of an axis in minor units, and the step between its lines."""

    low: int
    high: int
    step: int

    @property
    def marks(self) -> list[int]:
        """The values at which lines are drawn."""
        return list(range(self.low, self.high + 1, self.step))


def axis_of(low: int, high: int) -> Axis:
    """Choose round ends (1, 2 or 5 times a power of ten) around some values."""
    low, high = min(low, 0), max(high, 0)
    rough = max(1, (high - low) // _LINES)
    power = 10 ** (len(str(rough)) - 1)
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return Axis(low // step * step, -(-high // step) * step, step)


def bars(labelled_by: str, shown: Sequence[Bar], names: Sequence[str], words: Sequence[str]) -> Markup:
    """Draw stacked bars; `names` give each part its colour, `words` name the lines of the axis from low to high."""
    axis = _axis_of_bars(shown)
    lines = [_grid_line(axis, mark, words[at]) for at, mark in enumerate(axis.marks)]
    room = min(_WIDEST, (_WIDTH - _LEFT) / max(1, len(shown)))
    marks = [_one_bar(axis, bar, names, left=_LEFT + at * room, width=room) for at, bar in enumerate(shown)]
    return _picture(labelled_by, _HEIGHT, [*lines, *marks])


def marks_of(shown: Sequence[Bar]) -> list[int]:
    """The values of the lines of an axis, from low to high."""
    return _axis_of_bars(shown).marks


def _axis_of_bars(shown: Sequence[Bar]) -> Axis:
    return axis_of(min((bar.low for bar in shown), default=0), max((bar.high for bar in shown), default=0))


def _y(axis: Axis, minor: int) -> Decimal:
    height = _HEIGHT - _BOTTOM - _TOP
    span = max(1, axis.high - axis.low)
    return _TOP + Decimal(axis.high - minor) * height / span


def _grid_line(axis: Axis, mark: int, words: str) -> str:
    y = _y(axis, mark)
    zero = " zero" if mark == 0 else ""
    return (
        f'<line class="grid{zero}" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="label end" x="{_LEFT - 8}" y="{y + 4:.1f}">{escape(words)}</text>'
    )


def _one_bar(axis: Axis, bar: Bar, names: Sequence[str], *, left: float, width: float) -> str:
    up = down = 0
    marks = []
    for part in bar.parts:
        begin = up if part.minor >= 0 else down
        top, bottom = _y(axis, max(begin, begin + part.minor)), _y(axis, min(begin, begin + part.minor))
        marks.append(
            f'<rect class="{colour_of(names, part.name)}" x="{left + width * 0.15:.1f}" y="{top:.1f}" '
            f'width="{width * 0.7:.1f}" height="{max(Decimal(0), bottom - top - 1):.1f}">'
            f"<title>{escape(f'{bar.label}, {part.name}: {part.words}')}</title></rect>"
        )
        if part.minor >= 0:
            up += part.minor
        else:
            down += part.minor
    middle = left + width / 2
    label = f'<text class="label middle" x="{middle:.1f}" y="{_HEIGHT - 8}">{escape(bar.label)}</text>'
    return "".join([*marks, label])


def flow(labelled_by: str, source: Part, parts: Sequence[Part]) -> Markup:
    """Draw how one amount becomes several: a band for each part, as wide as the part is of the whole."""
    height = len(parts) * (_ROW + _GAP) + 2 * _GAP + _ROW
    whole = max(1, sum(abs(part.minor) for part in parts))
    body = height - 2 * _GAP
    marks, begin = [], Decimal(_GAP)
    names = [part.name for part in parts]
    for at, part in enumerate(parts):
        wide = Decimal(abs(part.minor)) * body / whole
        centre = Decimal(_GAP + at * (_ROW + _GAP) + _ROW // 2 + _ROW // 2)
        marks.append(_band(colour_of(names, part.name), begin, centre, wide, part))
        begin += wide
    node = (
        f'<rect class="node" x="0" y="{_GAP}" width="{_NODE}" height="{body}">'
        f"<title>{escape(f'{source.name}: {source.words}')}</title></rect>"
        f'<text class="label" x="{_NODE + 8}" y="{_GAP + 14}">{escape(source.name)}</text>'
        f'<text class="label strong" x="{_NODE + 8}" y="{_GAP + 32}">{escape(source.words)}</text>'
    )
    return _picture(labelled_by, height, [*marks, node])


def _band(colour: str, begin: Decimal, centre: Decimal, wide: Decimal, part: Part) -> str:
    left, right = _NODE, 440
    thick = min(max(wide, Decimal(_LEAST_BAND)), Decimal(_ROW))
    top, bottom = centre - thick / 2, centre + thick / 2
    bend = (left + right) // 2
    path = (
        f"M{left} {begin:.1f} C{bend} {begin:.1f} {bend} {top:.1f} {right} {top:.1f} "
        f"L{right} {bottom:.1f} C{bend} {bottom:.1f} {bend} {begin + wide:.1f} {left} {begin + wide:.1f} Z"
    )
    return (
        f'<path class="band {colour}" d="{path}"><title>{escape(f"{part.name}: {part.words}")}</title></path>'
        f'<rect class="{colour}" x="{right}" y="{top:.1f}" width="{_NODE}" height="{thick:.1f}"/>'
        f'<text class="label" x="{right + _NODE + 8}" y="{centre + 4:.1f}">{escape(part.name)}'
        f'<tspan class="strong" dx="8">{escape(part.words)}</tspan></text>'
    )


def colour_of(names: Sequence[str], name: str) -> str:
    """The class of a part's colour; a ninth part has that of the first again, and its words tell them apart."""
    return f"chart-{COLOURS[list(names).index(name) % len(COLOURS)]}"


def _picture(labelled_by: str, height: int, marks: Sequence[str]) -> Markup:
    return Markup(  # noqa: S704  every word in it was escaped
        f'<svg class="picture" role="img" aria-labelledby="{escape(labelled_by)}" viewBox="0 0 {_WIDTH} {height}" '
        f'preserveAspectRatio="xMinYMin meet">{"".join(marks)}</svg>'
    )
