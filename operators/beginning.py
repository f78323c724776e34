"""Begin a region from operators' feeds: what they say is taken, what nobody says is left to the engineer, in words. Pure.

A feed tells its agency, time zone, languages, currencies, riders and media. No feed tells the conditions of refunds, the VAT, or
where a line crosses a border: the files say so where the engineer will write them.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from babel.numbers import get_territory_currencies

from operators.files import AS_GTFS_WANTS, ENCODINGS, Reading
from operators.gtfs.timetable import Timetable
from operators.placing import Placed, placed
from operators.plain_text import plain
from operators.skeleton import USUAL
from tariffs.table import Table
from tariffs.words import LANGUAGES

_MAX_ID, _LEAST_ID = 12, 3
_WORDS_OF_NO_NAME = {"the", "and", "of", "ltd", "oy", "as", "ab", "sa", "gmbh"}
_UNKNOWN = "XX"
_STOPS_A_LINE, _SHOWN = 8, 5


class Sold(NamedTuple):
    """A price of a feed, as far as a region has to know it; a None rider or medium stands for any."""

    rider: str | None
    medium: str | None
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed that was read, and its prices. `origin` is its file or address for the README, `digest` the SHA-256 of what came from there."""

    files: Mapping[str, str]
    timetable: Timetable
    prices: Sequence[Sold]
    origin: str
    digest: str
    reading: Reading = AS_GTFS_WANTS

    @property
    def name(self) -> str:
        """The name of its first agency."""
        agencies = Table("agency.txt", self.files.get("agency.txt"), [])
        return next((name for row in agencies.rows() if (name := row.text("agency_name"))), "Operator")

    @property
    def agencies(self) -> int:
        """The number of its agencies."""
        return sum(1 for _ in Table("agency.txt", self.files.get("agency.txt"), []).rows())

    @property
    def riders(self) -> list[str]:
        """The rider categories that it has prices for; `adult` where its prices are for everybody, none where it has no prices."""
        return sorted({row.rider for row in self.prices if row.rider}) or ["adult"][: len(self.prices)]

    @property
    def medium(self) -> str | None:
        """The medium of its prices, where all of those that name one name the same."""
        media = {row.medium for row in self.prices if row.medium}
        return next(iter(media)) if len(media) == 1 else None


@dataclass(frozen=True, slots=True)
class Beginning:
    """A region to begin with: its files by path, the ids of its operators in the order of the feeds, and notes for the engineer."""

    files: Mapping[str, str]
    operators: tuple[str, ...]
    notes: tuple[str, ...]


def begin(name: str, sources: Sequence[Source]) -> Beginning:
    """Write the files of a region, but for the feeds themselves. Raises ValueError where nothing tells its currency."""
    operators = tuple(_ids(sources))
    pairs = list(zip(operators, sources, strict=True))
    places = {operator: placed(source.timetable) for operator, source in pairs}
    states = sorted({state for one in places.values() for state in one.states}) or [_UNKNOWN]
    currency = _currency(sources, states)
    tables = [
        _head(name, states, currency, _languages(sources)),
        *_riders(pairs),
        *(_operator(operator, source, places[operator]) for operator, source in pairs),
        *(row for operator in operators for row in _crossings(operator, places[operator])),
    ]
    files = {
        "region.toml": "\n".join(tables),
        "agreements.json": "[]\n",
        "taxes.csv": _TAXES,
        "README.md": _readme(name, pairs),
    }
    return Beginning(files, operators, tuple(_notes(pairs, places, states)))


def _ids(sources: Sequence[Source]) -> Iterator[str]:
    """A short id for each operator, from its name; a number where two would be one."""
    taken: set[str] = set()
    for source in sources:
        plain = unicodedata.normalize("NFKD", source.name).encode("ascii", "ignore").decode().lower()
        words = [word for word in re.findall(r"[a-z0-9]+", plain) if word not in _WORDS_OF_NO_NAME]
        longer = [word for word in words if len(word) >= _LEAST_ID]
        short = next(iter([*longer, "".join(words) or "operator"]))[:_MAX_ID]
        numbered = (f"{short[: _MAX_ID - 2]}{number}" for number in range(2, 100))
        identity = short if short not in taken else next(one for one in numbered if one not in taken)
        taken.add(identity)
        yield identity


