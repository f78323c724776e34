"""Tools of a tariff clerk: a price explained, a table of zones, taps charged under caps."""

import csv
import html
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tariffs import caps as capping
from tariffs.caps import Cap, Tap
from tariffs.fares.feed import Feed
from tariffs.fares.legs import FareLeg
from tariffs.fares.nearest import nearest
from tariffs.fares.price import price as price_legs
from tariffs.fares.result import FarePrice
from tariffs.money import MoneyError, parse
from tariffs.table import zone_name
from ticketing.errors import Fault, InvalidRequest
from ticketing.progress import Far, silent, told

_TAP_KEYS = ("id", "at", "amount", "currency", "network", "rider", "medium", "holder", "operator")


def explain(leg_price: FarePrice) -> str:
    """A derivation in sentences, one a line."""
    lines = [
        f"total  {leg_price.total}"
        if leg_price.total
        else f"no price: {leg_price.reason}, {leg_price.detail}"
    ]
    for item in leg_price.items:
        lines.append(
            f"  {item.price!s:>12}  {item.product}, legs {', '.join(map(str, item.legs))}: {item.because}"
        )
        rider, medium = item.rider or "any rider", item.medium or "any medium"
        lines.append(f"  {'':>12}  for {rider}, {medium}")
    for step in leg_price.derivation:
        lines += [
            f"  {other['amount']:>8} {step['currency']}  {other['product']}: {other['why_not']}"
            for other in step["alternatives"]
        ]
        if step["reason"] == "clamp":
            lines.append("  a chain of transfers below zero counts as zero")
    if leg_price.split_cheaper:
        lines.append("  bought apart: joined it would be dearer")
    if leg_price.partial:
        lines.append("  a compulsory rule of the operator limits the best-price guarantee")
    return "\n".join(lines)


def strangers(feed: Feed, legs: Sequence[FareLeg]) -> Iterator[str]:
    """Name the stops and routes of a request that the feed does not have: most are misspelt, and a price may not ask for them."""
    for at, leg in enumerate(legs):
        for field, value, known in (
            ("from_stop_id", leg.from_stop, feed.stops),
            ("to_stop_id", leg.to_stop, feed.stops),
            ("route_id", leg.route, feed.route_networks),
        ):
            if value and known and value not in known:
                yield f"legs[{at}].{field}: {value!r} is not in the feed"


def nearest_rules(
    feed: Feed, legs: Sequence[FareLeg], rider: str | None, medium: str | None
) -> Iterator[str]:
    """For each leg that has no price alone the rules that come nearest, by their rows; Fares V1 has no such rules."""
    if feed.v1 is not None:
        return
    for at, leg in enumerate(legs):
        if price_legs(feed, [leg], rider, medium).total is None:
            for near in nearest(feed, leg, rider, medium):
                row = f"fare_leg_rules.txt:{near.rule.line} ({near.rule.product})"
                yield f"legs[{at}]: {row} {'; '.join(near.misses) or 'matches alone, but its prices are not of one currency'}"


def places(feed: Feed, legs: Sequence[FareLeg]) -> Iterator[str]:
    """Name what the rules of fares compare of each ride: its zones with Fares V1, its network and areas with V2."""
    for at, leg in enumerate(legs):
        if feed.v1:
            start, end = (feed.v1.zones.get(stop or "", "no zone") for stop in (leg.from_stop, leg.to_stop))
            yield f"legs[{at}]: route {leg.route or 'not given'}, from zone {start} to zone {end}"
        else:
            start, end = (", ".join(sorted(areas)) or "no area" for areas in (leg.from_areas, leg.to_areas))
            yield f"legs[{at}]: network {leg.network or 'none'}, from {start} to {end}"


