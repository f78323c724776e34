"""The gates of a rehearsal: every ticket is shown where it is good, where it is not, too late, and on another sailing."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from ticketing.rehearsal import invariants
from ticketing.rehearsal.http import Client
from ticketing.rehearsal.journey import Journey, Record
from ticketing.rehearsal.stage import Purchase, Stage

_MINUTE = timedelta(minutes=1)
_FIRST_STEP = timedelta(minutes=2)
_SCANNED = 2
_OFFLINE_EVERY = 4
# After the quarter of an hour for which a gate waits by itself; less than what a fare comes back for.
_CLOSED = timedelta(minutes=20)
_DELAY_MINUTES = 60
_ANOTHER_SAILING = timedelta(hours=1)


class Gates:
    """The gates that one journey passes. `until` lets the service's clock go on; `now` is what it shows."""

    def __init__(self, stage: Stage, journey: Journey, client: Client, record: Record) -> None:
        self._stage, self._journey, self._http, self._record = stage, journey, client, record
        self.now = journey.depart_at
        self.until: Callable[[datetime], Iterator[datetime]] = lambda moment: iter([moment])

    def travel(self, bought: Purchase) -> Iterator[datetime]:
        """Show the first and the last ticket at every gate of the way: a stranger's, the right one, the same again."""
        codes = bought.shown()
        shown = [*codes[:1], *codes[1:][-1:]][:_SCANNED]
        for at, ride in enumerate(bought.rides):
            boards = datetime.fromisoformat(ride["check_in_until"] or ride["departure"]) - _MINUTE
            yield from self.until(max(boards, self.now + _FIRST_STEP))
            yield from self._wait_for(bought, at)
            for ticket in shown:
                self._pass_gate(bought, ticket, at)

    def _wait_for(self, bought: Purchase, at: int) -> Iterator[datetime]:
        """Once in a rehearsal a sailing is late: its gates refuse after its hour until its delay is told, and then wait."""
        if not bought.shown():
            return
        ride, ticket = bought.rides[at], bought.shown()[0]
        gone = (ticket["passenger"], at) in bought.given_back
        if self._stage.late or gone or ride["operator"] not in self._stage.bound:
            return
        leaves = datetime.fromisoformat(ride["departure"])
        self._stage.late.append(ride["trip_id"])
        yield from self.until(leaves + _CLOSED)
        shown = self.present(ticket["token"], ride, ride["from"]["stop_id"])
        self.expect("refuse", shown, f"{ride['operator']} after the departure")
        words = ["operators", "late", ride["operator"], ride["trip_id"], ride["service_date"]]
        code, said = self._stage.command([*words, str(_DELAY_MINUTES), "--by", "rehearsal"], "")
        self._record.cover(sailings="late")
        if code:
            self._record.fault("a_delay_can_be_told", said)

    def _pass_gate(self, bought: Purchase, ticket: dict[str, Any], at: int) -> None:
        ride, who = bought.rides[at], ticket["passenger"]
        gone = (who, at) in bought.given_back
        where = f"{ride['operator']} {ride['from']['stop_id']} for {ticket['rider_category']}"
        if at == 0:
            self._stranger(bought, ticket)
        if not gone and self._is_let_in_wrongly(ride, ticket, where):
            return  # it has taken the ride
        held = self._bundle(ride["operator"]) if self._journey.number % _OFFLINE_EVERY == 0 else None
        first = self.present(ticket["token"], ride, ride["from"]["stop_id"])
        self.expect("refuse" if gone else "accept", first, where)
        if first["decision"] == "accept":
            self._is_counted(first, ticket, where)
        if held:
            gate = {"operator": ride["operator"], "stop_id": ride["from"]["stop_id"]}
            shown = {**held, "token": ticket["token"], "gate": gate, "at": self.now.isoformat(), "seen": []}
            self._stage.offline.append((shown, first["decision"]))
        if not gone and first["decision"] == "accept":
            again = self.present(ticket["token"], ride, ride["from"]["stop_id"], later=_MINUTE)
            self.expect("refuse", again, f"a second time at {where}")

    def _is_let_in_wrongly(self, ride: dict[str, Any], ticket: dict[str, Any], where: str) -> bool:
        """Show a ticket where a ferry arrives, and at another sailing of an operator that binds to one."""
        if ride["mode"] == "ferry":
            wrong = self.present(ticket["token"], ride, ride["to"]["stop_id"])
            self.expect("refuse", wrong, f"the wrong way at {ride['operator']} {ride['to']['stop_id']}")
            if wrong["decision"] == "accept":
                return True
        if ride["operator"] not in self._stage.bound:
            return False
        other = (datetime.fromisoformat(ride["departure"]) + _ANOTHER_SAILING).isoformat()
        wrong = self.present(ticket["token"], ride, ride["from"]["stop_id"], departure=other)
        self.expect("refuse", wrong, f"another sailing at {where}")
        self._record.cover(sailings="another")
        return bool(wrong["decision"] == "accept")

    def _is_counted(self, first: dict[str, Any], ticket: dict[str, Any], where: str) -> None:
        """Hold how many the gate is told of against how many a code is for."""
        counted = [note["values"]["count"] for note in first["notes"] if note["code"] == "group"]
        count = ticket.get("count")
        self._record.cover(codes="group" if count else "each")
        is_told = counted == ([count] if count else [])
        fault = f"{where}: the gate is told of {counted}, and they are {count or 1}"
        self._record.hold("one_code_for_a_group", [] if is_told else [fault])

    def _bundle(self, operator: str) -> dict[str, Any] | None:
        """Fetch the bundle with which a gate would decide without a network, and the keys that it trusts."""
        bundle = self._http.get(f"/v1/operators/{operator}/gate-bundle?format=2", self._stage.gates[operator])
        trust = self._http.get("/.well-known/gate-bundle-jwks.json")
        return {"bundle": bundle.content.decode(), "trust": trust.body} if bundle.ok and trust.ok else None

    def _stranger(self, bought: Purchase, ticket: dict[str, Any]) -> None:
        """A gate of an operator that carries nobody on this way."""
        others = sorted(self._stage.gates.keys() - {ride["operator"] for ride in bought.rides})
        if others:
            ride = {**bought.rides[0], "operator": others[self._journey.number % len(others)]}
            shown = self.present(ticket["token"], ride, ride["from"]["stop_id"])
            self.expect("refuse", shown, f"a gate of {ride['operator']}, which is not on the ticket")

    def refuses_all(self, bought: Purchase, what: str) -> None:
        """Expect that no ticket of a purchase opens its first gate any more."""
        for ticket in bought.shown()[:_SCANNED]:
            shown = self.present(ticket["token"], bought.rides[0], bought.rides[0]["from"]["stop_id"])
            self.expect("refuse", shown, what)

    def present(
        self,
        token: str,
        ride: dict[str, Any],
        stop: str,
        *,
        later: timedelta = timedelta(),
        departure: str | None = None,
    ) -> dict[str, Any]:
        """Show a ticket at a stop of a ride's operator, which perhaps boards another departure."""
        scan = {
            "scan_id": str(uuid.uuid4()),
            "token": token,
            "stop_id": stop,
            "device_ts": (self.now + later).isoformat(),
            "departure": departure,
        }
        reply = self._http.post("/v1/validations", scan, self._stage.gates[ride["operator"]])
        return reply.body if reply.ok else {"decision": "none", "reason": f"{reply.status} {reply.detail}"}

    def expect(self, decision: str, shown: dict[str, Any], where: str) -> None:
        """Hold what a gate has decided against what it should."""
        self._record.cover(gate_reasons=shown["reason"] if shown["decision"] != "none" else None)
        self._record.hold("ticket_opens_its_gates", invariants.opens(decision, shown, where))
