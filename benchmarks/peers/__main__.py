"""Sell and check tickets beside pretix: the same server and machine, in turn, in random order; `make bench-peers` runs it.

Both are served by one worker with eight threads over a PostgreSQL that waits for its disk. pretix runs its tasks in the
request, as it does without a broker. The first row of a race is pretix; each side's tickets must open a gate once, and once only.
"""

import contextlib
import http.client
import json
import os
import platform
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.gate_online import Door, served
from benchmarks.harness import Result, result_of
from benchmarks.peers import pretix_shop
from tests import postgresql
from tests.ticketing.gate.stock import put_ticket
from throughfare_gate.tickets.jws import Signer
from ticketing.clock import SystemClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.identity import create_key
from ticketing.tickets.issue import status_list_of
from ticketing.tickets.keys import KeyStore

ROUNDS, CALLS, WARM = 21, 5, 5
_SALE, _GATE = "order to ticket over HTTP, PostgreSQL", "check a ticket at a gate over HTTP, PostgreSQL"
_SALE_GOAL, _GATE_GOAL = "≤ 0.20 of pretix", "≤ 0.125 of pretix"


@dataclass(frozen=True, slots=True)
class Shop:
    """Our service, over a connection that stays open."""

    connection: http.client.HTTPConnection

    def quote(self, departure: datetime) -> str:
        """Search a tram ride and freeze its price, which no race counts."""
        found = self._post(
            "/v1/journeys",
            {
                "from": {"place": "Kopli"},
                "to": {"place": "Balti jaam"},
                "depart_at": departure.isoformat(),
                "passengers": [{"ref": "anna", "rider_category": "adult"}],
            },
        )
        offer = next(one["offer_id"] for one in found["itineraries"] if _rides(one) == ["tlt"])
        return str(self._post("/v1/quotes", {"offer_id": offer})["id"])

    def order_and_pay(self, quote: str) -> str:
        """Place an order, pay it and fetch its ticket, in three calls; answers the ticket's token."""
        placed = self._post("/v1/orders", {"quote_id": quote})
        paid = self._post(
            f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, placed["access_token"]
        )
        assert paid["state"] == "ticketed", paid
        found = self._call("GET", f"/v1/orders/{placed['id']}/tickets", token=placed["access_token"])
        return str(found["tickets"][0]["token"])

    def _post(self, path: str, body: Any, token: str | None = None) -> Any:
        return self._call("POST", path, json.dumps(body), token)

    def _call(self, method: str, path: str, body: str | None = None, token: str | None = None) -> Any:
        head = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        if token:
            head["Authorization"] = f"Bearer {token}"
        self.connection.request(method, path, body, head)
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status in {200, 201}, (answer.status, content[:2000])
        return json.loads(content)


def run() -> list[Result]:
    """Sell, then check, both services in turn."""
    with tempfile.TemporaryDirectory() as scratch, postgresql.server(durable=True) as url:
        for name in ("ours", "pretix"):
            _create(url, name)
            (Path(scratch) / name).mkdir()
        theirs, mine = (url.replace("/postgres", f"/{name}") for name in ("pretix", "ours"))
        with (
            pretix_shop.served(theirs, Path(scratch) / "pretix") as peer,
            _ours(mine, Path(scratch) / "ours") as (shop, door, tokens),
        ):
            return [*_sales(peer, shop), *_checks(peer, door, tokens)]


def _sales(peer: pretix_shop.Pretix, shop: Shop) -> list[Result]:
    departure = datetime.now(UTC).replace(hour=7, minute=0, second=0, microsecond=0) + timedelta(days=1)
    quotes = iter([shop.quote(departure) for _ in range(WARM + ROUNDS * CALLS + 1)])
    _rested((shop.connection,))
    secret = peer.order()
    assert [peer.redeem(secret), peer.redeem(secret)] == ["ok", "already_redeemed"]
    assert shop.order_and_pay(next(quotes)).count(".") == 2  # noqa: PLR2004  a signed token has three parts
    contenders: dict[str, Callable[[], object]] = {
        "pretix, a paid order in one call": peer.order,
        "pretix, order and payment": peer.order_and_pay,
        "ours, order, payment and ticket": lambda: shop.order_and_pay(next(quotes)),
    }
    return _race(
        _SALE, contenders, (peer.connection, shop.connection), {"ours, order, payment and ticket": _SALE_GOAL}
    )


