"""Measure how soon the holders of a cancelled ship are told: mail, push and webhooks to receivers that fail now and then.

`python -m benchmarks.messages [HOLDERS] [KILLS] [WORKERS]` prints the figures. Receivers and workers are processes of their own;
with KILLS a worker is killed so often (SIGKILL) and started again. The orders are copies of one that was bought through the API.
"""

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from benchmarks import databases
from operators.fake import FakeOperator
from tests.api import Api
from tests.ticketing.notices.receivers import Browser
from throughfare_gate.ids import new_id
from ticketing.app import create_app
from ticketing.clock import SystemClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.db.notices.happened import topic_of
from ticketing.db.tables.disruption import leg_of_ticket
from ticketing.db.tables.notices import contact, notice
from ticketing.db.tables.purchase import worker_job
from ticketing.db.tables.sale import order, order_event, quote, ticket
from ticketing.notices.contacts import digest_of
from ticketing.regions import by_staff
from ticketing.rooms import Rooms

REGION = "helsinki-tallinn"
HOLDERS, FAILING = 10_000, 0.05
_GOAL = "goal p95 60 s"
_PATIENCE_SECONDS = 900
_KINDS = ("email", "email", "webpush", "webhook")


def main() -> None:
    """Measure on both databases and print, or receive messages as a process of its own."""
    if sys.argv[1:2] == ["receive"]:
        receive(Path(sys.argv[2]))
        return
    holders = int(sys.argv[1]) if len(sys.argv) > 1 else HOLDERS
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 0  # noqa: PLR2004  the second word
    workers = int(sys.argv[3]) if len(sys.argv) > 3 else 1  # noqa: PLR2004  the third word
    for name, opened in databases.BOTH:
        with tempfile.TemporaryDirectory() as scratch, opened(Path(scratch)) as url:
            for title, value in measure(url, Path(scratch), holders, kills, workers):
                print(f"{name}, {holders:,} holders, workers: {workers}: {title:<60} {value:>14}")


def measure(url: str, folder: Path, holders: int, kills: int = 0, workers: int = 1) -> list[tuple[str, str]]:
    """Cancel a ship of so many holders, and wait until each of them was told."""
    database = Database(url)
    upgrade(database)
    with receivers(folder) as places:
        settings = Settings(
            database_url=url,
            keys_folder=folder / "keys",
            smtp_address=places["smtp"],
            messages_reach="anywhere",
        )
        rooms, bought = _bought(settings)
        wanted = _copies(database, bought, holders, places)
        leg = next(one for one in bought["legs"] if one["mode"] == "ferry")
        run = leg["operator"], leg["trip_id"], date.fromisoformat(leg["departure"][:10])
        with contextlib.ExitStack() as working:
            for _ in range(workers):
                worker = working.enter_context(_working(url, folder, places))
            _await_round(database)
            began = datetime.now().astimezone()
            by_staff.cancel_departure(rooms.live, REGION, *run, by="bench")
            _wait(database, worker, kills)
        rooms.till.database.close()
    told = [json.loads(line) for line in (folder / "received").read_text().splitlines()]
    with database.read() as tx:
        rows = tx.execute(
            sa.select(notice.c.ended_at, notice.c.state).where(notice.c.template == "journey")
        ).all()
    database.close()
    return _figures(rows, told, wanted, began)


def _figures(
    rows: Any, told: list[dict[str, str]], wanted: set[str], began: datetime
) -> list[tuple[str, str]]:
    after = sorted((row.ended_at - began).total_seconds() for row in rows if row.state == "delivered")
    ids = {(one["to"], one["id"]) for one in told}
    messages = Counter(to for to, _ in ids)
    assert set(messages) <= wanted, "somebody else was told"
    cut = statistics.quantiles(after, n=100)
    return [
        (
            f"from the cancellation to the hand-over: p50 / p95 / last, {_GOAL}",
            f"{cut[49]:.0f} / {cut[94]:.0f} / {after[-1]:.0f} s",
        ),
        (
            "told never / told of it in two messages / copies of one message",
            f"{len(wanted - set(messages))} / {sum(count > 1 for count in messages.values())} / {len(told) - len(ids)}",
        ),
    ]


def _bought(settings: Settings) -> tuple[Rooms, dict[str, Any]]:
    """Buy one ticket for tomorrow by the API."""
    clock = SystemClock()
    ferries = {
        name: FakeOperator(name, clock.now, {"foot": 1000}) for name in ("tallink", "viking", "eckero")
    }
    app = create_app(settings, clock=clock, connectors={REGION: ferries}, announces=False)
    tomorrow = datetime.now(ZoneInfo("Europe/Tallinn")) + timedelta(days=1)
    leaves = tomorrow.replace(hour=6, minute=10, second=0, microsecond=0)
    api: Any = Api(app.test_client(), clock, lambda *_: "")  # type: ignore[arg-type]
    bought = api.buy(depart_at=leaves.isoformat(), passengers=[{"ref": "a", "rider_category": "adult"}])
    rooms: Rooms = app.extensions["throughfare"]
    return rooms, {"order": bought.order["id"], "legs": bought.tickets[0]["legs"]}