def matrix(
    feed: Feed, rider: str | None, medium: str | None, at: datetime, far: Far = silent
) -> list[list[str]]:
    """Prices of a ride from every area to every area: the first row and column are their ids."""
    areas = sorted(
        {area for total in feed.stop_areas.values() for area in total} | set().union(*feed.listed[1:])
    )
    rows = [["", *areas]]
    for start in told(areas, far, len(areas), every=1):
        cells = []
        for end in areas:
            leg = FareLeg(
                network=None,
                from_areas=frozenset({start}),
                to_areas=frozenset({end}),
                areas=frozenset({start, end}),
                departure=at,
                arrival=at,
            )
            total = price_legs(feed, [leg], rider, medium).total
            cells.append(str(total) if total else "unknown")
        rows.append([start, *cells])
    return rows


def render(rows: Sequence[Sequence[str]], form: str) -> str:
    """Write a table as `text`, `csv` or `html`."""
    if form == "csv":
        buffer = io.StringIO()
        csv.writer(buffer).writerows(rows)
        return buffer.getvalue().rstrip()
    if form == "html":
        body = "\n".join(map(_html_row, rows))
        return f"<table>\n{body}\n</table>"
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_text_row(row, widths) for row in rows)


def _html_row(row: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"


def _text_row(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))


def rate(document: Any, caps: Sequence[Cap]) -> dict[str, Any]:
    """Charge the taps of a request under caps; raises InvalidRequest with every fault and its path."""
    faults: list[Fault] = []
    if not isinstance(document, dict) or not isinstance(document.get("taps"), list):
        raise InvalidRequest("the request needs a list of taps", [Fault("taps", "must be a list")])
    faults.extend(Fault(str(name), "unknown key") for name in document if name not in {"taps", "timezone"})
    zone = document.get("timezone", "UTC")
    try:
        zone_name(zone)
    except (TypeError, ValueError):
        raise InvalidRequest.at("timezone", f"{zone!r} is not an IANA time zone") from None
    taps = [_tap(row, f"taps[{at}]", ZoneInfo(zone), faults) for at, row in enumerate(document["taps"])]
    if faults:
        raise InvalidRequest("; ".join(f"{fault.path}: {fault.message}" for fault in faults[:3]), faults)
    try:
        charges = capping.rate([tap for tap in taps if tap], caps)
    except ValueError as error:
        raise InvalidRequest.at("taps", str(error)) from None
    return {
        "charges": [
            {"tap": charge.tap, **charge.amount.as_dict(), "cap": charge.cap} for charge in charges.values()
        ]
    }


def _tap(row: Any, path: str, zone: ZoneInfo, faults: list[Fault]) -> Tap | None:
    if not isinstance(row, dict):
        faults.append(Fault(path, "must be an object"))
        return None
    before = len(faults)
    faults.extend(Fault(f"{path}.{name}", "unknown key") for name in row if name not in _TAP_KEYS)
    empty = [name for name in ("id", "network", "rider", "medium") if not isinstance(row.get(name), str)]
    faults.extend(Fault(f"{path}.{name}", "must be a text") for name in empty)
    if not isinstance(row.get("operator", ""), str):
        faults.append(Fault(f"{path}.operator", "must be a text"))
    if type(row.get("holder", True)) is not bool:
        faults.append(Fault(f"{path}.holder", "must be true or false"))
    try:
        moment = datetime.fromisoformat(row.get("at", ""))
        price = parse(row.get("amount", ""), row.get("currency", ""))
    except MoneyError as error:
        faults.append(Fault(f"{path}.amount", str(error)))
        return None
    except (TypeError, ValueError):
        faults.append(Fault(f"{path}.at", "must be a time like 2026-03-04T10:05:00"))
        return None
    if len(faults) > before:
        return None
    local = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    return Tap(
        id=row["id"],
        at=local,
        price=price,
        network=row["network"],
        rider=row["rider"],
        medium=row["medium"],
        holder=row.get("holder", True),
        operator=row.get("operator", ""),
    )


def noon(day: datetime | None) -> datetime:
    """The moment a matrix is priced at: noon of the given day, today by default."""
    return (day or datetime.now(UTC)).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=UTC)
