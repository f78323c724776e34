"""Let 2,000 people order at one instant where a ship has 100 places: who buys, who gets a no, and how long the last one waits.

The service is `throughfare serve` with two workers, on a PostgreSQL that waits for its disk. Each buyer holds a quote already,
orders, queues as told, and pays where there was a place. `python -m benchmarks.rush [BUYERS] [--write]`.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from benchmarks import databases
from benchmarks.gate_online import cpu_seconds, wait_for
from ticketing.db import Database
from ticketing.db.migrate import upgrade

PLACES, BUYERS, _WORKERS = 100, 2_000, 2
_GOAL_SECONDS = 5.0
PAGE = Path("docs/reliability.md")
_TITLE = "## A rush\n"
_REGION = "helsinki-tallinn"
_PATIENCE, _LOOKS = 120, 15
_TURN_SECONDS = 0.5
_TROUBLE, _SHOWN_CHARS = re.compile(r'"level": "(warning|error)"'), 1_500


@dataclass(slots=True)
class Rush:
    """The statuses that were answered, and each buyer's seconds from the instant."""

    statuses: Counter[int] = field(default_factory=Counter)
    heard: list[float] = field(default_factory=list)
    sold: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    queued: set[str] = field(default_factory=set)
    turns: list[tuple[int, float, bool]] = field(default_factory=list)
    cpu_seconds: float = 0.0


@dataclass(slots=True)
class Buyer:
    """A buyer who wants a place: the key of the order, and the place in the queue, 0 for none."""

    quote: str
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    number: int = 0
    ticket: str = ""
    due: float = 0.0


def region_with(folder: Path) -> Path:
    """Copy the region, with a ferry that has so many places in our own inventory, all of them for anybody."""
    target = folder / "regions"
    shutil.copytree(Path("regions") / _REGION, target / _REGION)
    file = target / _REGION / "region.toml"
    text = file.read_text(encoding="utf-8").replace("percent_of_a_sailing = 20", "percent_of_a_sailing = 100")
    head, mark, rest = text.partition('[operators.connector]\nkind = "maritime"')
    _, more, tail = rest.partition("[[operators]]")
    own = f'[operators.connector]\nkind = "own"\ncapacity = {{ foot = {PLACES} }}\n\n'
    assert mark
    assert more
    file.write_text(head + own + more + tail, encoding="utf-8")
    return target


def quotes_for(url: str, buyers: int) -> list[str]:
    """Freeze one offer of one departure for each buyer."""
    with httpx.Client(base_url=url, timeout=60) as client:
        at = (datetime.now(UTC) + timedelta(days=1)).replace(hour=4, minute=10, second=0, microsecond=0)
        wish = {
            "from": {"place": "Kopli"},
            "to": {"stop_id": "tallink:HEL-LT2"},
            "depart_at": at.isoformat(),
            "passengers": [{"ref": "anna", "rider_category": "adult"}],
        }
        said = client.post("/v1/journeys", json=wish)
        offer = next(one["offer_id"] for one in said.json()["itineraries"] if one["offer_id"])

        def quote(_: int) -> str:
            answer = client.post("/v1/quotes", json={"offer_id": offer})
            return str(answer.json()["id"])

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(quote, range(buyers)))


async def rush(port: int, quotes: Sequence[str]) -> Rush:
    """Let every buyer act at one instant."""
    seen, start = Rush(), asyncio.Event()
    buyers = [asyncio.create_task(_buy(port, Buyer(quote), start, seen)) for quote in quotes]
    await asyncio.sleep(0.5)
    seen_from = time.perf_counter()
    start.set()
    for waiting in asyncio.as_completed(buyers):
        state, at = await waiting
        if state == "sold":
            seen.sold.append(at - seen_from)
        elif state == "refused":
            seen.refused.append(at - seen_from)
        else:
            seen.lost.append(state)
    seen.heard = [at - seen_from for at in seen.heard]
    return seen


