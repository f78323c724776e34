"""Call the API for a commuter's app, a gate and a finance clerk, in few words."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ticketing.clock import FixedClock

KOPLI_TO_PASILA: dict[str, Any] = {
    "from": {"place": "Kopli"},
    "to": {"place": "Pasila"},
    "depart_at": "2026-10-13T06:10:00+03:00",
    "passengers": [{"ref": "anna", "rider_category": "adult"}, {"ref": "mari", "rider_category": "child"}],
}


# A moment anywhere in an answer, and the one form for it: whole seconds with their offset (RFC 3339).
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.,]*(?:Z|[+-]\d\d:?\d\d)?")
_ONE_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")


def checked(answer: TestResponse) -> TestResponse:
    """The same answer; every moment that it tells has the one form."""
    if answer.is_json:
        found = _MOMENT.findall(answer.get_data(as_text=True))
        wrong = [moment for moment in found if not _ONE_FORM.fullmatch(moment)]
        assert not wrong, f"{answer.request.method} {answer.request.path} tells {wrong[:3]}"
    return answer


@dataclass(frozen=True)
class Bought:
    """An order that has its tickets."""

    order: dict[str, Any]
    token: str
    tickets: list[dict[str, Any]]
    itinerary: dict[str, Any]

    def ticket_of(self, ref: str) -> dict[str, Any]:
        """The ticket of one passenger."""
        return next(ticket for ticket in self.tickets if ticket["passenger"] == ref)


@dataclass(frozen=True)
class Api:
    """The service under test with its clock; `key` makes an API key of a role."""

    client: FlaskClient
    clock: FixedClock
    key: Callable[..., str]

    def get(self, path: str, token: str | None = None, **more: Any) -> TestResponse:
        """GET, with a bearer token where one is given."""
        return checked(self.client.get(path, headers=_headers(token), **more))

    def post(
        self, path: str, body: Any, token: str | None = None, *, once: str | None = "new"
    ) -> TestResponse:
        """POST JSON; a fresh Idempotency-Key unless one is given, none for None."""
        headers = _headers(token)
        if once:
            headers["Idempotency-Key"] = str(uuid.uuid4()) if once == "new" else once
        return checked(self.client.post(path, json=body, headers=headers))

    def search(self, **changes: Any) -> dict[str, Any]:
        """Search Kopli to Pasila, or something else."""
        response = self.post("/v1/journeys", {**KOPLI_TO_PASILA, **changes})
        assert response.status_code == 200, response.json
        return response.json or {}

    def quote(self, **changes: Any) -> dict[str, Any]:
        """Search and freeze the first offer."""
        offer = self.search(**changes)["itineraries"][0]["offer_id"]
        response = self.post("/v1/quotes", {"offer_id": offer})
        assert response.status_code == 201, response.json
        return response.json or {}

    def order(self, **changes: Any) -> tuple[dict[str, Any], str]:
        """Order the first offer; the order and its access token."""
        response = self.post("/v1/orders", {"quote_id": self.quote(**changes)["id"]})
        assert response.status_code == 201, response.json
        return response.json or {}, (response.json or {})["access_token"]

    def buy(self, **changes: Any) -> Bought:
        """Search, order and pay."""
        itinerary = self.search(**changes)["itineraries"][0]
        quote = self.post("/v1/quotes", {"offer_id": itinerary["offer_id"]}).json or {}
        placed = self.post("/v1/orders", {"quote_id": quote["id"]}).json or {}
        token = placed["access_token"]
        paid = self.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_ok"}, token)
        assert paid.status_code == 201, paid.json
        tickets = self.get(f"/v1/orders/{placed['id']}/tickets", token).json or {}
        return Bought(paid.json or {}, token, tickets["tickets"], itinerary)

    def scan(self, token: str, gate: str, *, scan_id: str | None = None, **more: Any) -> TestResponse:
        """Show a ticket at a gate."""
        body = {
            "scan_id": scan_id or str(uuid.uuid4()),
            "token": token,
            "device_ts": self.clock.now().isoformat(),
            **more,
        }
        return self.post("/v1/validations", body, gate, once=None)


def _headers(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