def _checks(peer: pretix_shop.Pretix, door: Door, tokens: list[str]) -> list[Result]:
    _rested((peer.connection,))
    secrets = iter([peer.order() for _ in range(WARM + ROUNDS * CALLS)])
    shown, connection = iter(tokens), door.connect()
    first = next(shown)
    assert [door.show(connection, first), door.show(connection, first)] == ["ok", "already_used"]

    def redeemed() -> None:
        assert peer.redeem(next(secrets)) == "ok"

    def validated() -> None:
        assert door.show(connection, next(shown)) == "ok"

    contenders: dict[str, Callable[[], object]] = {
        "pretix, checkinrpc/redeem": redeemed,
        "ours, validations": validated,
    }
    return _race(_GATE, contenders, (peer.connection, connection), {"ours, validations": _GATE_GOAL})


def _race(
    title: str,
    contenders: dict[str, Callable[[], object]],
    connections: Sequence[http.client.HTTPConnection],
    goals: dict[str, str],
) -> list[Result]:
    """Race as `harness.race` does, with so many calls to warm up: what is sold is prepared and counted."""
    for contender in contenders.values():
        _rested(connections)
        for _ in range(WARM):
            contender()
    names, shuffler = list(contenders), random.Random(2026)
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in shuffler.sample(names, len(names)):
            _rested(connections)
            start = time.perf_counter()
            for _ in range(CALLS):
                contenders[name]()
            times[name].append((time.perf_counter() - start) / CALLS)
    return [result_of(title, name, times[name], times[names[0]], goals.get(name, "")) for name in names]


def _rested(connections: Sequence[http.client.HTTPConnection]) -> None:
    """Close what a server may have closed while the other side was asked; the next call opens it again."""
    for connection in connections:
        connection.close()


@contextlib.contextmanager
def _ours(url: str, folder: Path) -> Iterator[tuple[Shop, Door, list[str]]]:
    """Our service over an empty database, and tickets in it that gates may check."""
    settings = Settings(database_url=url, keys_folder=folder / "keys")
    database, now = Database(url), datetime.now(UTC)
    upgrade(database)
    keys = KeyStore(settings.keys_folder, settings.key_passphrase)
    keys.create_missing(now)
    signer, day = Signer(*keys.signer_key("ticket")), status_list_of(now)
    tokens = [
        put_ticket(
            database,
            f"{number:022}",
            at=now,
            signer=signer,
            status_list=day,
            uri=f"{settings.public_url}/s/{day}",
            demo=True,
        ).token
        for number in range(1 + WARM + ROUNDS * CALLS)
    ]
    secret = create_key(database, SystemClock(), role="gate", operator="tlt", label="bench")[1]
    database.close()
    environment = {
        "THROUGHFARE_DATABASE_URL": url,
        "THROUGHFARE_KEYS_FOLDER": str(settings.keys_folder),
        "THROUGHFARE_LOG_FORMAT": "json",
        "THROUGHFARE_RATE_LIMITS": "off",
    }
    with served("wsgi:app", environment, folder) as found:
        connection = http.client.HTTPConnection("127.0.0.1", found.port, timeout=60)
        yield Shop(connection), Door(found.port, secret, found.master), tokens


def _create(url: str, name: str) -> None:
    engine = sa.create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()


def _rides(itinerary: dict[str, Any]) -> list[str]:
    return [leg["operator"] for leg in itinerary["legs"] if leg["kind"] == "ride"]


def main() -> None:
    """Race and print, and keep the figures."""
    if not (pretix_shop.VENV / "bin/python").exists():
        sys.exit("pretix is not installed here: `make bench-peers` does it (network, some minutes)")
    results = run()
    for result in results:
        print(
            f"{result.race:<48} {result.name:<34} {result.microseconds / 1000:8.1f} ms {result.ratio:5.2f} "
            f"{result.spread:4.0%} {result.goal}"
        )
    machine = {
        "rounds": ROUNDS,
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }
    path = Path("benchmarks/results") / f"peers-{datetime.now(UTC).date()}.json"
    content = {**machine, "results": [asdict(result) for result in results]}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