async def _buy(port: int, buyer: Buyer, start: asyncio.Event, seen: Rush) -> tuple[str, float]:
    await start.wait()
    status, order = await _ordered(port, buyer, seen)
    if status in {HTTPStatus.CONFLICT, HTTPStatus.CREATED}:
        seen.turns.append((buyer.number, time.perf_counter(), status == HTTPStatus.CREATED))
    if status == HTTPStatus.CONFLICT:
        return "refused", time.perf_counter()
    if status != HTTPStatus.CREATED:
        return f"order {status}: {order}", time.perf_counter()
    path = f"/v1/orders/{order['id']}/payments"
    status, paid = await _call(port, path, {"method": "demo_ok"}, order["access_token"], seen)
    for _ in range(_LOOKS * (paid.get("state") == "authorised")):
        # Something kept the order from its tickets for a moment: whoever has paid looks again.
        await asyncio.sleep(1)
        looked = f"{path}/{paid['payments'][0]['id']}/result"
        status, paid = await _call(port, looked, {}, order["access_token"], seen)
    return ("sold" if paid.get("state") == "ticketed" else f"payment {status}: {paid}"), time.perf_counter()


async def _ordered(port: int, buyer: Buyer, seen: Rush) -> tuple[int, dict[str, Any]]:
    """Order, and come again at each time that the queue tells."""
    is_first = True
    while True:
        body = {"quote_id": buyer.quote}
        status, answer = await _call(port, "/v1/orders", body, "", seen, key=buyer.key, ticket=buyer.ticket)
        now = time.perf_counter()
        if is_first:
            seen.heard.append(now)
        is_first = False
        if buyer.due:
            seen.late.append(now - buyer.due)
        if status != HTTPStatus.TOO_MANY_REQUESTS:
            return status, answer
        buyer.ticket, buyer.due = answer["queue_ticket"], now + answer["wait_ms"] / 1000
        buyer.number = buyer.number or _number_of(buyer.ticket)
        seen.queued.add(buyer.key)
        await asyncio.sleep(answer["wait_ms"] / 1000)


def _number_of(ticket: str) -> int:
    """The number in a ticket's second eight bytes, for which an app has no use."""
    return int.from_bytes(base64.urlsafe_b64decode(ticket.removeprefix("tf_queue_") + "==")[8:16], "big")


async def _call(
    port: int, path: str, body: Any, token: str, seen: Rush, *, key: str = "", ticket: str = ""
) -> tuple[int, dict[str, Any]]:
    """Call under one key until something other than 503 is answered, or patience ends."""
    head = f"Idempotency-Key: {key or uuid.uuid4()}\r\n"
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    head += f"Queue-Ticket: {ticket}\r\n" if ticket else ""
    ends = time.perf_counter() + _PATIENCE
    while True:
        status, answer = await _once(port, path, body, head)
        seen.statuses[status] += 1
        if status not in {0, 503} or time.perf_counter() > ends:
            return status, answer
        await asyncio.sleep(1)


async def _once(port: int, path: str, body: Any, more: str) -> tuple[int, dict[str, Any]]:
    text = json.dumps(body)
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nConnection: close\r\n"
    head += f"Content-Length: {len(text)}\r\n{more}"
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{head}\r\n{text}".encode())
        said = await reader.read()
        writer.close()
    except OSError:
        return 0, {}
    top, _, rest = said.partition(b"\r\n\r\n")
    with contextlib.suppress(IndexError, ValueError):
        return int(top.split()[1]), dict(json.loads(rest))
    return 0, {}


def measure(buyers: int) -> tuple[Rush, int, int]:
    """Serve, sell and count: the rush, the tickets and the orders that the database holds afterwards."""
    with tempfile.TemporaryDirectory() as scratch, databases.postgresql(Path(scratch)) as url:
        folder, database = Path(scratch), Database(url)
        upgrade(database)
        environment = {
            "THROUGHFARE_DATABASE_URL": url,
            "THROUGHFARE_KEYS_FOLDER": str(folder / "keys"),
            "THROUGHFARE_CACHE_FOLDER": str(folder / "cache"),
            "THROUGHFARE_REGIONS_FOLDER": str(region_with(folder)),
            "THROUGHFARE_RATE_LIMITS": "off",
            "THROUGHFARE_LIVE_SECONDS": "0",
            "THROUGHFARE_WARM_UP": "off",
        }
        with served(environment, folder) as (port, master):
            quotes = quotes_for(f"http://127.0.0.1:{port}", buyers)
            before = cpu_seconds(master)
            seen = asyncio.run(rush(port, quotes))
            seen.cpu_seconds = cpu_seconds(master) - before
        with database.read() as tx:
            tickets, orders = (
                int(tx.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())
                for table in ("ticket", "ticket_order")
            )
        database.close()
        return seen, tickets, orders


