"""Play one journey whole: search, quote, order, pay, ticket, gates, refund or exchange. It says when it goes on.

A play is a generator of moments: whoever runs it sets the service's clock to each and lets it go on.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ticketing.rehearsal import invariants
from ticketing.rehearsal.disrupt import Disrupting, run_of
from ticketing.rehearsal.gates import Gates
from ticketing.rehearsal.holder import Holder, Wallet
from ticketing.rehearsal.http import Client, Reply
from ticketing.rehearsal.journey import Journey, Record
from ticketing.rehearsal.stage import Purchase, Stage

_UNPAID_FOR = timedelta(minutes=40)
_FIRST_STEP = timedelta(minutes=2)
# An operator that does not answer.
_SILENT = 503
_LATE = timedelta(minutes=30)


class Play:
    """Plays one journey on a stage; what is seen goes into its record."""

    def __init__(self, stage: Stage, journey: Journey, client: Client, wallet: Wallet) -> None:
        self.record = Record(journey=journey)
        self._stage, self._journey, self._http = stage, journey, client
        self._holder = Holder(stage, journey, self.record, wallet)
        self._gates = Gates(stage, journey, client, self.record)
        self._gates.until = self._until
        self._now = journey.depart_at
        self._is_open = False

    def run(self) -> Iterator[datetime]:
        """Play it; yields each moment at which it goes on."""
        journey = self._journey
        yield from self._until(journey.depart_at - timedelta(minutes=journey.lead_minutes))
        self._http.note = self.record.calls.append
        if not self._holder.sign_in(self._http, self._now):
            self.record.outcome = "the account could not be made ready"
            return
        offer = self._search(journey.depart_at, journey.operators)
        bought = None if offer is None else self._buy(offer)
        if bought is not None:
            yield from self._ending(bought)

    def finish(self) -> Record:
        """Finish the record, with the invariants over all calls."""
        self.record.hold("no_server_error", invariants.no_server_error(self.record.calls))
        return self.record

    def _until(self, moment: datetime) -> Iterator[datetime]:
        self._now = self._gates.now = moment
        self.record.until = max(self.record.until, moment)
        yield moment
        self._http.note = self.record.calls.append

    # --- buying -------------------------------------------------------------------------------------------

    def _search(
        self, depart_at: datetime, operators: Sequence[str], pick: str = "wanted", who: Sequence[str] = ()
    ) -> dict[str, Any] | None:
        """The itinerary to buy for some passengers: the first that has the wanted carriers, or the dearest or cheapest one."""
        wish = self._wish(depart_at, who, is_staying=pick == "wanted")
        answer = self._http.post("/v1/journeys", wish, self._holder.token)
        if not answer.ok:
            self.record.outcome = f"the search answered {answer.status} {answer.code}"
            self.record.hold("priced_or_refused", invariants.refused_before_the_money(self.record.calls[-1]))
            return None
        shown: list[dict[str, Any]] = answer.body["itineraries"]
        priced = [one for one in shown if one["price"]["total"]]
        self.record.hold(
            "priced_offer_can_be_bought",
            ["an itinerary has a price and no offer" for one in priced if not one["offer_id"]],
        )
        sold = [one for one in priced if one["offer_id"]]
        if not sold:
            reasons = {one["price"]["reason"] for one in shown}
            self.record.outcome = (
                f"nothing to buy: {answer.body['reason'] or ', '.join(sorted(map(str, reasons)))}"
            )
            return None
        return self._picked(sold, operators, pick)

    def _wish(self, depart_at: datetime, who: Sequence[str], *, is_staying: bool) -> dict[str, Any]:
        """Make the request of a search: with the stay on the way or without it, for all of the party or for some."""
        wish: dict[str, Any] = {
            "from": {"stop_id": self._journey.origin},
            "to": {"stop_id": self._journey.destination},
            "depart_at": depart_at.isoformat(),
            "passengers": [one for one in self._passengers() if not who or one["ref"] in who],
        }
        if self._journey.stays and is_staying:
            stop, minutes = self._journey.stays
            wish["via"] = {"stop_id": stop, "stay_minutes": minutes}
        return wish

    def _picked(self, sold: list[dict[str, Any]], operators: Sequence[str], pick: str) -> dict[str, Any]:
        """The way to buy among those that are sold."""
        if pick != "wanted":
            by_price = sorted(sold, key=lambda one: Decimal(one["price"]["total"]["amount"]))
            return by_price[-1] if pick == "dearest" else by_price[0]
        aimed = [one for one in sold if has_agreement(one, self._journey.aim)] or sold
        return next((one for one in aimed if _carriers(one) == tuple(operators)), aimed[0])

    def _passengers(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = [
            {"ref": f"p{at}", "rider_category": rider} for at, rider in enumerate(self._journey.riders, 1)
        ]
        if self._holder.token:
            rows[0]["account_holder"] = True
        taken = ({"ref": f"x{at}", "place": kind} for at, kind in enumerate(self._journey.kinds, 1))
        return [*rows, *taken]

    def _quote(self, offer: dict[str, Any]) -> dict[str, Any] | None:
        """Freeze an offer, and hold what it says against itself."""
        reply = self._http.post("/v1/quotes", {"offer_id": offer["offer_id"]}, self._holder.token)
        if not reply.ok:
            self._refused("quote")
            return None
        quote: dict[str, Any] = reply.body
        rides = _sold(offer)
        self.record.hold("quote_is_as_offered", invariants.quote_is_as_offered(offer["price"], quote))
        self.record.hold("quote_adds_up", invariants.quote_adds_up(quote))
        self.record.hold(
            "every_ride_has_its_share", invariants.every_ride_has_its_share(rides, quote, self._stage.parties)
        )
        self._note_quote(quote, rides)
        return quote

    def _buy(self, offer: dict[str, Any]) -> Purchase | None:
        quote = self._quote(offer)
        if quote is None:
            return None
        people = [one for one in quote["passengers"] if one["place"] == "foot"]
        code = {"code": "group"} if self._journey.code == "group" and len(people) > 1 else {}
        body = {"quote_id": quote["id"], **code}
        reply = self._http.post("/v1/orders", body, self._holder.token, once=True)
        if not reply.ok:
            self._refused("order")
            return None
        rides = _sold(offer)
        bought = Purchase(reply.body, reply.body["access_token"], rides, [])
        self.record.orders.append(reply.body["id"])
        if self._journey.ending == "unpaid":
            self.record.outcome = "left unpaid"
            self.record.cover(endings="unpaid")
            return None
        return bought if self._pay(bought) else None

    def _pay(self, bought: Purchase) -> bool:
        """Pay what is due and fetch the tickets; False where they are not there."""
        if Decimal(bought.order["due"]["amount"]) > 0 or bought.order["state"] == "awaiting_payment":
            reply = self._http.post(
                f"{bought.path}/payments", {"method": self._journey.method}, bought.key, once=True
            )
            if not reply.ok and not self._resumed(bought, reply):
                return False
        seen = self._http.get(bought.path, bought.key)
        tickets = self._http.get(f"{bought.path}/tickets", bought.key)
        if not seen.ok or not tickets.ok:
            self.record.outcome = "an order that was paid cannot be read"
            return False
        bought.order, bought.tickets = seen.body, tickets.body["tickets"]
        bought.group = tickets.body["group_code"]
        self.record.hold("one_code_for_a_group", invariants.one_code(bought.tickets, bought.group))
        broken = invariants.paid_means_ticketed(bought.order, bought.tickets)
        self.record.hold("paid_means_ticketed", broken)
        self.record.cover(methods=self._journey.method)
        self.record.outcome = f"order {bought.order['state']}"
        if bought.tickets:
            self._stage.bought.append(bought)
        return not broken and bool(bought.tickets)

    def _resumed(self, bought: Purchase, reply: Reply) -> bool:
        """After a lost answer the buyer asks again; a refusal of the operator or the bank is no fault."""
        if reply.code != "payment_unknown":
            self._refused("payment")
            seen = self._http.get(bought.path, bought.key)
            if seen.ok:
                tickets = self._http.get(f"{bought.path}/tickets", bought.key)
                shown = tickets.body["tickets"] if tickets.ok else []
                self.record.hold("paid_means_ticketed", invariants.paid_means_ticketed(seen.body, shown))
            return False
        seen = self._http.get(bought.path, bought.key)
        payment = seen.body["payments"][-1]["id"]
        return self._http.post(f"{bought.path}/payments/{payment}/result", {}, bought.key).ok

    def _refused(self, step: str) -> None:
        call = self.record.calls[-1]
        self.record.outcome = f"refused at the {step}: {call.status} {call.code} {call.detail}"
        self.record.hold("priced_or_refused", invariants.refused_before_the_money(call))

    # --- what comes after ---------------------------------------------------------------------------------

    def _ending(self, bought: Purchase) -> Iterator[datetime]:
        journey = self._journey
        yield from self._until(self._now + _FIRST_STEP)
        if journey.disrupted:
            yield from self._disrupted(bought)
        if journey.ending == "exchange_chain":
            bought = self._exchange_all(bought)
        else:
            self._change(bought)
        self.record.cover(endings=journey.ending)
        if self._is_open:
            return
        if journey.gates:
            yield from self._gates.travel(bought)
        if journey.ending == "late_refund":
            yield from self._until(datetime.fromisoformat(bought.rides[-1]["arrival"]) + _LATE)
            self._give_back(bought, [row["ref"] for row in bought.order["passengers"]])

    def _disrupted(self, bought: Purchase) -> Iterator[datetime]:
        """A run of the journey does not go as planned, while somebody else holds a ticket for it too, if there is still one."""
        offer, outcome = self._search(self._journey.depart_at, self._journey.operators), self.record.outcome
        same = offer is not None and list(map(run_of, _sold(offer))) == list(map(run_of, bought.rides))
        neighbour = self._buy(offer) if offer is not None and same else None
        self.record.outcome = outcome
        disrupting = Disrupting(self._stage, self._journey, self._http, self.record, self._gates)
        yield from disrupting.play([bought, neighbour] if neighbour else [bought])

    def _change(self, bought: Purchase) -> None:
        """Give back, or exchange for one passenger, what the ending says."""
        ending = self._journey.ending
        if ending == "exchange":
            self._exchange_one(bought)
        elif ending == "refund_all":
            self._give_back(bought, [row["ref"] for row in bought.order["passengers"]])
        elif ending == "refund_passenger":
            self._give_back(bought, [bought.order["passengers"][-1]["ref"]])
        elif ending in {"refund_leg", "refund_legs_in_turn"}:
            self._give_back_legs(bought, in_turn=ending == "refund_legs_in_turn")

    def _exchange_all(self, bought: Purchase) -> Purchase:
        """Exchange everybody's tickets three times, as far as it goes; the last tickets."""
        for pick in ("dearest", "cheapest", "cheapest"):
            after = self._exchange(bought, pick)
            if after is None:
                break
            bought = after
        return bought

    def _exchange_one(self, bought: Purchase) -> None:
        """Exchange the first passenger's ticket alone; everybody else keeps theirs, and their gates stay open."""
        first, *others = bought.tickets
        group, bought.tickets = bought.group, [first]
        after = self._exchange(bought, "dearest", [first["passenger"]])
        bought.tickets = others if after else [first, *others]
        if after is None:
            return
        seen = self._http.get(f"{bought.path}/tickets", bought.key)
        if not seen.ok:
            self.record.fault("who_does_not_change_keeps_the_ticket", f"their tickets: {seen.status}")
            return
        refs = [one["passenger"] for one in others]
        now = [one for one in seen.body["tickets"] if one["passenger"] in refs]
        broken = invariants.keeps_the_ticket(others, now, f"after the exchange of {first['passenger']}")
        self.record.hold("who_does_not_change_keeps_the_ticket", broken)
        if group:
            self._see_group(bought, seen.body, [one["passenger"] for one in others if one["token"] is None])
        bought.tickets = now

    def _exchange(self, bought: Purchase, pick: str, who: Sequence[str] = ()) -> Purchase | None:
        """Exchange for the dearest or the cheapest way a day later; the tickets stay valid until then."""
        leaves = datetime.fromisoformat(bought.rides[0]["departure"])
        offer = self._search(leaves + timedelta(days=1), (), pick, who)
        quote = offer and self._quote(offer)
        if not offer or not quote:
            return None
        refs = [row["ref"] for row in quote["passengers"]]
        body = {"quote_id": quote["id"], "passengers": refs}
        reply = self._http.post(f"{bought.path}/exchanges", body, bought.key, once=True)
        if not reply.ok:
            # One that costs nothing more is carried on by the worker where an operator was silent.
            self._is_open = self._is_open or reply.status == _SILENT
            self._refused("exchange")
            return None
        rides = _sold(offer)
        after = Purchase(reply.body, reply.body["access_token"], rides, [])
        self.record.orders.append(reply.body["id"])
        if not self._pay(after):
            # The worker may still bring it to its end, so nobody can say which ticket holds.
            self._is_open = True
            return None
        self._gates.refuses_all(bought, "the ticket that was exchanged")
        return after

    def _give_back(self, bought: Purchase, who: list[str], legs: Sequence[int] = ()) -> bool:
        """Ask what would come back, then give it back; False where nothing is offered."""
        wish: dict[str, Any] = {"passengers": who, **({"legs": list(legs)} if legs else {})}
        offered = self._http.post(f"{bought.path}/refund-offers", wish, bought.key)
        if not offered.ok:
            self.record.outcome = f"no refund: {offered.status} {offered.detail}"
            return False
        if offered.body["refused"] and not offered.body["lines"]:
            return False
        wish["expected"] = offered.body["amount"]
        wish["passengers"] = sorted({line["passenger"] for line in offered.body["lines"]})
        given = self._http.post(f"{bought.path}/refunds", wish, bought.key, once=True)
        honoured = invariants.offer_is_honoured(offered.body, given.status, given.body or {}, given.detail)
        self.record.hold("offer_is_honoured", honoured)
        if honoured:
            return False
        for line in given.body["lines"]:
            bought.given_back |= {(line["passenger"], leg) for leg in line["legs"]}
        self._see_again(bought)
        return True

    def _see_again(self, bought: Purchase) -> None:
        """Read the order and its tickets after something has gone; a code that has changed opens nothing more."""
        before, members = bought.codes(), bought.members()
        seen, tickets = (
            self._http.get(bought.path, bought.key),
            self._http.get(f"{bought.path}/tickets", bought.key),
        )
        if not seen.ok or not tickets.ok:
            return
        bought.order = seen.body
        self._see_group(bought, tickets.body, [one["passenger"] for one in members])
        bought.tickets = tickets.body["tickets"]
        paid = Decimal(bought.order["total"]["amount"])
        self.record.hold(
            "refund_within_price", invariants.gives_back_at_most_what_was_paid(paid, bought.order["refunds"])
        )
        now = bought.codes()
        refused = set[str]()
        for ref, token in before.items():
            if token and now.get(ref) != token and token not in refused:
                refused.add(token)
                shown = self._gates.present(token, bought.rides[0], bought.rides[0]["from"]["stop_id"])
                self._gates.expect("refuse", shown, f"the old code of {ref}")

    def _see_group(self, bought: Purchase, answer: dict[str, Any], members: Sequence[str]) -> None:
        """Hold the code of a group after a change against what is left of it: of those who ride on alike none is missing."""
        bought.group = answer["group_code"]
        self.record.hold("one_code_for_a_group", invariants.one_code(answer["tickets"], bought.group))
        left = [one for one in answer["tickets"] if one["passenger"] in members]
        self.record.hold("one_code_for_a_group", invariants.nobody_is_missing(left, bought.group))

    def _give_back_legs(self, bought: Purchase, *, in_turn: bool) -> None:
        """Give back the last leg of everybody; then the others one after the other, or all that is left at once."""
        who = [row["ref"] for row in bought.order["passengers"]]
        legs = list(range(len(bought.rides)))
        if len(legs) == 1:
            self._give_back(bought, who)
            return
        if not self._give_back(bought, who, [legs.pop()]):
            return
        while in_turn and len(legs) > 1:
            if not self._give_back(bought, who, [legs.pop(0)]):
                break
        if not self._give_back(bought, who) and not self._went_for(bought, who):
            self.record.fault("the_rest_can_go", f"some legs went, the rest cannot: {self.record.outcome}")

    def _went_for(self, bought: Purchase, who: list[str]) -> bool:
        """Tell whether nothing is left to give back."""
        return all((ref, leg) in bought.given_back for ref in who for leg in range(len(bought.rides)))

    # --- what was reached ---------------------------------------------------------------------------------

    def _note_quote(self, quote: dict[str, Any], rides: list[dict[str, Any]]) -> None:
        cover = self.record.cover
        for ride in rides:
            connector = self._stage.connectors[ride["operator"]]
            cover(operators=ride["operator"], modes=ride["mode"], connectors=connector)
        cover(currencies=quote["total"]["currency"], days=self._journey.day, products="single")
        people = [one for one in quote["passengers"] if one["place"] == "foot"]
        cover(parties=str(len(people)), channels=self._journey.channel or "none")
        for passenger in quote["passengers"]:
            own = passenger["place"]
            cover(**({"riders": passenger["rider_category"]} if own == "foot" else {"places": own}))
            for step in passenger["derivation"]:
                if step["reason"] == "agreement":
                    cover(agreements=step["product"])
                if step["reason"] == "company":
                    cover(company=step["rule"]["id"])
                cover(reasons=step["reason"])


def has_agreement(itinerary: dict[str, Any], name: str) -> bool:
    """Tell whether an agreement is part of the price of an itinerary."""
    reasons = [line for row in itinerary["price"]["passengers"] for line in row["because"]]
    return any(line.startswith(f"agreement {name} v") for line in reasons)


def _sold(offer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rides that an offer pays for: one whose operator has no price is bought elsewhere."""
    return [leg for leg in offer["legs"] if leg["kind"] == "ride" and not leg.get("excluded")]


def _carriers(itinerary: dict[str, Any]) -> tuple[str, ...]:
    """List the carriers one after the other; several rides of one count once."""
    rides = [leg["operator"] for leg in itinerary["legs"] if leg["kind"] == "ride"]
    return tuple(one for at, one in enumerate(rides) if at == 0 or rides[at - 1] != one)