def _currency(sources: Sequence[Source], states: Sequence[str]) -> str:
    """The currency of most prices; that of the first state where no feed has a price."""
    priced = Counter(row.currency for source in sources for row in source.prices)
    if priced:
        return priced.most_common(1)[0][0]
    used = get_territory_currencies(states[0]) if states[0] != _UNKNOWN else []
    if not used:
        raise ValueError("no feed has a price, and no time zone tells a state: nothing tells the currency")
    return str(used[0])


def _languages(sources: Sequence[Source]) -> list[str]:
    """English, and the feeds' own languages that the service speaks."""
    own = {source.timetable.language.partition("-")[0] for source in sources}
    return ["en", *sorted(own & set(LANGUAGES) - {"en"})]


def _head(name: str, states: Sequence[str], currency: str, languages: Sequence[str]) -> str:
    return _HEAD.format(
        name=_quoted(plain(name.replace("-", " ").title())),
        states=_listed(states),
        currency=currency,
        languages=_listed(languages),
        usual=USUAL,
    )


def _riders(pairs: Sequence[tuple[str, Source]]) -> Iterator[str]:
    """A category for each name that an operator has; operators with the same name of it share one."""
    categories = sorted({rider for _, source in pairs for rider in source.riders}) or ["adult"]
    for category in categories:
        name = f'"{_quoted(category)}"'
        rows = [f"{operator} = {name}" for operator, source in pairs if category in source.riders]
        key = category if re.fullmatch(r"[A-Za-z0-9_-]+", category) else name
        yield "\n".join([f"[rider_categories.{key}]", *rows, ""])


def _operator(operator: str, source: Source, place: Placed) -> str:
    rows = [f'id = "{operator}"', f'name = "{_quoted(plain(source.name))}"']
    rows += [f'member_state = "{place.state}"'] if place.state else []
    rows += [f"states = {{ {_abroad(place)} }}"] if place.abroad else []
    rows += [f'medium = "{_quoted(source.medium)}"'] if source.medium else []
    encoding, time_zone = source.reading
    terms = [f'encoding = "{encoding}"'] if encoding != ENCODINGS[0] else []
    terms += [f'time_zone = "{_quoted(time_zone)}"'] if time_zone else []
    rows += [f"feed = {{ {', '.join(terms)} }}"] if terms else []
    return "\n".join([_OPERATOR, *rows, _REFUND, ""])


def _abroad(place: Placed) -> str:
    """The stops in other states, a few in a line: a list of TOML may go on over lines, a table may not."""
    lists = []
    for state, stops in sorted(place.abroad.items()):
        lines = [_listed(stops[at : at + _STOPS_A_LINE]) for at in range(0, len(stops), _STOPS_A_LINE)]
        listed = ",\n  ".join(lines)
        lists.append(f"{state} = [{listed}]")
    return ", ".join(lists)


def _crossings(operator: str, place: Placed) -> Iterator[str]:
    for crossing in place.crossings:
        if crossing.metres:
            stops = _listed([f"{operator}:{stop}" for stop in crossing.stops])
            metres = ", ".join(f'["{state}", {length}]' for state, length in crossing.metres)
            yield f"[[crossings]]\nstops = [{stops}]\ndistance_m = [{metres}]\n"


def _readme(name: str, pairs: Sequence[tuple[str, Source]]) -> str:
    rows = [
        f"| `{operator}` | {_cell(source.name)} | {_cell(source.origin)} | `{source.digest}` |"
        for operator, source in pairs
    ]
    return _README.format(name=_cell(name), rows="\n".join(rows))


