"""The sales of the demo's month before its story: some three hundred orders through the public API, made once and kept.

A kept month is the database and the signing keys as they were when the last order was made. It is for one region's data,
one month and one schema; anything else is another month, which is made anew.
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console
from rich.progress import track

from throughfare_gate.ids import new_id
from ticketing.cli.demo_scene import Scene, SoldMonth
from ticketing.db.migrate import newest

_TOTALS = "totals.json"
_DATABASE = "throughfare.db"
_AT_ONCE = 4
_SECONDS = 60
# Of so many orders one is a pass, one is given back, one is exchanged.
_PASS_EVERY, _BACK_EVERY, _EXCHANGE_EVERY = 15, 12, 29
_BACK, _EXCHANGED = 1, 2


@dataclass(frozen=True, slots=True)
class Sold:
    """The sums of a month's orders: their number, the money that was paid, and what was given back."""

    orders: int = 0
    paid: Decimal = Decimal(0)
    back: Decimal = Decimal(0)

    def __add__(self, other: "Sold") -> "Sold":
        """Add the orders of two parts."""
        return Sold(self.orders + other.orders, self.paid + other.paid, self.back + other.back)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The place where a month is kept."""

    folder: Path

    @classmethod
    def of(cls, place: Path, region_folder: Path, period: str) -> "Shelf":
        """Name the place by everything that a month depends on."""
        digest = hashlib.sha256(newest().encode())
        for path in sorted(region_folder.rglob("*")):
            if path.is_file():
                digest.update(path.read_bytes())
        return cls(place / f"{region_folder.name}-{period}-{digest.hexdigest()[:16]}")

    def take(self, to: Path) -> Sold | None:
        """Copy a kept month into a folder; None where there is none."""
        try:
            totals = json.loads((self.folder / _TOTALS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        shutil.copyfile(self.folder / _DATABASE, to / _DATABASE)
        shutil.copytree(self.folder / "keys", to / "keys", dirs_exist_ok=True)
        return Sold(totals["orders"], Decimal(totals["paid"]), Decimal(totals["back"]))

    def put(self, source: Path, sold: Sold) -> None:
        """Keep a month; the totals come last, so that half a month is none."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        with (
            closing(sqlite3.connect(source / _DATABASE)) as live,
            closing(sqlite3.connect(self.folder / _DATABASE)) as copy,
        ):
            live.backup(copy)
        shutil.copytree(source / "keys", self.folder / "keys")
        totals = {"orders": sold.orders, "paid": str(sold.paid), "back": str(sold.back)}
        (self.folder / _TOTALS).write_text(json.dumps(totals), encoding="utf-8")


def sell(
    console: Console, url: str, scene: Scene, start: datetime, move_clock: Callable[[datetime], None]
) -> Sold:
    """Sell the month's orders on the days before the story; answers what they came to."""
    month = scene.month
    if month is None:
        return Sold()
    days = [start.replace(day=day) for day in range(1, start.day)]
    each = -(-month.orders // len(days))
    shop = _Shop(url, scene, month)
    total = Sold()
    with ThreadPoolExecutor(_AT_ONCE) as buyers:
        for at, day in enumerate(
            track(days, f"Selling {month.orders} orders of the month ...", console=console)
        ):
            move_clock(day)
            wanted = range(at * each, min((at + 1) * each, month.orders))
            offers = shop.offers(day) if wanted else []
            for sold in buyers.map(
                lambda number, offers=offers, day=day: shop.buy(number, offers, day), wanted
            ):
                total += sold
    return total


@dataclass(frozen=True, slots=True)
class _Ordered:
    """An order that waits for its payment: its id, its key, and the money that is due."""

    id: str
    key: str
    due: Decimal


def _ordered(answer: Any) -> _Ordered:
    return _Ordered(answer["id"], answer["access_token"], Decimal(answer["due"]["amount"]))


class _Shop:
    """The public API, as the buyers of a month use it."""

    def __init__(self, url: str, scene: Scene, month: SoldMonth) -> None:
        self._http = httpx.Client(base_url=url, timeout=_SECONDS)
        self._scene, self._month = scene, month

    def offers(self, day: datetime) -> list[str]:
        """The first offer of each way on a day, the story's own way among them."""
        # As an instant: a sum of local times is an hour off in the night of a change.
        opens = datetime.combine(day.date(), self._scene.leaves, day.tzinfo).astimezone(UTC)
        leaves = opens + timedelta(hours=1)
        ways = [*self._month.ways, (self._scene.origin, self._scene.destination)]
        return [offer for way in ways for offer in self._offers_of(way, leaves)]

    def _offers_of(self, way: Sequence[str], leaves: datetime) -> Iterator[str]:
        body = {
            "from": {"place": way[0]},
            "to": {"place": way[1]},
            "depart_at": leaves.isoformat(),
            "passengers": [{"ref": "one", "rider_category": self._scene.goes["rider_category"]}],
        }
        ways = self._post("/v1/journeys", body)["itineraries"]
        yield from [found["offer_id"] for found in ways if found["offer_id"]][:1]

    def buy(self, number: int, offers: Sequence[str], day: datetime) -> Sold:
        """Make one order, and give it back or exchange it where its number says so."""
        if self._month.product and number % _PASS_EVERY == 0:
            body = {"product": self._month.product, "start": (day + timedelta(days=1)).isoformat()}
            return self._paid(self._post("/v1/passes/quotes", body)["id"])[0]
        offer = offers[number % len(offers)]
        sold, ordered = self._paid(self._post("/v1/quotes", {"offer_id": offer})["id"])
        if number % _BACK_EVERY == _BACK:
            return sold + self._given_back(ordered)
        if number % _EXCHANGE_EVERY == _EXCHANGED:
            return sold + self._exchanged(ordered, offer)
        return sold

    def _paid(self, quote_id: str) -> tuple[Sold, "_Ordered"]:
        ordered = _ordered(self._post("/v1/orders", {"quote_id": quote_id}))
        return Sold(1) + self._pay(ordered), ordered

    def _pay(self, ordered: "_Ordered") -> Sold:
        if ordered.due:
            self._post(f"/v1/orders/{ordered.id}/payments", {"method": "demo_ok"}, ordered.key)
        return Sold(0, ordered.due)

    def _given_back(self, ordered: "_Ordered") -> Sold:
        refund = self._post(f"/v1/orders/{ordered.id}/refunds", {"passengers": ["one"]}, ordered.key)
        return Sold(0, Decimal(0), Decimal(refund["amount"]["amount"]))

    def _exchanged(self, ordered: "_Ordered", offer: str) -> Sold:
        quote = self._post("/v1/quotes", {"offer_id": offer})
        path = f"/v1/orders/{ordered.id}/exchanges"
        return Sold(1) + self._pay(_ordered(self._post(path, {"quote_id": quote["id"]}, ordered.key)))

    def _post(self, path: str, body: object, key: str = "") -> Any:
        headers = {"Idempotency-Key": new_id()} | ({"Authorization": f"Bearer {key}"} if key else {})
        response = self._http.post(path, json=body, headers=headers)
        if response.is_error:
            raise click.ClickException(f"{path} answered {response.status_code}: {response.text}")
        return response.json()