def _copies(database: Database, bought: dict[str, Any], holders: int, places: dict[str, str]) -> set[str]:
    """Copy the order for so many holders, each with one contact; answers by what each is known at the receivers."""
    wanted, chance = set(), random.Random(7)
    browser = Browser(f"{places['http']}/push").subscription
    with database.write() as tx:
        held = {
            table.name: [
                dict(row) for row in tx.execute(sa.select(table).where(which)).mappings()
            ]
            for table, which in (
                (quote, quote.c.id == sa.select(order.c.quote_id).where(order.c.id == bought["order"]).scalar_subquery()),
                (order, order.c.id == bought["order"]),
                (order_event, order_event.c.order_id == bought["order"]),
                (ticket, ticket.c.order_id == bought["order"]),
                (leg_of_ticket, leg_of_ticket.c.order_id == bought["order"]),
            )
        }  # fmt: skip
        new: dict[str, list[dict[str, Any]]] = {name: [] for name in (*held, "contact", "notice")}
        now = datetime.now().astimezone()
        for at in range(holders):
            made, quoted, jti = new_id(), new_id(), f"{at:022d}"
            new["quote"] += [{**row, "id": quoted} for row in held["quote"]]
            new["ticket_order"] += [{**row, "id": made, "quote_id": quoted} for row in held["ticket_order"]]
            new["order_event"] += [{**row, "id": new_id(), "order_id": made} for row in held["order_event"]]
            place = {"order_id": made, "jti": jti}
            new["ticket"] += [{**row, **place, "status_index": 1_000 + at} for row in held["ticket"]]
            new["leg_of_ticket"] += [{**row, **place} for row in held["leg_of_ticket"]]
            kind = chance.choice(_KINDS)
            name = f"/{kind}/{at}"
            document = {
                "email": {"address": f"holder-{at}@example.org"},
                "webpush": {**browser, "endpoint": f"{places['http']}{name}"},
                "webhook": {"url": f"{places['http']}{name}", "secret": "whsec_" + "A" * 44},
            }[kind]
            document.pop("kind", None)
            wanted.add(document["address"] if kind == "email" else name)
            known = {"id": new_id(), "order_id": made, "kind": kind, "language": "en", "created_at": now}
            digest = digest_of(kind, document)
            new["contact"].append({**known, "digest": digest, "document": json.dumps(document)})
            new["notice"].append(
                {
                    "id": new_id(),
                    "topic": topic_of(made, digest, "tickets_ready", made),
                    "kind": kind,
                    "template": "tickets_ready",
                    "language": "en",
                    "document": "{}",
                    "order_id": made,
                    "state": "delivered",
                    "created_at": now,
                    "due_at": now,
                    "ended_at": now,
                }
            )
        for table in (quote, order, order_event, ticket, leg_of_ticket, contact, notice):
            tx.execute(sa.insert(table), new[table.name])
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    return wanted


class _Worker:
    """The worker's process, which may be killed and started again."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        program = [sys.executable, "-m", "ticketing", "worker"]
        return subprocess.Popen(
            program, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """Kill it at once, and start another one."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = self._start()

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(60)


@contextlib.contextmanager
def _working(url: str, folder: Path, places: dict[str, str]) -> Iterator[_Worker]:
    worker = _Worker(
        {
            **os.environ,
            "THROUGHFARE_DATABASE_URL": url,
            "THROUGHFARE_KEYS_FOLDER": str(folder / "keys"),
            "THROUGHFARE_SETTLEMENT_FOLDER": str(folder / "settlement"),
            "THROUGHFARE_SMTP_ADDRESS": places["smtp"],
            "THROUGHFARE_MAIL_SENDER": "Throughfare <tickets@example.eu>",
            "THROUGHFARE_MESSAGES_REACH": "anywhere",
            "THROUGHFARE_LIVE_SECONDS": "0",
        }
    )
    try:
        yield worker
    finally:
        worker.stop()