def _notes(
    pairs: Sequence[tuple[str, Source]], places: Mapping[str, Placed], states: Sequence[str]
) -> Iterator[str]:
    """Name the facts that the engineer has to write, because no feed has them."""
    yield (
        f"taxes.csv has no row yet: write the VAT of {', '.join(states)}, and its rides can be sold, like "
        f"{states[0]},any,domestic,taxable,RATE,DAY,,SOURCE,no,"
    )
    yield from _namesakes(pairs)
    for operator, source in pairs:
        if not source.prices:
            yield (
                f"{operator} publishes no fares: its timetable is searched. A flat fare sells it: write "
                f'feed = {{ flat_fare = {{ adult = "1.10" }} }} for the operator, and {operator} = "adult" below '
                "[rider_categories.adult]"
            )
        if source.agencies > 1:
            yield (
                f"{operator} stands for all {source.agencies} agencies of its feed: tickets and statements name it alone; "
                "an agency that is paid by itself needs a feed of its own"
            )
        if places[operator].state is None:
            yield f"{operator} has the time zone {source.timetable.timezone}, which is no state's: write its member_state"
        yield from _of_borders(operator, source, places[operator])


def _of_borders(operator: str, source: Source, place: Placed) -> Iterator[str]:
    """Name the facts about borders that the engineer has to look at."""
    if place.abroad:
        counted = ", ".join(f"{len(stops)} in {state}" for state, stops in sorted(place.abroad.items()))
        yield f"{operator} calls abroad ({counted}): its states and [[crossings]] are those of a small map (docs/onboarding.md)"
    if place.doubtful:
        some = ", ".join(plain(name) for name in place.doubtful[:_SHOWN])
        yield (
            f"{operator}: {len(place.doubtful)} stops are within two kilometres of a border, which the map does not know so "
            f"exactly. Check their states: {some}"
        )
    for crossing in place.crossings:
        if not crossing.metres:
            ends = " and ".join(plain(source.timetable.stops[stop].name) for stop in crossing.stops)
            yield f"{operator} runs between {ends}, over water between two states: write its [[crossings]] (docs/onboarding.md)"


def _namesakes(pairs: Sequence[tuple[str, Source]]) -> Iterator[str]:
    """Name the operators whose feeds name the same agency: two halves of one, or the same feed twice."""
    named: dict[str, list[str]] = {}
    for operator, source in pairs:
        named.setdefault(source.name, []).append(operator)
    for name, operators in named.items():
        if len(operators) > 1:
            yield (
                f"{' and '.join(operators)} have one name, {plain(name)}: two feeds are two operators, and a ride that is in "
                "both is offered twice; join them, or rename one"
            )


def _quoted(text: str) -> str:
    """The inside of a basic string of TOML: what JSON escapes, and the one control character that it does not."""
    return json.dumps(text, ensure_ascii=False)[1:-1].replace("\x7f", r"\u007f")


def _cell(text: str) -> str:
    """A cell of a table in Markdown, in which no sign means more than itself."""
    return re.sub(r"[\\`*<>\[\]|#]", r"\\\g<0>", plain(text))


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


_HEAD = """# {name}: begun from operators' feeds (README.md). `throughfare region check` names what is missing.
name = "{name}"
# By the places of the stops (Natural Earth, 1:10,000,000).
member_states = [{states}]
currency = "{currency}"
languages = [{languages}]

# The scheme's fee on each operator's gross share, in hundredths of a percent.
fee_basis_points = 0
{usual}# The scheme's name of a passenger's category, and each operator's name of the same category.
"""
_OPERATOR = "[[operators]]"
_REFUND = """# No feed tells the conditions of refunds: replace this by the operator's own.
refund = [{ until_hours_before = 0, percent = 100 }]
# By which law a delay is paid is not decided yet: `rights` (docs/rights.md)."""
_TAXES = "member_state,mode,scope,treatment,rate,valid_from,valid_to,source,verified,note\n"
_README = """# {name}: where the data comes from

| operator | name | feed | SHA-256 |
|---|---|---|---|
{rows}

Refund conditions are placeholders, and VAT is missing: name here the source of each row that you write, its date, and how sure it is.
"""
