"""The story of the demo: every step is a call of the public HTTP API, every amount is checked to add up."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console
from rich.table import Table

from throughfare_gate.ids import new_id
from ticketing.cli.demo import story_month, story_storm
from ticketing.cli.demo.sold_month import Sold
from ticketing.cli.demo_scene import Scene

_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Access:
    """The secrets of the demo: keys for the gates and the staff of each operator, and one for each of two people of finance."""

    gates: dict[str, str]
    staff: dict[str, str]
    finance: str
    approver: str


@dataclass(frozen=True, slots=True)
class Cards:
    """The payment methods that the buyer tries, first one that is declined; `gateway` is who takes them."""

    gateway: str
    declined: str
    good: str


CARDS = {
    "demo": Cards("the demo gateway", "demo_declined", "demo_ok"),
    # Stripe's own test cards: they need a test key, or a stand-in.
    "stripe": Cards("Stripe", "pm_card_chargeCustomerFail", "pm_card_visa"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """The stage of a story: the service, the folder for what is left, the region's, and what sets the service's pretended time.

    `check` ends the demo where one of its processes has ended.
    """

    url: str
    folder: Path
    region_folder: Path
    move_clock: Callable[[datetime | None], None]
    check: Callable[[], None]


class Story:
    """Tells one day of a region, as its scene says."""

    def __init__(
        self, console: Console, scene: Scene, region: str, access: Access, stage: Stage, *, cards: Cards
    ) -> None:
        self._say = console.print
        self._http = httpx.Client(base_url=stage.url, timeout=_SECONDS)
        self._scene, self._region, self._access = scene, region, access
        self._folder, self._move_clock = stage.folder, stage.move_clock
        self._region_folder, self.check = stage.region_folder, stage.check
        self._cards = cards

    def tell(self, start: datetime, sold: Sold | None = None) -> None:
        """From the search to the month's close."""
        self._say(
            f"\n[bold]A commuter's day[/bold], {start:%A %-d %B %Y}. Payments are pretended, amounts are not.\n"
        )
        if sold is not None:
            self._say(
                f"Before it {sold.orders} orders of the month were made: {sold.paid} paid, {sold.back} given back."
            )
        offer = self._search(start)
        quote = self._quote(offer)
        order, key = self._buy(quote)
        tickets = self._tickets(order, key)
        refund = self._refund(order, key)
        self._travel(offer, tickets)
        paid, back = self._storm(start)
        paid += Decimal(order["total"]["amount"])
        earlier = sold or Sold()
        back += Decimal(refund["amount"]["amount"])
        self._close(paid + earlier.paid, back + earlier.back, start)
        self._say(f"\nThe tickets, their QR codes and the statements are in [bold]{self._folder}[/bold].")

    def _search(self, start: datetime) -> dict[str, Any]:
        scene = self._scene
        self._step(1, f"{start:%H:%M}, {scene.opening}")
        answer = self._post(
            "/v1/journeys",
            {
                "from": {"place": scene.origin},
                "to": {"place": scene.destination},
                "depart_at": datetime.combine(start, scene.leaves, start.tzinfo).isoformat(),
                "passengers": [dict(scene.goes), dict(scene.stays)],
            },
        )
        table = Table("leaves", "arrives", "changes", "by", "price", box=None, padding=(0, 2, 0, 0))
        for itinerary in answer["itineraries"]:
            lines = " › ".join(leg["line"] for leg in itinerary["legs"] if leg["kind"] == "ride")
            table.add_row(
                itinerary["departure"][11:16],
                itinerary["arrival"][11:16],
                str(itinerary["changes"]),
                lines,
                _text(itinerary["price"]["total"]) if itinerary["price"]["total"] else "not sold",
            )
        self._say(table)
        sellable = [itinerary for itinerary in answer["itineraries"] if itinerary["offer_id"]]
        if not sellable:
            raise click.ClickException(f"no journey can be sold: {answer['reason']}")
        chosen: dict[str, Any] = sellable[0]
        (self._folder / "journeys.json").write_text(_pretty(answer), encoding="utf-8")
        return chosen

    def _quote(self, offer: dict[str, Any]) -> dict[str, Any]:
        self._step(2, "They take the first. The price is frozen, with every reason.")
        quote = self._post("/v1/quotes", {"offer_id": offer["offer_id"]})
        for passenger in quote["passengers"]:
            self._say(f"  {passenger['ref']} ({passenger['rider_category']}): {_text(passenger['total'])}")
            for item in story_month.rows_of(passenger, "items"):
                self._say(f"    {_text(item['price']):>10}  {item['because']}")
        (self._folder / "quote.json").write_text(_pretty(quote), encoding="utf-8")
        return quote

    def _buy(self, quote: dict[str, Any]) -> tuple[dict[str, Any], str]:
        order = self._post("/v1/orders", {"quote_id": quote["id"]}, once=True)
        key = order["access_token"]
        self._step(3, f"An order, paid by {self._cards.gateway}: {_text(order['total'])}.")
        declined = self._call(
            "POST", f"/v1/orders/{order['id']}/payments", key, {"method": self._cards.declined}, once=True
        )
        self._expect(declined.status_code == httpx.codes.PAYMENT_REQUIRED, "a declined card is told so")
        self._say(f"  first card:  {declined.json()['detail']}")
        paid = self._post(f"/v1/orders/{order['id']}/payments", {"method": self._cards.good}, key, once=True)
        self._say(f"  second card: {paid['state']} ({paid['stand_ins'][0]})")
        return paid, key

    def _tickets(self, order: dict[str, Any], key: str) -> list[dict[str, Any]]:
        tickets: list[dict[str, Any]] = self._get(f"/v1/orders/{order['id']}/tickets", key).json()["tickets"]
        self._step(4, "One signed ticket for each, for the whole way.")
        for ticket in tickets:
            name = f"ticket-{ticket['passenger']}"
            (self._folder / f"{name}.jwt").write_text(ticket["token"], encoding="ascii")
            for form in ("png", "svg"):
                (self._folder / f"{name}.{form}").write_bytes(self._get(ticket[f"qr_{form}"], key).content)
            self._say(
                f"  {ticket['passenger']}: {_text(ticket['price'])}, valid until {ticket['expires_at']}, "
                f"{len(ticket['token'])} characters, {name}.png"
            )
        return tickets

    def _travel(self, offer: dict[str, Any], tickets: list[dict[str, Any]]) -> None:
        """Show the ticket of who goes at the first gate, twice, and at the next operator's."""
        who = self._scene.goes["ref"]
        token = next(ticket["token"] for ticket in tickets if ticket["passenger"] == who)
        rides = [leg for leg in offer["legs"] if leg["kind"] == "ride"]
        first, onward = (
            rides[0],
            next((leg for leg in rides if leg["operator"] != rides[0]["operator"]), None),
        )
        self._step(6, f"{who.capitalize()} shows the code at the gates.")
        self._move_clock(datetime.fromisoformat(first["departure"]))
        shown = self._present(token, first)
        self._expect(
            shown["decision"] == "accept", f"the gate of {first['operator_name']} accepts the ticket"
        )
        self._move_clock(datetime.fromisoformat(first["departure"]) + timedelta(minutes=5))
        again = self._present(token, first)
        self._expect(again["reason"] == "already_used", "a second use is refused")
        if onward:
            boards = datetime.fromisoformat(onward["check_in_until"] or onward["departure"])
            self._move_clock(boards - timedelta(minutes=2))
            later = self._present(token, onward)
            self._expect(
                later["decision"] == "accept", f"the gate of {onward['operator_name']} accepts the ticket"
            )

    def _present(self, token: str, leg: dict[str, Any]) -> dict[str, Any]:
        answer = self._post(
            "/v1/validations",
            {
                "scan_id": new_id(),
                "token": token,
                "stop_id": leg["from"]["stop_id"],
                "device_ts": self._service_time().isoformat(),
            },
            self._access.gates[leg["operator"]],
        )
        where = f"{leg['operator_name']}, {leg['from']['name']}"
        self._say(f"  {where:<45} {answer['decision']:<7} {answer['reason']:<13} {answer['staff_sees']}")
        return answer

    def _refund(self, order: dict[str, Any], key: str) -> dict[str, Any]:
        self._step(5, self._scene.because)
        who = {"passengers": [self._scene.stays["ref"]]}
        refund = self._post(f"/v1/orders/{order['id']}/refunds", who, key, once=True)
        for line in refund["lines"]:
            self._say(f"  {_text(line['amount'])} back: {line['because']}")
        return refund

    def _storm(self, start: datetime) -> tuple[Decimal, Decimal]:
        """Tell of the next day, where the region's story has a storm; answers what was paid and given back in it."""
        storm = self._scene.storm
        if storm is None:
            return Decimal(0), Decimal(0)
        self._step(7, storm.opening)
        keys = story_storm.Keys(self._access.staff[storm.operator], self._access.gates[storm.taker])
        return story_storm.tell(self, self._scene, storm, keys, start)

    def sell(self, scene: Scene, leaves: datetime, who: dict[str, str]) -> story_storm.Bought:
        """Search, quote, order and pay for one person, without a word."""
        wish = {"from": {"place": scene.origin}, "to": {"place": scene.destination}}
        answer = self._post("/v1/journeys", {**wish, "depart_at": leaves.isoformat(), "passengers": [who]})
        offer_id = next(way["offer_id"] for way in answer["itineraries"] if way["offer_id"])
        quote = self._post("/v1/quotes", {"offer_id": offer_id})
        order = self._post("/v1/orders", {"quote_id": quote["id"]}, once=True)
        key = order["access_token"]
        paid = self._post(f"/v1/orders/{order['id']}/payments", {"method": self._cards.good}, key, once=True)
        (ticket,) = self._get(f"/v1/orders/{order['id']}/tickets", key).json()["tickets"]
        return story_storm.Bought(order["id"], Decimal(paid["total"]["amount"]), key, ticket["token"])

    def move_clock(self, to: datetime) -> None:
        """Set the service's pretended time."""
        self._move_clock(to)

    def put(self, path: str, body: object, key: str) -> Any:
        """PUT with a key."""
        return self._checked(self._call("PUT", path, key, body)).json()

    def _close(self, paid: Decimal, back: Decimal, start: datetime) -> None:
        """Close the month as two people of finance do, and let other programs check it."""
        number = 7 if self._scene.storm is None else 8
        self._step(number, f"The month is over. Finance staff close {start:%Y-%m}.")
        self._move_clock(None)
        keys = (self._access.finance, self._access.approver)
        month = story_month.Month(
            region=self._region,
            period=f"{start:%Y-%m}",
            accounts=self._scene.accounts,
            keys=keys,
            folder=self._folder,
            region_folder=self._region_folder,
        )
        story_month.close(self, month, paid, back)

    def say(self, what: object) -> None:
        """Print a line or a table."""
        self._say(what)

    def expect(self, held: bool, promise: str) -> None:
        """End the demo when a promise is broken."""
        self._expect(held, promise)

    def get(self, path: str, key: str) -> httpx.Response:
        """GET with a key."""
        return self._get(path, key)

    def post(self, path: str, body: Any, key: str) -> dict[str, Any]:
        """POST once with a key."""
        return self._post(path, body, key, once=True)

    def _service_time(self) -> datetime:
        offset = float((self._folder / "clock").read_text(encoding="ascii"))
        return datetime.now().astimezone() + timedelta(seconds=offset)

    def _step(self, number: int, text: str) -> None:
        self._say(f"\n[bold]{number}.[/bold] {text}")

    def _expect(self, held: bool, promise: str) -> None:
        if not held:
            raise click.ClickException(f"the demo broke a promise: {promise}")

    def _get(self, path: str, key: str) -> httpx.Response:
        return self._checked(self._call("GET", path, key))

    def _post(self, path: str, body: Any, key: str | None = None, *, once: bool = False) -> dict[str, Any]:
        answer: dict[str, Any] = self._checked(self._call("POST", path, key, body, once=once)).json()
        return answer

    def _call(
        self, method: str, path: str, key: str | None, body: Any = None, *, once: bool = False
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if once:
            headers["Idempotency-Key"] = new_id()
        try:
            return self._http.request(method, path, headers=headers, json=body)
        except httpx.TimeoutException as error:
            raise click.ClickException(
                f"{method} {path} had no answer within {_SECONDS} s: this machine has too much to do"
            ) from error

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_error:
            raise click.ClickException(
                f"{response.request.url} answered {response.status_code}: {response.text}"
            )
        return response


def _text(money: dict[str, str]) -> str:
    return f"{money['amount']} {money['currency']}"


def _pretty(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)
