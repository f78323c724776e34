"""Sum a statement's lines by line, route and day, as they go by: one row for each, however many tickets there are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tariffs.money import Money
from ticketing.settlement.statement.lines import AMOUNTS, Line, Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """The lines of one day, line, route and currency: their number and their amounts."""

    day: str
    line: str
    route: str
    count: int
    gross: Money
    vat: Money
    fee: Money
    net: Money


@dataclass(slots=True)
class Summary:
    """Counts lines while somebody else writes them."""

    _sums: dict[tuple[str, str, str, str], Sums] = field(default_factory=dict)
    _counts: dict[tuple[str, str, str, str], int] = field(default_factory=dict)

    def watching(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Pass lines on, and count each."""
        for line in lines:
            key = (line.day, line.lines, line.route, line.currency)
            amounts = (getattr(line, name) for name in AMOUNTS)
            self._sums.setdefault(key, Sums()).add(*amounts)
            self._counts[key] = self._counts.get(key, 0) + 1
            yield line

    def rows(self) -> list[SummaryRow]:
        """The rows, by day, line and route; what has no ride comes first."""
        return [
            SummaryRow(
                day=day,
                line=line,
                route=route,
                count=self._counts[day, line, route, currency],
                gross=Money(sums.gross_minor, currency),
                vat=Money(sums.vat_minor, currency),
                fee=Money(sums.fee_minor, currency),
                net=Money(sums.net_minor, currency),
            )
            for (day, line, route, currency), sums in sorted(self._sums.items())
        ]