def _await_round(database: Database) -> None:
    """Wait until a worker has done its first round: a deployment's is there before the storm."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up:
        with database.read() as tx:
            if tx.execute(sa.select(worker_job.c.name).limit(1)).first():
                return
        time.sleep(0.1)
    raise RuntimeError("no worker has come")


def _wait(database: Database, worker: _Worker, kills: int) -> None:
    """Wait until no message waits, killing the worker now and then."""
    chance, give_up = random.Random(11), time.monotonic() + _PATIENCE_SECONDS
    waiting = sa.select(sa.func.count()).where(notice.c.state == "waiting")
    written = sa.select(sa.func.count()).where(notice.c.template == "journey")
    while time.monotonic() < give_up:
        time.sleep(chance.uniform(1, 3))
        with database.read() as tx:
            if tx.execute(written).scalar_one() and not tx.execute(waiting).scalar_one():
                return
        if kills:
            worker.kill()
            kills -= 1
    raise RuntimeError("messages still wait")


class _Failing:
    """Failures by chance, for each holder twice at most: a third one would wait for five minutes."""

    def __init__(self) -> None:
        self._chance, self._failed = random.Random(5), Counter[str]()

    def fails(self, to: str) -> bool:
        """Tell whether this message fails now."""
        found = self._chance.random() < FAILING and self._failed[to] < 2  # noqa: PLR2004  see above
        self._failed[to] += found
        return found


class _Mailbox(asyncio.Protocol):
    """A mail server that writes down what it took, and fails now and then.

    It knows the commands that are sent to it and no more (RFC 5321): what it costs is not what is measured.
    """

    def __init__(self, log: Any, chance: _Failing) -> None:
        self._log, self._chance = log, chance
        self._heard, self._to, self._is_mail = b"", "", False
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Greet."""
        self._transport = transport
        transport.write(b"220 receiver\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each command, and each mail when it has ended."""
        self._heard += data
        end = b"\r\n.\r\n" if self._is_mail else b"\r\n"
        while end in self._heard:
            heard, _, self._heard = self._heard.partition(end)
            self._transport.write(self._took(heard) if self._is_mail else self._obeyed(heard))
            end = b"\r\n.\r\n" if self._is_mail else b"\r\n"

    def _obeyed(self, command: bytes) -> bytes:
        word = command[:4].upper()
        if word == b"RCPT":
            self._to = command.decode().partition("<")[2].partition(">")[0]
        self._is_mail = word == b"DATA"
        return {b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 ok\r\n")

    def _took(self, mail: bytes) -> bytes:
        self._is_mail = False
        if self._chance.fails(self._to):
            return b"451 not now\r\n"
        _write(self._log, self._to, _header(mail, b"Message-ID"))
        return b"250 taken\r\n"


class _Hooks(asyncio.Protocol):
    """Receivers of push and webhooks that write down what they took, and fail now and then."""

    def __init__(self, log: Any, chance: _Failing) -> None:
        self._log, self._chance, self._heard = log, chance, b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Remember where to answer."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer a request once all of it is there."""
        self._heard += data
        head, _, body = self._heard.partition(b"\r\n\r\n")
        if not self._heard.count(b"\r\n\r\n") or len(body) < int(_header(head, b"Content-Length")):
            return
        path = head.split(b" ", 2)[1].decode()
        fails = self._chance.fails(path)
        if not fails:
            _write(self._log, path, _header(head, b"Webhook-Id") or _header(head, b"Topic"))
        status = b"503 Not now" if fails else b"201 Taken"
        self._transport.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self._transport.close()


def _header(head: bytes, name: bytes) -> str:
    """Read a header; empty where it is not there."""
    named = re.search(rb"^" + name + rb": *([^\r]*)", head, re.MULTILINE | re.IGNORECASE)
    return named.group(1).decode() if named else ""


def _write(log: Any, to: str, message_id: str) -> None:
    log.write(json.dumps({"to": to, "id": message_id}) + "\n")


def receive(folder: Path) -> None:
    """Receive messages until standard input ends; the addresses are in `places`, what was taken in `received`."""
    asyncio.run(_receive(folder))


async def _receive(folder: Path) -> None:
    loop, chance = asyncio.get_running_loop(), _Failing()
    with (folder / "received").open("a", buffering=1) as log:
        mail = await loop.create_server(lambda: _Mailbox(log, chance), "127.0.0.1", 0)
        hooks = await loop.create_server(lambda: _Hooks(log, chance), "127.0.0.1", 0)
        ports = [server.sockets[0].getsockname()[1] for server in (mail, hooks)]
        places = {"smtp": f"smtp://127.0.0.1:{ports[0]}", "http": f"http://127.0.0.1:{ports[1]}"}
        (folder / "places.draft").write_text(json.dumps(places))
        (folder / "places.draft").rename(folder / "places")
        await loop.run_in_executor(None, sys.stdin.read)


@contextlib.contextmanager
def receivers(folder: Path) -> Iterator[dict[str, str]]:
    """Run the receivers in a process of their own; their addresses."""
    program = [sys.executable, "-m", "benchmarks.messages", "receive", str(folder)]
    with subprocess.Popen(program, stdin=subprocess.PIPE) as process:
        try:
            give_up = time.monotonic() + 60
            while not (folder / "places").exists() and time.monotonic() < give_up:
                time.sleep(0.05)
            yield json.loads((folder / "places").read_text())
        finally:
            assert process.stdin is not None
            process.stdin.close()


if __name__ == "__main__":
    main()