@contextlib.contextmanager
def served(environment: dict[str, str], folder: Path) -> Iterator[tuple[int, int]]:
    """Run `throughfare serve`; its port and its first process. Its log goes to a file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    words = ["serve", "--bind", f"127.0.0.1:{port}", "--workers", str(_WORKERS)]
    with (folder / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ticketing", *words],
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(port, process)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(20)
            log.flush()
            _print_trouble(folder / "serve.log")


def _print_trouble(file: Path) -> None:
    """Print what the service has logged as a warning or an error while it served."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if _TROUBLE.search(line) and "stand-in" not in line:
            print(line[:_SHOWN_CHARS])


def lines_of(seen: Rush, tickets: int, orders: int, load: float) -> list[str]:
    """The figures as a table."""
    every = sorted([*seen.sold, *seen.refused])
    failed = sum(
        count for status, count in seen.statuses.items() if status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return [
        f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, load {load:.1f}: {len(every)} buyers at one instant for {PLACES} places.",
        f"Two processes of the service ({_WORKERS} workers), PostgreSQL that waits for its disk; the buyers share the cores.",
        "",
        "| | |",
        "|---|---|",
        f"| sold, and tickets in the database | {len(seen.sold)}, {tickets} |",
        f"| refused with 409 | {len(seen.refused)} |",
        f"| told a place in the queue; times told | {len(seen.queued)}; {seen.statuses[429]} |",
        f"| orders that were written; the service's CPU | {orders}; {seen.cpu_seconds:.1f} s |",
        f"| answers 5xx; buyers without an answer | {failed}; {len(seen.lost)} |",
        f"| first answer (a place, a no, or a place in the queue): p50 / p95 / last (goal: {_GOAL_SECONDS:.0f} s) | {_cut(seen.heard)} |",
        f"| answer after the time that was told: p50 / p95 / last | {_cut(seen.late)} |",
        f"| places that went to the first {PLACES} who came; answers out of turn, by half a second or more | {_first(seen)}; {_overtaken(seen)} |",
        f"| a no: p50 / p95 / last | {_cut(seen.refused)} |",
        f"| a ticket: p50 / p95 / last | {_cut(seen.sold)} |",
        f"| last answer of all: p50 / p95 / last | {_cut(every)} |",
    ]


def _cut(times: Sequence[float]) -> str:
    if len(times) < 2:  # noqa: PLR2004
        return "none"
    cuts = statistics.quantiles(times, n=100)
    return f"{cuts[49]:.1f} / {cuts[94]:.1f} / {max(times):.1f} s"


def _first(seen: Rush) -> int:
    """Count the places that went to those who came first."""
    by_arrival = sorted(seen.turns)
    return sum(is_sold for _, _, is_sold in by_arrival[:PLACES])


def _overtaken(seen: Rush) -> int:
    """Count those who had their answer half a second or more after somebody who had come later."""
    earliest, count = float("inf"), 0
    for _, at, _ in sorted(seen.turns, reverse=True):
        count += at > earliest + _TURN_SECONDS
        earliest = min(earliest, at)
    return count


def main() -> None:
    """Measure, print, and end with 1 where another number was sold, or anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("buyers", type=int, nargs="?", default=BUYERS)
    parser.add_argument("--write", action="store_true", help=f"write the table into {PAGE}")
    wanted = parser.parse_args()
    load = os.getloadavg()[0]
    seen, tickets, orders = measure(wanted.buyers)
    lines = lines_of(seen, tickets, orders, load)
    print("\n".join(lines))
    print(dict(seen.statuses), seen.lost[:3])
    if wanted.write:
        _write(lines)
    right = len(seen.sold) == tickets == min(PLACES, wanted.buyers) and not seen.lost
    sys.exit(0 if right else 1)


def _write(lines: Sequence[str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, title, rest = text.partition(_TITLE)
    _, mark, after = rest.partition("\n## ")
    table = "\n".join(lines)
    about = "Written by `python -m benchmarks.rush --write`."
    PAGE.write_text(f"{before}{title}\n{about}\n\n{table}\n{mark}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
