"""Buyers, gates and people who give tickets back: each repeats a call under its own key until it is answered."""

import http.client
import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

_PATIENCE, _PAUSE = 90.0, 0.2
_AGAIN = {409, 429, 500, 502, 503, 504}
# The busiest second of an answer that came to a person in flight.
_GIVES_BACK, _CHECKS = 0.2, 0.5


@dataclass(slots=True)
class Notebook:
    """All that was acknowledged: orders with their tickets, what gates let in, what was given back; and how long each waited."""

    begun: int = 0
    orders: dict[str, str] = field(default_factory=dict)
    accepts: list[tuple[str, str]] = field(default_factory=list)
    refunds: set[str] = field(default_factory=set)
    waits: list[tuple[float, float]] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def longest_between(self, since: float, until: float) -> float:
        """The longest time within these moments in which no sale was acknowledged."""
        ends = sorted(end for _, end in self.waits if since <= end <= until)
        marks = [since, *ends, until]
        return max(later - earlier for earlier, later in itertools.pairwise(marks))

    def slowest_across(self, at: float, during: float = 5.0) -> float:
        """The longest payment of those that were in flight within seconds of a deed, counted from it."""
        crossing = [end - max(begin, at) for begin, end in self.waits if begin <= at + during and end > at]
        return max(crossing, default=0.0)


@dataclass(frozen=True, slots=True)
class Shop:
    """The service as the world sees it: one address, and a clock that is `ahead` of ours."""

    port: int
    gate: str
    notes: Notebook
    ahead: timedelta

    def now(self) -> datetime:
        """The service's time: a weekday's morning, when trams run."""
        return datetime.now(UTC) + self.ahead

    def serve_until(self, over: threading.Event) -> None:
        """Buy one ticket after the other, check some and give some back."""
        while not over.is_set():
            try:
                self.buy_one()
            except TimeoutError as error:
                self.notes.given_up.append(str(error))

    def buy_one(self) -> None:
        """Search, freeze the offer, order and pay: a payment that is answered is written down."""
        at = (self.now() + timedelta(minutes=2)).isoformat(timespec="seconds")
        wish = {
            "from": {"place": "Kopli"},
            "to": {"place": "Balti jaam"},
            "depart_at": at,
            "passengers": [{"ref": "anna", "rider_category": "adult"}],
        }
        offer = self._call("POST", "/v1/journeys", wish)["itineraries"][0]["offer_id"]
        quote = self._call("POST", "/v1/quotes", {"offer_id": offer})
        with self.notes.lock:
            self.notes.begun += 1
        order = self._call("POST", "/v1/orders", {"quote_id": quote["id"]})
        token, began = order["access_token"], time.monotonic()
        paid = self._call("POST", f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, token)
        with self.notes.lock:
            self.notes.orders[order["id"]] = paid["state"]
            self.notes.waits.append((began, time.monotonic()))
        if random.random() < _CHECKS:
            self._check(order["id"], token)
        elif random.random() < _GIVES_BACK:
            self._give_back(order["id"], token)

    def _check(self, order_id: str, token: str) -> None:
        ticket = self._call("GET", f"/v1/orders/{order_id}/tickets", None, token)["tickets"][0]
        scan = str(uuid.uuid4())
        body = {"scan_id": scan, "token": ticket["token"], "device_ts": self.now().isoformat()}
        answer = self._call("POST", "/v1/validations", body, self.gate)
        if answer["decision"] == "accept":
            with self.notes.lock:
                self.notes.accepts.append((scan, order_id))

    def _give_back(self, order_id: str, token: str) -> None:
        self._call("POST", f"/v1/orders/{order_id}/refunds", {"passengers": ["anna"]}, token)
        with self.notes.lock:
            self.notes.refunds.add(order_id)

    def _call(self, method: str, path: str, body: Any, token: str = "") -> Any:
        """Call until it is answered, always under one key; raises TimeoutError after a minute and a half."""
        head = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        if token:
            head["Authorization"] = f"Bearer {token}"
        ends, said = time.monotonic() + _PATIENCE, ""
        while time.monotonic() < ends:
            try:
                status, said = self._once(method, path, body, head)
            except (OSError, http.client.HTTPException) as error:
                status, said = 0, str(error)
            with self.notes.lock:
                self.notes.statuses[status] = self.notes.statuses.get(status, 0) + 1
            if status and status not in _AGAIN:
                if status >= 400:  # noqa: PLR2004
                    raise TimeoutError(f"{method} {path}: {status} {said[:300]}")
                return json.loads(said)
            time.sleep(_PAUSE)
        raise TimeoutError(f"{method} {path}: no answer; the last was {said[:300]}")

    def _once(self, method: str, path: str, body: Any, head: Mapping[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), dict(head))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def at_work(shop: Shop, buyers: int) -> tuple[threading.Event, Callable[[], None]]:
    """Let so many people buy at once; answers the event that sends them home, and how to wait for them."""
    over = threading.Event()
    threads = [threading.Thread(target=shop.serve_until, args=(over,), daemon=True) for _ in range(buyers)]
    for thread in threads:
        thread.start()

    def wait() -> None:
        over.set()
        for thread in threads:
            thread.join(_PATIENCE + 60)

    return over, wait
